"""Whose spans are recorded: three ways to make them, and one result."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest
import structlog
from fastapi import FastAPI, Request, Response
from opentelemetry import trace
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider, sampling
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import INVALID_SPAN, Link, NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags
from serving import OPENID, STAMP, exchange, read_body, replying, scope, serve

import wxtrace
from wxtrace import AccessMiddleware
from wxtrace.capture.joined import Joined
from wxtrace.capture.light import LightProvider, LightTracer
from wxtrace.capture.provider import origin, server_span
from wxtrace.capture.shapes import Shape
from wxtrace.capture.spans import LightSpan
from wxtrace.testing import START_NS

REMOTE = SpanContext(5, 6, is_remote=True, trace_flags=TraceFlags(0))


@wxtrace.logic("menu")
async def handle():
    """Handle a push: a line, a query by somebody else's instrumentation, a cache."""
    structlog.get_logger().info("menu.clicked", key="a")
    tracer = trace.get_tracer("opentelemetry.instrumentation.sqlalchemy")
    with tracer.start_as_current_span("SELECT", kind=SpanKind.CLIENT) as query:
        query.set_attribute("db.system", "mysql")
    with wxtrace.span("storage", "redis", "GET token"):
        logging.getLogger("app").warning("cold")


async def plain(request, receive, send):
    """Serve as a plain ASGI app does, and work on after the reply."""
    await read_body(receive)
    await handle()
    await replying()(request, receive, send)
    with wxtrace.span("logic", "mail", "mail"):
        pass


def fastapi():
    """Return the same as a FastAPI app, whose own telemetry is on."""
    app = FastAPI(openapi_url=None)

    @app.post("/wechat")
    async def reply(request: Request) -> Response:
        """Handle a push."""
        await request.body()
        await handle()
        return Response("success")

    return app


def added(**options):
    """Return the FastAPI app with our middleware added, as the README has it."""
    app = fastapi()
    app.add_middleware(AccessMiddleware, **options)
    return app


def outside(app):
    """Return *app* within OpenTelemetry's own middleware, as `opentelemetry-instrument` puts it."""
    return OpenTelemetryMiddleware(AccessMiddleware(app), exclude_spans=["receive", "send"])


def contrib(app):
    """Return *app* within the middleware that lets OpenTelemetry's make the span."""
    return AccessMiddleware(app, contrib=True)


WAYS = {"ours": AccessMiddleware, "contrib": contrib, "outside": outside}
FASTAPI = {
    "added": added,
    "added contrib": lambda: added(contrib=True),
    "around": lambda: AccessMiddleware(fastapi()),
    "outside": lambda: outside(fastapi()),
}


@pytest.fixture(autouse=True)
def log_lines():
    """Log lines go to the journal from both libraries."""
    handler = wxtrace.LogHandler()
    structlog.configure(processors=[wxtrace.structlog_processor, structlog.processors.JSONRenderer()])
    logging.getLogger("app").addHandler(handler)
    yield
    logging.getLogger("app").removeHandler(handler)


@pytest.fixture(name="exported")
def set_up_an_sdk():
    """An SDK provider in OpenTelemetry's slot, and what it exports."""
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


def rows(captured):
    """Return what must be the same whoever made the spans; FastAPI's own are looked through."""
    modules = {span.span_id: span.module for span in captured.spans}
    above = {span.span_id: span.parent_span_id for span in captured.spans if span.module == "fastapi"}
    spans = sorted(
        (
            *(span.layer, span.module, span.kind, span.status_code),
            *(modules.get(above.get(span.parent_span_id, span.parent_span_id)), span.openid, span.stamp),
        )
        for span in captured.spans
        if span.span_id not in above
    )
    lines = [(line.event, line.layer, line.module, modules[line.span_id], line.stamp) for line in captured.logs]
    return spans, lines, len({span.trace_id for span in captured.spans})


EXPECTED = (
    [
        ("access", "after_reply", "INTERNAL", "UNSET", "asgi", OPENID, STAMP),
        ("access", "asgi", "SERVER", "UNSET", None, OPENID, STAMP),
        ("logic", "mail", "INTERNAL", "UNSET", "after_reply", OPENID, STAMP),
        ("logic", "menu", "INTERNAL", "UNSET", "asgi", OPENID, STAMP),
        ("storage", "mysql", "CLIENT", "UNSET", "menu", OPENID, STAMP),
        ("storage", "redis", "INTERNAL", "UNSET", "menu", OPENID, STAMP),
    ],
    [("menu.clicked", "logic", "menu", "menu", STAMP), ("cold", "storage", "redis", "redis", STAMP)],
    1,
)
EXPECTED_OF_FASTAPI = ([row for row in EXPECTED[0] if row[1] not in ("mail", "after_reply")], *EXPECTED[1:])
EVERY_WAY_TELLS = {
    "http.request.method": "POST",
    "url.path": "/wechat",
    "client.address": "81.69.101.1",
    "user_agent.original": "Mozilla/4.0",
    "http.response.status_code": 200,
    "wechat.msg_type": "text",
    "wechat.msg_id": "23456",
    "wechat.reply.length": 7,
    "wechat.reply.acceptable": True,
}


@pytest.mark.parametrize("way", WAYS)
def test_light_spans(captured, way):
    """Without an SDK every way gives the same rows, and one server span."""
    serve(WAYS[way](plain))

    assert EXPECTED == rows(captured)
    assert EVERY_WAY_TELLS.items() <= captured.span("asgi").attributes.items()
    assert isinstance(trace.get_tracer_provider(), LightProvider)


@pytest.mark.parametrize("way", WAYS)
def test_on_an_sdk(captured, exported, caplog, way):
    """On an SDK every way gives the same rows too, the SDK exports them as well, and has nothing to complain of."""
    serve(WAYS[way](plain))

    assert EXPECTED == rows(captured)
    assert EVERY_WAY_TELLS.items() <= captured.span("asgi").attributes.items()
    assert {span.span_id for span in captured.spans} == {
        f"{span.context.span_id:016x}" for span in exported.get_finished_spans()
    }
    assert ["cold"] == caplog.messages


@pytest.mark.parametrize("way", FASTAPI)
def test_fastapi_s_own_telemetry(captured, way):
    """FastAPI's own telemetry makes no second server span, from the first request to the later ones."""
    app = FASTAPI[way]()
    serve(app)
    first = rows(captured)
    captured.packed.clear()
    serve(app)

    assert EXPECTED_OF_FASTAPI == first
    assert EXPECTED_OF_FASTAPI == rows(captured)
    assert EVERY_WAY_TELLS.items() <= captured.span("asgi").attributes.items()


@pytest.mark.parametrize("way", ["added", "added contrib"])
def test_fastapi_s_own_telemetry_on_an_sdk(captured, exported, way):
    """On an SDK too, where our middleware is added to the FastAPI app."""
    serve(FASTAPI[way]())

    assert EXPECTED_OF_FASTAPI == rows(captured)
    assert EVERY_WAY_TELLS.items() <= captured.span("asgi").attributes.items()


def test_opentelemetry_s_middleware_within_ours(captured):
    """OpenTelemetry's middleware below ours joins our span, and tells it what it knows by stable names."""
    serve(AccessMiddleware(OpenTelemetryMiddleware(plain, exclude_spans=["receive", "send"])))
    told = captured.span("asgi").attributes

    assert EXPECTED == rows(captured)
    assert EVERY_WAY_TELLS.items() | {("network.protocol.version", "1.1")} <= told.items()
    assert set() == {name for name in told if name.startswith("http.") and "." not in name.removeprefix("http.")}


@pytest.mark.parametrize("way", WAYS)
def test_an_exception_is_recorded_once(captured, way):
    """What the app raises fails the one server span, with one line, whoever made the span."""

    async def app(request, receive, send):
        """Fail at once."""
        raise LookupError("no menu")

    with pytest.raises(LookupError, match="no menu"):
        serve(WAYS[way](app))
    span = captured.span("asgi")

    assert ("ERROR", "LookupError: no menu") == (span.status_code, span.status_message)
    assert (500, True) == (
        span.attributes["http.response.status_code"],
        span.attributes["wechat.status.assumed"],
    )
    assert ["exception"] == [line.event for line in captured.logs]


@pytest.mark.parametrize("way", WAYS)
def test_an_exception_on_an_sdk(captured, exported, way):
    """The same on an SDK."""

    async def app(request, receive, send):
        """Fail at once."""
        raise LookupError("no menu")

    with pytest.raises(LookupError, match="no menu"):
        serve(WAYS[way](app))
    span = captured.span("asgi")

    assert ("ERROR", "LookupError: no menu") == (span.status_code, span.status_message)
    assert 500 == span.attributes["http.response.status_code"]
    assert ["exception"] == [line.event for line in captured.logs]


@pytest.mark.parametrize("sampler", [sampling.ALWAYS_OFF, sampling.ParentBased(sampling.ALWAYS_ON)])
@pytest.mark.parametrize("way", WAYS)
def test_an_upstream_s_flag_drops_no_push(captured, way, sampler):
    """A push that an SDK's sampler drops, for itself or for an upstream's flag, is recorded all the same."""
    trace.set_tracer_provider(TracerProvider(sampler=sampler, shutdown_on_exit=False))
    flagged = (b"traceparent", b"00-" + b"ab" * 16 + b"-" + b"cd" * 8 + b"-00")
    serve(WAYS[way](plain), scope(headers=[flagged]))

    assert {"asgi", "menu", "redis", "mail", "after_reply"} <= {span.module for span in captured.spans}
    assert ("SERVER", STAMP) == (captured.span("asgi").kind, captured.span("asgi").stamp)
    assert [("menu.clicked", STAMP), ("cold", STAMP)] == [(line.event, line.stamp) for line in captured.logs]


def test_it_is_decided_once(captured, exported):
    """However many requests come at once, an SDK gets one processor of ours."""
    threads = [threading.Thread(target=origin.decide) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    serve(AccessMiddleware(plain))

    assert EXPECTED == rows(captured)


def test_it_is_decided_when_the_app_has_started(captured):
    """An app that sets its SDK while it starts up is joined; our provider is not there before."""

    async def app(request, receive, send):
        """Set up an SDK, and start up."""
        assert isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
        trace.set_tracer_provider(TracerProvider(shutdown_on_exit=False))
        await send({"type": "lifespan.startup.complete"})

    asyncio.run(exchange(AccessMiddleware(app), {"type": "lifespan"}))

    assert (True, True) == (origin.decided, origin.sdk is not None)


def test_a_provider_of_another_kind_is_left_alone(captured):
    """Where something else stands in the slot, our own spans are light ones."""
    trace.set_tracer_provider(trace.NoOpTracerProvider())
    with wxtrace.span("logic", "menu", "reply"):
        pass

    assert ["menu"] == [span.module for span in captured.spans]


def test_our_own_tracer_works_without_a_request(captured):
    """The first span of ours decides too, outside of any request."""
    with wxtrace.span("logic", "job", "run"), trace.get_tracer("app").start_as_current_span("step"):
        pass

    assert [("job", None), ("app", captured.span("job").span_id)] == [
        (span.module, span.parent_span_id) for span in captured.spans
    ]


def test_a_span_of_the_api(captured):
    """A tracer's span takes parent, kind, attributes, links and start as the API has it."""
    tracer = LightProvider().get_tracer("app.crm")
    parent = trace.set_span_in_context(NonRecordingSpan(REMOTE))
    told = {"server.address": "crm"}
    span = tracer.start_span("GET", parent, SpanKind.CLIENT, told, [Link(REMOTE)], START_NS + 5)
    told["later"] = 1
    assert START_NS + 5 == captured.open[0].start_ns
    span.end(START_NS + 9)
    (row,) = captured.spans

    assert (f"{5:032x}", f"{6:016x}") == (row.trace_id, row.parent_span_id)
    assert ("remote", "crm", "GET", "CLIENT") == (row.layer, row.module, row.name, row.kind)
    assert (START_NS + 5, START_NS + 9, {"server.address": "crm"}) == (row.start_ns, row.end_ns, row.attributes)
    assert [REMOTE] == [link.context for link in span.links]


def test_a_place_is_known_at_the_end(captured):
    """An instrumentation that says what it does after the start is placed by what it says."""
    span = LightTracer("opentelemetry.instrumentation.x").start_span("connect")
    span.set_attribute("db.system", "mysql")
    span.end()
    (row,) = captured.spans

    assert ("storage", "mysql") == (row.layer, row.module)


def test_a_block_of_the_api(captured):
    """A tracer's block fails and ends as the API has it, or not, where it is told so."""
    tracer = LightTracer("app")
    with pytest.raises(LookupError, match="a"), tracer.start_as_current_span("a"):
        raise LookupError("a")
    with (
        pytest.raises(LookupError, match="b"),
        tracer.start_as_current_span("b", record_exception=False, set_status_on_exception=False) as quiet,
    ):
        raise LookupError("b")
    with tracer.start_as_current_span("c", end_on_exit=False) as kept:
        assert kept is trace.get_current_span()

    assert [("a", "ERROR"), ("b", "UNSET")] == [(span.name, span.status_code) for span in captured.spans]
    assert (False, True) == (quiet.is_recording(), kept.is_recording())
    assert [{"exception"}, ["c"]] == [{line.event for line in captured.logs}, [span.name for span in captured.open]]


def test_a_decorator_of_the_api(captured):
    """A tracer's block is a decorator too."""

    @LightTracer("app").start_as_current_span("call")
    def call():
        return trace.get_current_span().name

    assert ("call", ["call"]) == (call(), [span.name for span in captured.spans])


def test_spans_of_an_instrumentation_after_the_reply(captured):
    """What an instrumentation does in a background task is below `after_reply` too."""

    async def app(request, receive, send):
        """Reply, then have an instrumentation work."""
        await replying()(request, receive, send)
        with LightTracer("app.mail").start_as_current_span("mail"):
            pass

    serve(AccessMiddleware(app))

    assert captured.span("after_reply").span_id == captured.span("mail").parent_span_id


def test_a_joined_span(captured):
    """What joins the one server span tells it all, and leaves it name and end."""
    one = LightSpan(Shape("access", "asgi", "POST /wechat", 1))
    joined = Joined(one, {"a": 1})
    joined.set_attribute("b", 2)
    joined.set_attributes({"c": 3})
    joined.add_event("seen", {"d": 4})
    joined.set_status(StatusCode.ERROR, "bad")
    joined.record_exception(error := LookupError("told by both"))
    one.record_exception(error)
    joined.update_name("POST /{path}")
    joined.end()

    assert (one.get_span_context(), True) == (joined.get_span_context(), joined.is_recording())
    assert (one.name, one.kind, one.attributes) == (joined.name, joined.kind, joined.attributes)
    assert ("POST /wechat", {"a": 1, "b": 2, "c": 3, "error.type": "LookupError"}) == (
        joined.name,
        joined.attributes,
    )
    assert (StatusCode.ERROR, "bad") == (joined.status.status_code, joined.status.description)
    assert one.start_time == joined.start_time
    assert ["seen", "exception"] == [line.event for line in captured.logs]


def test_a_server_span_of_another_request_is_none_to_join(captured):
    """A server span below an ended one, or outside of any, is one of its own."""
    tracer = LightTracer("grpc")
    ended = LightSpan(Shape("access", "asgi", "POST /wechat", 1))
    ended.end()
    spans = [
        tracer.start_span("call", trace.set_span_in_context(parent), SpanKind.SERVER)
        for parent in (ended, INVALID_SPAN)
    ]

    assert [LightSpan, LightSpan] == [type(span).__mro__[1] for span in spans]
    assert None is server_span()


def test_what_a_provider_has(captured):
    """Our provider has beside the API what instrumentations call of an SDK's."""
    provider = LightProvider()

    assert (Resource.create(), True, None) == (provider.resource, provider.force_flush(), provider.shutdown())


def test_a_request_that_is_served_inside_another(captured):
    """A second middleware of ours below the first joins its span."""
    serve(AccessMiddleware(AccessMiddleware(replying())), scope())

    assert ["asgi"] == [span.module for span in captured.spans]
    assert (OPENID, True) == (captured.spans[0].openid, captured.spans[0].attributes["wechat.reply.acceptable"])
