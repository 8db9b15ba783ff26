"""
Pushes through an app that has another tool, with wxtrace beside it and without: `python -m peace_tools`.

Plays every tool of `TOOLS` in every one of `WAYS`, each in a forked child, and writes one JSON object: what the
tool got, and what wxtrace has stored, by tool, when and place. *when*: `wxtrace.start` is called ``never``,
``before`` the tool is set up, or ``after``. *place*: `AccessMiddleware` is ``added`` to the app, ``around`` all of
it, or ``none``.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Any

from fastapi import FastAPI, Request, Response
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from serving import body_messages, exchange, scope
from survival_ledger import STAMP

import wxtrace
from wxtrace.scan.scan import scan

Tool = Callable[[FastAPI], Any]
TEXT = b"<xml><FromUserName>oA</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType></xml>"
exporter = InMemorySpanExporter()
sent: list[Any] = []
"""What Sentry's transport was given."""


def made(tracing: bool) -> FastAPI:
    """Return the app; *tracing*: FastAPI's own spans."""
    app = FastAPI(openapi_url=None, telemetry={"tracing": tracing})

    @app.post("/wx/{name}")
    async def reply(name: str, request: Request) -> Response:
        """Handle a push: a span by OpenTelemetry's API, a log line, a failure where it is asked for."""
        await request.body()
        with trace.get_tracer("app.menu").start_as_current_span("menu") as span:
            span.set_attribute("rows", 3)
            logging.getLogger("app").error("no menu of %s", name)
        if name == "broken":
            raise LookupError("no menu")
        return Response("success")

    return app


def own_sdk() -> Tool:
    """An app with a provider of its own, and nothing that makes server spans."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return lambda app: app


def native() -> Tool:
    """FastAPI's own telemetry on the app's provider."""
    return own_sdk()


def instrumentor() -> Tool:
    """Contrib's FastAPIInstrumentor.instrument_app."""
    own_sdk()
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

    def instrumented(app: FastAPI) -> FastAPI:
        """Instrument *app*."""
        FastAPIInstrumentor.instrument_app(app)
        return app

    return instrumented


def contrib_around() -> Tool:
    """Contrib's ASGI middleware around all."""
    own_sdk()
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

    return lambda app: OpenTelemetryMiddleware(app)


def contrib_inside() -> Tool:
    """Contrib's ASGI middleware inside of ours."""
    own_sdk()
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

    return lambda app: OpenTelemetryMiddleware(app)


def logfire() -> Tool:
    """Logfire, with its instrumentation of FastAPI and of logging."""
    import logfire as tool

    tool.configure(
        send_to_logfire=False,
        console=False,
        additional_span_processors=[SimpleSpanProcessor(exporter)],
        inspect_arguments=False,
    )
    logging.getLogger("app").addHandler(tool.LogfireLoggingHandler())

    def instrumented(app: FastAPI) -> FastAPI:
        """Instrument *app*."""
        tool.instrument_fastapi(app)
        return app

    return instrumented


def sentry() -> Tool:
    """Sentry with its own tracing: of FastAPI, Starlette, logging."""
    return _sentry([])


def sentry_otel() -> Tool:
    """Sentry whose tracing is OpenTelemetry's, on a provider that it makes."""
    from sentry_sdk.integrations.otlp import OTLPIntegration

    tool = _sentry([OTLPIntegration(setup_otlp_traces_exporter=False)])
    own_sdk()
    return tool


def _sentry(integrations: list[Any]) -> Tool:
    import sentry_sdk
    from sentry_sdk.envelope import Envelope
    from sentry_sdk.transport import Transport

    class Kept(Transport):
        """Keeps what would be sent."""

        def capture_envelope(self, envelope: Envelope) -> None:
            """Keep it."""
            sent.extend(item.payload.json for item in envelope.items if item.payload.json)

    sentry_sdk.init(
        dsn="http://key@127.0.0.1:9/1",
        transport=Kept,
        traces_sample_rate=None if integrations else 1.0,
        integrations=integrations,
        send_default_pii=True,
    )
    return lambda app: app


TOOLS: dict[str, tuple[Callable[[], Tool], bool]] = {
    "an SDK": (own_sdk, False),
    "FastAPI's own spans": (native, True),
    "FastAPIInstrumentor": (instrumentor, False),
    "contrib's middleware around": (contrib_around, False),
    "contrib's middleware inside": (contrib_inside, False),
    "Logfire": (logfire, False),
    "Sentry": (sentry, False),
    "Sentry on OpenTelemetry": (sentry_otel, True),
}


def begin() -> None:
    """Let wxtrace record."""
    wxtrace.start(service="peace", sealer=False)
    logging.getLogger("app").addHandler(wxtrace.LogHandler())


def app_of(tool: str, when: str, place: str) -> Any:
    """Set the tool up, and wxtrace if it is wanted; return the app."""
    set_up, tracing = TOOLS[tool]
    if when == "before":
        begin()
    instrument = set_up()
    if when == "after":
        begin()
    app = made(tracing)
    if place == "added":
        app.add_middleware(wxtrace.AccessMiddleware)
    whole = instrument(app)
    if place == "around":
        whole = wxtrace.AccessMiddleware(whole)
    return whole


def span_told(span: ReadableSpan, names: dict[int, str]) -> dict[str, Any]:
    """Return what another tool got of a span."""
    return {
        "name": span.name,
        "kind": span.kind.name,
        "scope": span.instrumentation_scope.name,
        "above": names.get(span.parent.span_id) if span.parent else None,
        "status": [span.status.status_code.name, span.status.description],
        "events": [[event.name, event.attributes.get("exception.type")] for event in span.events],
        "attributes": {key: repr(held) for key, held in span.attributes.items()},
    }


async def push(app: Any, name: str) -> None:
    """Send one push."""
    query = f"signature=0a1b&timestamp={STAMP}&nonce=77&openid=oA-{name}".encode()
    messages = body_messages([TEXT])
    try:
        await exchange(
            app, scope(query, path=f"/wx/{name}", headers=[(b"host", b"wx"), (b"content-length", b"99")]), messages
        )
    except LookupError:
        pass


WAYS = [("never", "none"), *((when, place) for when in ("before", "after") for place in ("added", "around"))]


def play(tool: str, when: str, place: str) -> dict[str, Any]:
    """Send two pushes, the second of which fails, and tell what is left of them."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as store:  # the keeper may still write
        os.environ["WXTRACE_STORE"] = store
        logging.getLogger("app").addHandler(logging.NullHandler())
        app = app_of(tool, when, place)
        for name in ("menu", "broken"):
            asyncio.run(push(app, name))
        spans = exporter.get_finished_spans()
        names = {span.context.span_id: span.name for span in spans}
        found = None if when == "never" else scan([store], None, STAMP)
        wxtrace.stop()
    return {
        "spans": [span_told(span, names) for span in spans],
        "ids": [f"{span.context.span_id:016x}" for span in spans],
        "sentry": sent,
        "stored": [] if found is None else [_row(span) for span in found.spans],
        "lines": [] if found is None else [[line.openid, line.event, line.logger] for line in found.logs],
    }


def played(tool: str, when: str, place: str) -> Any:
    """Play in a forked child, and return what it tells, or how it failed."""
    out, into = os.pipe()
    if os.fork() == 0:
        os.close(out)
        with os.fdopen(into, "w") as pipe:
            try:
                json.dump(play(tool, when, place), pipe)
            except BaseException:
                pipe.write("\n" + json.dumps(traceback.format_exc()))
        os._exit(0)
    os.close(into)
    with os.fdopen(out) as pipe:
        told = pipe.read().splitlines()[-1]
    os.wait()
    return json.loads(told)


def main() -> None:
    """Play all, and tell."""
    for library in (*_IMPORTED, "sentry_sdk.integrations.fastapi", "sentry_sdk.integrations.otlp"):
        import_module(library)
    json.dump({"/".join((tool, *way)): played(tool, *way) for tool in TOOLS for way in WAYS}, sys.stdout)


_IMPORTED = ("logfire", "opentelemetry.instrumentation.asgi", "opentelemetry.instrumentation.fastapi")


def _row(span: Any) -> dict[str, Any]:
    return {name: getattr(span, name) for name in type(span).__slots__}


if __name__ == "__main__":
    main()
