"""The peers of `cost.py`: the bare app, and what a user has or assembles without wxtrace."""

from __future__ import annotations

import logging
from collections.abc import MutableMapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from costs.pushes import Logic, Scope, bare_logic, callback, choose, visit
from costs.variant import LINES, SPANS, Variant, access_line, configure, count_lines

_tag: ContextVar[tuple[str, str]] = ContextVar("tag", default=("", ""))


def bare(folder: Path) -> Variant:
    """Set the app up as it is."""
    return Variant(callback(bare_logic))


def structlog_json(folder: Path) -> Variant:
    """Set structlog up by its page on performance: JSON lines by orjson, the tag in its context variables."""
    log = json_log(folder / "log.jsonl", merged=True)

    def bind(scope: Scope) -> None:
        from structlog import contextvars

        openid, stamp = read_tag(scope)
        contextvars.clear_contextvars()
        contextvars.bind_contextvars(openid=openid, stamp=stamp)

    app = access_line(callback(logging_logic(log)), log, bind)
    return Variant(app, owes={"lines": LINES}, found=lambda: {"lines": count_lines(folder / "log.jsonl")})


def assembled(folder: Path) -> Variant:
    """Set up what a user assembles today: OpenTelemetry's spans and structlog's lines, both with the tag."""
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    logging.getLogger("opentelemetry").setLevel(logging.ERROR)  # a full queue is told by the column of lost ones
    exporter, provider = _counting_exporter(), TracerProvider()
    provider.add_span_processor(_tagging_processor())
    provider.add_span_processor(BatchSpanProcessor(exporter))
    log = json_log(folder / "log.jsonl", _add_tag_and_ids)
    app = access_line(callback(spanning_logic(provider.get_tracer("app"), log)), log)

    def on_request(span: Any, scope: Scope) -> None:
        openid, stamp = read_tag(scope)
        _tag.set((openid, stamp))
        span.set_attributes({"layer": "access", "wechat.openid": openid, "wechat.stamp": stamp})

    middleware = OpenTelemetryMiddleware(
        app, exclude_spans=["receive", "send"], server_request_hook=on_request, tracer_provider=provider
    )
    return Variant(
        middleware,
        settle=provider.force_flush,
        owes={"spans": SPANS, "lines": LINES},
        found=lambda: {"spans": exporter.count, "lines": count_lines(folder / "log.jsonl")},
    )


def read_tag(scope: Scope) -> tuple[str, str]:
    """Return openid and stamp as anybody reads a query."""
    query = parse_qs(scope["query_string"].decode())
    return query.get("openid", [""])[0], query.get("timestamp", [""])[0]


def logging_logic(log: Any) -> Logic:
    """Return the logic with two log lines, which name their layer."""

    async def storage(openid: str) -> int:
        visits = await visit(openid)
        log.info("storage.visited", layer="storage", rows=1)
        return visits

    async def logic(openid: str, text: str) -> str:
        visits = await storage(openid)
        log.info("logic.replied", layer="logic", msg_type="text")
        return choose(text, visits)

    return logic


def spanning_logic(tracer: Any, log: Any) -> Logic:
    """Return the logic with two log lines in two spans."""

    async def storage(openid: str) -> int:
        with tracer.start_as_current_span("mysql", attributes={"layer": "storage"}):
            visits = await visit(openid)
            log.info("storage.visited", layer="storage", rows=1)
            return visits

    async def logic(openid: str, text: str) -> str:
        with tracer.start_as_current_span("reply.text", attributes={"layer": "logic"}):
            visits = await storage(openid)
            log.info("logic.replied", layer="logic", msg_type="text")
            return choose(text, visits)

    return logic


def json_log(path: Path, *processors: Any, merged: bool = False) -> Any:
    """Return a structlog logger that appends JSON lines to *path*."""
    import orjson
    import structlog

    configure(
        [
            *([structlog.contextvars.merge_contextvars] if merged else []),
            *processors,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=orjson.dumps),
        ],
        structlog.BytesLoggerFactory(open(path, "ab")),  # noqa: SIM115 - as long as the process
    )
    return structlog.get_logger()


def _add_tag_and_ids(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    from opentelemetry.trace import get_current_span

    event["openid"], event["stamp"] = _tag.get()
    ids = get_current_span().get_span_context()
    if ids.is_valid:
        event["trace_id"], event["span_id"] = format(ids.trace_id, "032x"), format(ids.span_id, "016x")
    return event


def _tagging_processor() -> Any:
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import SpanKind

    class Tagging(SpanProcessor):
        def on_start(self, span: Any, parent_context: Any = None) -> None:
            if span.kind is not SpanKind.SERVER:  # that one is tagged as soon as its query is read
                openid, stamp = _tag.get()
                span.set_attributes({"wechat.openid": openid, "wechat.stamp": stamp})

    return Tagging()


def _counting_exporter() -> Any:
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class Counting(SpanExporter):
        count = 0

        def export(self, spans: Sequence[Any]) -> SpanExportResult:
            self.count += len(spans)
            return SpanExportResult.SUCCESS

    return Counting()
