"""The tag by OpenTelemetry's own means: what instrumentations send has it, and what they receive."""

from __future__ import annotations

import pytest
from opentelemetry import baggage, context, propagate, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from serving import OPENID, STAMP, in_push

import wxtrace
from wxtrace.capture import propagator
from wxtrace.capture.hosts import Hosts
from wxtrace.capture.propagator import TagPropagator
from wxtrace.capture.provider import origin
from wxtrace.row import CARRIED, Tag

MEMBER = f"wxtrace={OPENID}~{STAMP}~7"


@pytest.fixture(name="tracer", params=["light", "sdk"])
def _tracer(request, captured):
    """A library's tracer: of our provider, or of an SDK that the app has set up."""
    if request.param == "sdk":
        trace.set_tracer_provider(TracerProvider())
    origin.decide()
    return trace.get_tracer("opentelemetry.instrumentation.queue")


@pytest.fixture(name="ours")
def _ours():
    inner = CompositePropagator([TraceContextTextMapPropagator(), W3CBaggagePropagator()])
    return TagPropagator(inner, Hosts(["*.example.com"]))


def sent(ours, tracer, kind, **attributes):
    """Return the headers that an instrumentation puts in under a span of *kind*, inside of a push."""
    headers = {}
    with (
        in_push(),
        tracer.start_as_current_span("send", kind=kind, attributes=attributes),
    ):
        ours.inject(headers)
    return headers


def test_a_message_has_the_tag(ours, tracer, captured):
    """What is put into messages goes to processes of one's own: beside the trace context stands the tag."""
    headers = sent(ours, tracer, SpanKind.PRODUCER)
    (span,) = captured.spans

    assert [f"00-{span.trace_id}-{span.span_id}", MEMBER] == [headers["traceparent"][:-3], headers["baggage"]]


@pytest.mark.parametrize(
    "attributes",
    [
        {"url.full": "http://127.0.0.1:8000/menu"},
        {"http.url": "http://crm/menu"},
        {"server.address": "crm.internal"},
        {"url.full": "https://a.example.com/"},
        {"net.peer.name": "10.0.0.1"},
    ],
)
def test_a_request_to_a_host_of_one_s_own_has_it(ours, tracer, attributes):
    """Whichever names the instrumentation uses."""
    assert MEMBER == sent(ours, tracer, SpanKind.CLIENT, **attributes)["baggage"]


@pytest.mark.parametrize(
    "attributes",
    [
        {"url.full": "https://evilweixin.qq.com/"},
        {"http.url": "https://user:pw@crm.internal@evil.example/"},
        {"server.address": "example.com"},
        {},
        {"url.full": ""},
    ],
)
def test_nobody_else_is_told_an_openid(ours, tracer, attributes):
    """Not a third party, nor where it is not known who."""
    assert ["traceparent"] == list(sent(ours, tracer, SpanKind.CLIENT, **attributes))


@pytest.mark.parametrize(
    "attributes",
    [{"url.full": "https://api.weixin.qq.com/cgi-bin/menu"}, {"server.address": "API.mch.weixin.qq.com"}],
)
def test_wechat_gets_no_header(ours, tracer, attributes):
    """Its API has no use for a trace of ours: it is asked as it was before anything was instrumented."""
    assert {} == sent(ours, tracer, SpanKind.CLIENT, **attributes)


@pytest.mark.parametrize("name", ["baggage", "Baggage", "BAGGAGE"])
@pytest.mark.parametrize(
    ("host", "expected"),
    [("crm", f"a=1,{MEMBER}"), ("example.org", "a=1"), ("api.weixin.qq.com", "a=1")],
)
def test_what_a_carrier_holds_of_ours(ours, tracer, name, host, expected):
    """Headers copied from another hop keep others' baggage, under one name, and ours only where it may go."""
    headers = {name: f"a=1,{MEMBER}"}
    with in_push(), tracer.start_as_current_span("GET", kind=SpanKind.CLIENT, attributes={"server.address": host}):
        ours.inject(headers)

    assert [expected] == [value for key, value in headers.items() if key.lower() == "baggage"]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (f"{MEMBER}~1745231480000", f"{MEMBER}~1745231480000"),
        ("wxtrace=oOther~1745231475~7~1745231480000", MEMBER),
        ("wxtrace=garbage", MEMBER),
    ],
)
def test_a_deadline_that_is_carried_stays(ours, tracer, before, expected):
    """What `carry(deadline=True)` says of the same tag is sent on; what is there of another is not."""
    headers = {"baggage": before}
    with in_push(), tracer.start_as_current_span("send", kind=SpanKind.PRODUCER):
        ours.inject(headers)

    assert expected == headers["baggage"]


def test_outside_of_a_push(ours, captured):
    """Nothing is added to what others carry."""
    headers = {}
    ours.inject(headers, baggage.set_baggage("a", "1"))

    assert {"baggage": "a=1"} == headers


def test_beside_others_baggage(ours, tracer):
    """It stands beside the tag, and in the context it stays as it was."""
    token = context.attach(baggage.set_baggage("a", "1"))
    headers = sent(ours, tracer, SpanKind.PRODUCER)
    kept = baggage.get_all()
    context.detach(token)

    assert ({"a=1", MEMBER}, {"a": "1"}) == (set(headers["baggage"].split(",")), dict(kept))


def test_where_others_carry_no_baggage(tracer):
    """The header is put in all the same, and read."""
    alone = TagPropagator(TraceContextTextMapPropagator(), Hosts())
    headers = sent(alone, tracer, SpanKind.PRODUCER)
    with tracer.start_as_current_span("receive", alone.extract(headers), SpanKind.CONSUMER):
        tag = wxtrace.current_tag()

    assert (MEMBER, Tag(OPENID, STAMP, "7")) == (headers["baggage"], tag)


def test_who_receives_works_under_the_tag(ours, tracer, captured):
    """A span that is begun in what was extracted has it, and all below that span, by the span alone."""
    headers = sent(ours, tracer, SpanKind.PRODUCER)
    received = tracer.start_span("run", ours.extract(headers), SpanKind.CONSUMER)
    with trace.use_span(received, end_on_exit=True):
        tag = wxtrace.current_tag()
        with wxtrace.span("storage", "redis", "GET"):
            wxtrace.structlog_processor(None, "info", {"event": "looked"})
    send, run, get = captured.spans

    assert (Tag(OPENID, STAMP, "7"), None) == (tag, wxtrace.current_tag())
    assert [(OPENID, STAMP, "7")] * 3 == [(one.openid, one.stamp, one.nonce) for one in (run, get, *captured.logs)]
    assert [send.span_id, run.span_id] == [run.parent_span_id, get.parent_span_id]
    assert ("logic", "queue", "CONSUMER") == (run.layer, run.module, run.kind)


def test_what_was_received_is_not_handed_on_as_baggage(ours, captured):
    """Out of the context's baggage the tag is gone: who hands baggage on would tell it to others."""
    received = ours.extract({"baggage": f"a=1,{MEMBER}"})
    headers = {}
    W3CBaggagePropagator().inject(headers, received)

    assert {"baggage": "a=1"} == headers


def test_a_stranger_s_header_tags_no_request(ours, tracer):
    """What came with an HTTP request is not believed by a server's span, nor by what is below it."""
    received = ours.extract({"baggage": MEMBER})
    token = context.attach(received)
    with tracer.start_as_current_span("GET /", kind=SpanKind.SERVER):
        tags = [wxtrace.current_tag()]
        with wxtrace.span("storage", "redis", "GET"):
            tags.append(wxtrace.current_tag())
    context.detach(token)

    assert [None, None] == tags


@pytest.mark.parametrize("header", ["wxtrace=", "wxtrace=x", "a=1", ""])
def test_what_is_no_tag_is_none(ours, tracer, header):
    """A header that reads as no tag leaves what is received without one, and nothing of it in the baggage."""
    received = ours.extract({"baggage": header})
    with tracer.start_as_current_span("run", received, SpanKind.CONSUMER):
        tag = wxtrace.current_tag()

    assert (None, None) == (tag, baggage.get_baggage("wxtrace", received))


@pytest.mark.parametrize("name", ["traceparent", "tracestate"])
@pytest.mark.parametrize("value", [7, [1, 2], b"x", {}, object()])
def test_headers_of_any_type(ours, name, value):
    """What reads as no context is none, and the tag beside it is still found; nothing is raised into the app."""
    parent = {"traceparent": f"00-{'1' * 32}-{'2' * 16}-01"}
    received = ours.extract(parent | {"baggage": MEMBER, name: value})

    assert Tag(OPENID, STAMP, "7") == Tag(
        *(getattr(received[CARRIED], one) for one in ("openid", "stamp", "nonce"))
    )


@pytest.mark.parametrize("value", [5, [5], b"x", {}, object()])
def test_baggage_of_any_type(ours, value):
    """Baggage that is none is none."""
    assert {} == ours.extract({"baggage": value})


@pytest.mark.parametrize("carrier", [None, 5, (), "headers", frozenset()])
def test_carriers_of_any_type(ours, tracer, carrier):
    """What nothing can be put into stays as it is, and nothing is raised into the app."""
    with in_push(), tracer.start_as_current_span("send", kind=SpanKind.PRODUCER):
        assert ours.inject(carrier) is None


def test_it_stands_around_the_global_one_while_wxtrace_records():
    """Placed once, however often; removed, the other one is back."""
    before = propagate.get_global_textmap()
    propagator.place(Hosts())
    propagator.place(Hosts(["a.example"]))
    placed = propagate.get_global_textmap()
    propagator.remove()

    assert isinstance(placed, TagPropagator)
    assert (before, True) == (placed.inner, placed.hosts.is_own("a.example"))
    assert before is propagate.get_global_textmap()


def test_what_came_over_it_stays():
    """Where somebody has set another one since, that one is left alone."""
    before, other = propagate.get_global_textmap(), CompositePropagator([])
    propagator.place(Hosts())
    propagate.set_global_textmap(other)
    propagator.remove()
    found = propagate.get_global_textmap()
    propagate.set_global_textmap(before)

    assert other is found


@pytest.mark.parametrize("inner", [W3CBaggagePropagator(), TraceContextTextMapPropagator()])
@pytest.mark.parametrize("before", ["sentry-trace_id=1,a=0", b"sentry-trace_id=1,a=0"])
def test_what_others_have_put_in_stays(captured, inner, before):
    """Baggage that somebody else has put into a header (Sentry does) stays beside ours; ours has the last word."""
    headers = {"baggage": before}
    ours = TagPropagator(inner, Hosts([]))
    with in_push():
        ours.inject(headers, baggage.set_baggage("a", "1", context.get_current()))

    assert {"sentry-trace_id": "1", "wxtrace": MEMBER.partition("=")[2]} | (
        {"a": "1"} if isinstance(inner, W3CBaggagePropagator) else {"a": "0"}
    ) == dict(one.split("=") for one in headers["baggage"].split(","))
