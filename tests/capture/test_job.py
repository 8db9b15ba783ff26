"""`carry()` and `job()`: the tag goes to another process, and what is done there is found under it."""

from __future__ import annotations

import asyncio
import json

import pytest
from opentelemetry import context, trace
from opentelemetry.sdk.trace import TracerProvider
from serving import OPENID, STAMP, replying, scope, serve

import wxtrace
from wxtrace import AccessMiddleware
from wxtrace.row import Tag

MEMBER = f"wxtrace={OPENID}~{STAMP}~77"


@pytest.fixture(autouse=True, params=["light", "sdk"])
def _recorded_by(request, captured):
    """Everything holds on our light spans and on those of an SDK that the app has set up."""
    if request.param == "sdk":
        trace.set_tracer_provider(TracerProvider())


def handed_on(captured, *, deadline=False, headers=None):
    """Serve a push that hands a job on; return the headers of the message."""
    told = []

    async def app(request, receive, send):
        """Carry, from inside of a span."""
        with wxtrace.span("remote", "queue", "publish"):
            told.append(wxtrace.carry(headers, deadline=deadline))
        await replying()(request, receive, send)

    serve(AccessMiddleware(app))
    return told[0]


def tag_of(row):
    """Return the tag of a row."""
    return row.openid, row.stamp, row.nonce


def test_outside_of_a_push_nothing_is_carried(captured):
    """The headers come back as they were, as a copy."""
    headers = {"a": "b"}
    told = wxtrace.carry(headers)

    assert headers == told
    assert headers is not told
    assert {} == wxtrace.carry()


def test_what_is_carried(captured):
    """Beside the headers that there are: the current span, and the tag."""
    told = handed_on(captured, headers={"priority": "low"})
    publish = captured.span("queue")

    assert {
        "priority": "low",
        "baggage": MEMBER,
        "traceparent": f"00-{publish.trace_id}-{publish.span_id}-01",
    } == told


def test_headers_that_there_are(captured):
    """Others' baggage stays, ours and the trace context are put anew, whatever the case of their names."""
    told = handed_on(captured, headers={"Baggage": "a=1,wxtrace=oX~1~", "Traceparent": "old"})

    assert f"a=1,{MEMBER}" == told["baggage"]
    assert ["baggage", "traceparent"] == sorted(told)


def test_a_job(captured):
    """It is a consumer's span in layer logic with the tag, below the span that handed it on."""
    headers = handed_on(captured)
    with wxtrace.job("reply_later", headers):
        pass
    publish, job = captured.span("queue"), captured.span("reply_later")

    assert (publish.trace_id, publish.span_id) == (job.trace_id, job.parent_span_id)
    assert (OPENID, STAMP, "77") == tag_of(job)
    assert ("logic", "reply_later", "CONSUMER", "closed") == (job.layer, job.name, job.kind, job.state)


def test_all_in_a_job_has_the_tag(captured):
    """Spans, log lines, tasks and what asks for the tag; after it, nothing has it."""
    headers, seen = handed_on(captured), []

    async def work():
        """Do the job, part of it in a task."""
        with wxtrace.job("reply_later", headers, module="later"):
            seen.append(wxtrace.current_tag())
            await asyncio.create_task(part())

    async def part():
        """Record a span and a line."""
        with wxtrace.span("storage", "mysql", "SELECT"):
            wxtrace.structlog_processor(None, "info", {"event": "looked"})

    asyncio.run(work())
    seen.append(wxtrace.current_tag())
    later, mysql = captured.span("later"), captured.span("mysql")

    assert [Tag(OPENID, STAMP, "77"), None] == seen
    assert later.span_id == mysql.parent_span_id
    assert [(OPENID, STAMP, "77", mysql.span_id)] == [(*tag_of(line), line.span_id) for line in captured.logs]


def test_a_job_that_fails(captured):
    """What it raises is recorded, and raised on."""
    headers = handed_on(captured)
    with pytest.raises(ValueError, match="no such menu"), wxtrace.job("reply_later", headers):
        raise ValueError("no such menu")

    assert ("ERROR", "ValueError: no such menu") == (
        captured.span("reply_later").status_code,
        captured.span("reply_later").status_message,
    )


@pytest.mark.parametrize("headers", [{}, None, {"baggage": "a=1"}, {"baggage": None, "traceparent": 7}])
def test_a_message_without_a_tag(captured, headers):
    """The span is recorded without one, as a trace of its own."""
    with wxtrace.job("reply_later", headers):
        tag = wxtrace.current_tag()
    span = captured.span("reply_later")

    assert (None, (None, None, None), None) == (tag, tag_of(span), span.parent_span_id)


@pytest.mark.parametrize(
    "headers", ["traceparent", b"baggage", 7, [1, ("a",), "ab"], {7: 8, None: []}, {"baggage": [None]}, object()]
)
def test_headers_that_are_none(captured, headers):
    """Whatever a message has for headers, its job is done and recorded."""
    with wxtrace.job("reply_later", headers):
        tag = wxtrace.current_tag()

    assert (None, None) == (tag, captured.span("reply_later").parent_span_id)


@pytest.mark.parametrize("encode", [str, str.encode])
@pytest.mark.parametrize("shape", [list, dict, iter])
def test_headers_as_pairs(captured, encode, shape):
    """Pairs are read as a mapping is, names and values as text or bytes: ASGI and Kafka have them so."""
    told = handed_on(captured)
    with wxtrace.job("reply_later", shape([(encode(name), encode(value)) for name, value in told.items()])):
        pass

    assert (OPENID, STAMP, "77") == tag_of(captured.span("reply_later"))
    assert captured.span("queue").span_id == captured.span("reply_later").parent_span_id


def test_headers_as_brokers_have_them(captured):
    """Names in any case, values as bytes or in lists, are read all the same."""
    told = handed_on(captured)
    headers = {"TraceParent": told["traceparent"].encode(), "BAGGAGE": ["a=1", told["baggage"]]}
    with wxtrace.job("reply_later", headers):
        pass

    assert (OPENID, STAMP, "77") == tag_of(captured.span("reply_later"))
    assert captured.span("queue").span_id == captured.span("reply_later").parent_span_id


def test_a_job_inside_of_another_s_request(captured):
    """A consumer that was started in the request of one push works for the push of each message."""
    first = handed_on(captured)
    other = {**first, "baggage": "wxtrace=oOther~1745231480~9"}

    async def app(request, receive, send):
        """Do the job of another push, in the middle of this one."""
        with wxtrace.job("other", other), wxtrace.span("storage", "redis", "GET"):
            pass
        with wxtrace.span("storage", "mysql", "SELECT"):
            pass
        await replying()(request, receive, send)

    serve(AccessMiddleware(app))

    assert ("oOther", 1745231480, "9") == tag_of(captured.span("other")) == tag_of(captured.span("redis"))
    assert (OPENID, STAMP, "77") == tag_of(captured.span("mysql"))


def test_a_job_under_an_instrumentation_s_span(captured):
    """Where the current span is of the job's trace already, the job goes below that one."""
    headers = handed_on(captured)
    with wxtrace.job("received", headers), wxtrace.job("reply_later", headers):
        pass

    assert captured.span("received").span_id == captured.span("reply_later").parent_span_id


def test_the_deadline_is_carried_if_asked(captured):
    """`remaining()` counts down in the other process; where it was not carried, it knows none."""
    with_it, without = handed_on(captured, deadline=True), handed_on(captured)
    with wxtrace.job("with", with_it):
        captured.clock.advance(1)
        left = wxtrace.remaining()
        captured.clock.advance(10)
        none_left = wxtrace.remaining()
    with wxtrace.job("without", without):
        unknown = wxtrace.remaining()

    assert (4.0, 0.0, None) == (round(left, 1), none_left, unknown)


def test_the_deadline_stays_when_it_is_carried_again(captured):
    """What was carried with a deadline keeps it where the same tag is put into it once more."""
    with_it = handed_on(captured, deadline=True)

    assert with_it["baggage"] == handed_on(captured, headers=with_it)["baggage"]


def test_switched_off(captured, monkeypatch):
    """Where wxtrace records nothing, headers are only copied and a job is only a block."""
    headers = handed_on(captured)
    monkeypatch.setattr("wxtrace.capture.recorder.recorder.enabled", False)
    before = context.get_current()
    with wxtrace.job("reply_later", headers) as span:
        inside = context.get_current()

    assert (None, before, {"a": "b"}) == (span, inside, wxtrace.carry({"a": "b"}))


def served_behind(headers, client="10.0.0.7", query=b"id=7", method="GET", app=None):
    """Serve a request of another service of ours, that comes from *client*."""
    told = [(name.encode(), value.encode()) for name, value in headers.items()]
    request = scope(query, headers=[*told, (b"x-real-ip", client.encode())])
    serve(AccessMiddleware(app or replying(b"{}")), {**request, "method": method})


def test_a_service_behind(captured):
    """Its access span has the tag, lies below the call, and says that it is no arrival from WeChat."""
    headers = handed_on(captured)
    served_behind(headers)
    behind = next(span for span in captured.spans if span.name.startswith("GET"))

    assert (OPENID, STAMP, "77") == tag_of(behind)
    assert captured.span("queue").span_id == behind.parent_span_id
    assert behind.attributes["wxtrace.carried"] is True
    assert "wechat.reply.acceptable" not in behind.attributes


def test_a_service_behind_that_has_not_answered(captured):
    """A reader that comes before it ends sees already that it is no arrival from WeChat."""
    headers, seen = handed_on(captured), []

    async def app(request, receive, send):
        """Look at what is shown of the request."""
        seen.extend((span.name, span.attributes.get("wxtrace.carried")) for span in captured.open)
        await replying()(request, receive, send)

    served_behind(headers, app=app)

    assert [("GET /wechat", True)] == seen


def test_a_stranger_s_headers_are_not_believed(captured):
    """From a public address neither the tag nor the trace is taken: anybody may write a header."""
    headers = handed_on(captured)
    served_behind(headers, client="81.69.101.1")
    outside = next(span for span in captured.spans if span.name.startswith("GET"))

    assert ((None, None, None), None) == (tag_of(outside), outside.parent_span_id)
    assert "wxtrace.carried" not in outside.attributes


def test_a_push_that_a_gateway_of_ours_hands_on(captured):
    """It keeps its own tag and lies below the call; with another push's tag beside it, the headers do not count."""
    query = f"signature=00&timestamp={STAMP}&nonce=77&openid={OPENID}".encode()
    headers = handed_on(captured)
    served_behind(headers, query=query, method="POST")
    served_behind({**headers, "baggage": "wxtrace=oOther~1~2"}, query=query, method="POST")
    below, alone = [span for span in captured.spans if span.module == "asgi"][1:]

    assert [captured.span("queue").span_id, None] == [below.parent_span_id, alone.parent_span_id]
    assert [(OPENID, STAMP, "77")] * 2 == [tag_of(below), tag_of(alone)]


def test_no_object_of_a_message_is_kept(captured):
    """What is recorded is text; the headers may go."""
    headers = handed_on(captured)
    with wxtrace.job("reply_later", headers) as span:
        pass

    assert trace.INVALID_SPAN is not span
    assert json.dumps(captured.span("reply_later").attributes) == "{}"
