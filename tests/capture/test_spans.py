"""The light span: OpenTelemetry's API, and the record it leaves."""

from __future__ import annotations

import pytest
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import (
    INVALID_SPAN,
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)

from wxtrace.capture import shapes, spans
from wxtrace.capture.light import LightTracer
from wxtrace.capture.recorder import recorder
from wxtrace.capture.shapes import Shape
from wxtrace.capture.spans import LightSpan
from wxtrace.record import MAX_NAME
from wxtrace.tag import Request
from wxtrace.testing import START_NS, capture_records

GET = Shape("storage", "redis", "GET token", 2)
REMOTE = SpanContext(5, 6, is_remote=True, trace_flags=TraceFlags(0))


@pytest.fixture(name="span")
def make_span(captured):
    """A span of its own trace."""
    return LightSpan(GET)


def test_a_span_alone(captured):
    """A span without a parent begins a trace, and is recorded when it ends with all that makes a row."""
    span = LightSpan(GET, attributes={"db.system": "redis"})
    captured.clock.advance(0.5)
    span.end()
    (row,) = captured.spans

    assert (None, None, None) == (row.openid, row.stamp, row.nonce)
    assert ("storage", "redis", "GET token", "CLIENT") == (row.layer, row.module, row.name, row.kind)
    assert (f"{1:032x}", f"{1:016x}", None, 1) == (row.trace_id, row.span_id, row.parent_span_id, row.seq)
    assert (START_NS + 1000, START_NS + 500_002_000) == (row.start_ns, row.end_ns)
    assert ("closed", "UNSET", None, {"db.system": "redis"}) == (
        row.state,
        row.status_code,
        row.status_message,
        row.attributes,
    )


@pytest.mark.parametrize(
    ("parent", "expected"),
    [
        (None, (1, 0)),
        (INVALID_SPAN, (1, 0)),
        ("no span", (1, 0)),
        (NonRecordingSpan(REMOTE), (5, 6)),
    ],
    ids=["none", "invalid", "nonsense", "remote"],
)
def test_foreign_parents(captured, parent, expected):
    """A valid span of anybody's is a parent; anything else begins a trace."""
    span = LightSpan(GET, parent)

    assert expected == (int.from_bytes(span.trace_id, "big"), int.from_bytes(span.parent_id, "big"))


def test_a_child(captured, span):
    """A child has its parent's trace and names its parent."""
    child = LightSpan(GET, span)

    assert (span.trace_id, span.span_id) == (child.trace_id, child.parent_id)
    assert SpanContext(1, 1, is_remote=False, trace_flags=TraceFlags(1)) == child.parent


def test_an_open_span_is_visible(captured, span):
    """A span stands in the table of open spans from its start to its end, and not after it."""
    seen = captured.open
    span.end()

    assert [("open", None, "redis")] == [(row.state, row.end_ns, row.module) for row in seen]
    assert [] == captured.open


def test_what_contrib_reads(captured, span):
    """Beside the API a span shows what instrumentations read of an SDK's."""
    assert ("GET token", SpanKind.CLIENT, None, None) == (span.name, span.kind, span.parent, span.attributes)
    assert SpanContext(1, 1, is_remote=False, trace_flags=TraceFlags(1)) == span.context == span.get_span_context()
    assert (StatusCode.UNSET, None) == (span.status.status_code, span.status.description)
    assert (START_NS + 1000, None, [], []) == (span.start_time, span.end_time, span.events, list(span.links))
    assert Resource.create() == span.resource
    assert isinstance(span, trace.Span)


def test_recording_ends_with_the_end(captured, span):
    """A span that has ended says so, and hears nothing more."""
    assert span.is_recording()
    span.set_attribute("a", 1)
    span.end(START_NS + 7)

    span.set_attribute("a", 2)
    span.set_attributes({"b": 3})
    span.update_name("other")
    span.place("logic", "other")
    span.set_status(StatusCode.ERROR, "late")
    span.end(START_NS + 9)

    (row,) = captured.spans
    assert not span.is_recording()
    assert START_NS + 7 == span.end_time == row.end_ns
    assert ("GET token", "redis", "UNSET", {"a": 1}) == (row.name, row.module, row.status_code, row.attributes)
    assert ({"a": 1}, "GET token", StatusCode.UNSET) == (span.attributes, span.name, span.status.status_code)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([(StatusCode.ERROR, "a")], ("ERROR", "a")),
        ([(Status(StatusCode.ERROR, "a"), "ignored")], ("ERROR", "a")),
        ([(StatusCode.ERROR, None)], ("ERROR", None)),
        ([(StatusCode.OK, None), (StatusCode.ERROR, "a")], ("OK", None)),
        ([(StatusCode.ERROR, "a"), (StatusCode.OK, None)], ("OK", None)),
        ([(StatusCode.ERROR, "a"), (StatusCode.ERROR, "b")], ("ERROR", "b")),
        ([(StatusCode.ERROR, "a"), (StatusCode.UNSET, None)], ("ERROR", "a")),
        ([(StatusCode.OK, "a")], ("OK", None)),
        ([(StatusCode.UNSET, "a")], ("UNSET", None)),
    ],
)
def test_status(captured, span, told, expected):
    """OK is final, UNSET is not heard, and only an error has a message: as the specification has it."""
    for status, description in told:
        span.set_status(status, description)
    seen = span.status
    span.end()
    (row,) = captured.spans

    assert expected == (row.status_code, row.status_message)
    assert expected == (seen.status_code.name, seen.description)


def test_another_name(captured, span):
    """A span can be renamed and placed elsewhere while it runs."""
    span.update_name("GET ticket")
    span.place("remote", "api.weixin.qq.com")
    span.end()
    (row,) = captured.spans

    assert ("remote", "api.weixin.qq.com", "GET ticket", "CLIENT") == (row.layer, row.module, row.name, row.kind)


def test_names_are_redacted_and_cut(captured):
    """No secret stands in a name, a layer, a module or a message, and none of them is too long to be packed."""
    span = LightSpan(Shape("l" * 500, "雪" * 500, "GET ?access_token=ABC " + "雪" * 9999))
    span.set_status(StatusCode.ERROR, "secret=ABC " + "x" * 9999)
    span.end()
    (row,) = captured.spans

    assert ("l" * 64, "雪" * 42) == (row.layer, row.module)
    assert (row.name.startswith("GET ?access_token=[redacted] 雪雪"), True) == (
        True,
        len(row.name.encode()) <= MAX_NAME,
    )
    assert ("secret=[redacted] ", 4096) == (row.status_message[:18], len(row.status_message))


@pytest.mark.parametrize("shift", range(4))
@pytest.mark.parametrize("char", ["雪", "😀"])
def test_what_is_too_long_is_cut_between_characters(captured, char, shift):
    """Wherever the limit falls, no half of a Chinese character or of an emoji is left at the end."""
    text = "x" * shift + char * 99_999
    span = LightSpan(Shape(text, text, text))
    span.set_status(StatusCode.ERROR, text)
    span.end()
    (row,) = captured.spans

    told = (row.layer, row.module, row.name, row.status_message)
    limits = (64, 128, MAX_NAME, 4096)
    assert [text[: shift + (most - shift) // len(char.encode())] for most in limits] == [*told]


def test_lone_surrogates(captured):
    """A name, a message and an attribute that are no text of Unicode are recorded as well as may be."""
    span = LightSpan(Shape("logic", "\ud800", "\ud800"), attributes={"\ud800": "\ud800"})
    span.set_status(StatusCode.ERROR, "\ud800")
    span.end()
    (row,) = captured.spans

    assert ("?", "?", "?", {"?": "?"}) == (row.module, row.name, row.status_message, row.attributes)


@pytest.mark.parametrize("name", [None, 7, ("a", "b")])
def test_a_name_that_is_no_text(captured, name):
    """A name of another type is recorded as its text."""
    span = LightSpan(Shape("logic", name, name))
    span.update_name(name)
    span.end()

    assert [(str(name), str(name))] == [(row.module, row.name) for row in captured.spans]


@pytest.mark.parametrize("at", [START_NS + 7.5, 10**30, -(10**30), "soon", float("nan"), float("inf")])
def test_a_time_that_is_no_number_of_nanoseconds(captured, at):
    """A time of another type is taken as far as it can be, and else the clock's."""
    span = LightTracer("app").start_span("GET", start_time=at)
    span.add_event("miss", timestamp=at)
    span.end(at)
    (row,), (line,) = captured.spans, captured.logs

    for recorded in (row.start_ns, row.end_ns, line.time_ns):
        assert abs(recorded - START_NS) < 100_000


def test_an_event_is_a_log_line(captured, span):
    """An event is recorded at once, as a log line of the span."""
    span.add_event("cache.miss", {"key": "a", "token": "ABC"}, START_NS + 5)
    span.add_event("cache.full")
    first, second = captured.logs

    assert (f"{1:032x}", f"{1:016x}", "storage", "redis") == (
        first.trace_id,
        first.span_id,
        first.layer,
        first.module,
    )
    assert ("cache.miss", "info", "opentelemetry", START_NS + 5) == (
        first.event,
        first.severity,
        first.logger,
        first.time_ns,
    )
    assert ({"key": "a", "token": "[redacted]"}, {}) == (first.attributes, second.attributes)
    assert START_NS + 2000 == second.time_ns


def test_an_exception_is_a_log_line(captured, span):
    """A recorded exception is a line with type, message and traceback; the span has not failed by that."""
    try:
        raise KeyError("menu")
    except KeyError as error:
        span.record_exception(error, {"more": 1})
    span.end()
    (line,), (row,) = captured.logs, captured.spans

    assert ("exception", "error") == (line.event, line.severity)
    assert {
        "exception.type": "KeyError",
        "exception.message": "'menu'",
        "more": 1,
    }.items() <= line.attributes.items()
    assert line.attributes["exception.stacktrace"].endswith("KeyError: 'menu'\n")
    assert ("UNSET", {}) == (row.status_code, row.attributes)


@pytest.mark.parametrize("told", [{}, {"error.type": "Timeout"}])
def test_the_type_of_what_made_a_span_fail(captured, span, told):
    """A span that failed has the type of the exception, unless somebody has said another; in whichever order."""
    other = LightSpan(span.shape)
    for one in (span, other):
        one.set_attributes(told)
    span.record_exception(KeyError("menu"))
    span.set_status(StatusCode.ERROR)
    other.set_status(StatusCode.ERROR)
    other.record_exception(KeyError("menu"))
    span.end()
    other.end()

    assert [{"error.type": "KeyError"} | told] * 2 == [row.attributes for row in captured.spans]


class Rude(Exception):
    """An exception that cannot say what it is."""

    def __str__(self):
        raise RuntimeError("no text")


def test_an_exception_that_cannot_be_told(captured, span):
    """An exception whose own text raises is recorded all the same, and raises nothing into the app."""
    span.failed(Rude())
    span.end()
    (line,), (row,) = captured.logs, captured.spans

    assert ("ERROR", "Rude: <Rude: RuntimeError>") == (row.status_code, row.status_message)
    assert f"{Rude.__module__}.Rude" == row.attributes["error.type"] == line.attributes["exception.type"]


def test_a_deep_traceback_is_cut(captured, span):
    """Of an endless recursion the innermost frames are kept."""

    def deeper():
        deeper()

    with pytest.raises(RecursionError) as caught:
        deeper()
    span.record_exception(caught.value)
    (line,) = captured.logs

    assert len(line.attributes["exception.stacktrace"]) <= 16384


def test_the_block_form_records_and_fails(captured):
    """Used as a context manager a span ends with the block, and what the block raises goes on."""
    with pytest.raises(LookupError, match="no menu"), trace.use_span(LightSpan(GET), end_on_exit=True):
        raise LookupError("no menu")
    (row,) = captured.spans

    assert ("ERROR", "LookupError: no menu") == (row.status_code, row.status_message)
    assert ["exception"] == [line.event for line in captured.logs]


def test_links_are_kept(captured, span):
    """Links are kept for span processors."""
    span.add_link(REMOTE, {"a": 1})

    assert [(REMOTE, {"a": 1})] == [(link.context, dict(link.attributes)) for link in span.links]
    assert all(isinstance(link, Link) for link in span.links)


def test_events_are_kept_only_where_somebody_listens(captured, span, monkeypatch):
    """Without a span processor no event stays in memory; with one, 128 at most."""
    span.add_event("a")
    assert [] == span.events

    monkeypatch.setattr(spans, "on_ended", [lambda ended: None])
    for _ in range(200):
        span.add_event("b", {"c": 1}, 5)

    assert [("b", 5, b'{"c":1}')] * 128 == span.events


def test_who_listens_hears_of_each_end_once(captured, span, monkeypatch):
    """A listener is called with the span when it has ended, and not at a second end."""
    heard = []
    monkeypatch.setattr(spans, "on_ended", [heard.append])
    span.end()
    span.end()

    assert [span] == heard


def test_a_late_tag_reaches_open_spans(captured):
    """A tag that is learned while a span runs is on its record; times come from the request's clock."""
    request = Request()
    span = LightSpan(GET, None, request)
    request.learn("oA", 5, "n")
    span.end()
    (row,) = captured.spans

    assert ("oA", 5, "n") == (row.openid, row.stamp, row.nonce)


def test_a_refresh_shows_what_is_known(captured):
    """A reader that comes before the end sees the late tag and the attributes so far."""
    request = Request()
    span = LightSpan(GET, None, request, {"a": 1})
    request.learn("oA", 5, "n")
    span.refresh()
    (row,) = captured.open

    assert ("oA", 5, {"a": 1}, "open") == (row.openid, row.stamp, row.attributes, row.state)


def test_a_refresh_after_the_end_shows_nothing(captured, span):
    """The place where a span stood belongs to another by then."""
    span.end()
    span.refresh()

    assert [] == captured.open


def test_shapes_are_bounded(captured):
    """Names that differ every time do not fill the memory."""
    for number in range(5000):
        shapes.shape_of("storage", "mysql", f"SELECT {number}")

    assert len(shapes._shapes) <= 2048
    assert shapes.shape_of("storage", "mysql", "SELECT 4999") is shapes.shape_of("storage", "mysql", "SELECT 4999")


def test_a_span_ends_where_it_began():
    """A span begun under another sink (the parent process', an earlier start) is left to it."""
    with capture_records() as first:
        span = LightSpan(GET)
    with capture_records() as second:
        span.end()

    assert ([], []) == (first.spans, second.spans)
    assert span.is_recording()


def test_a_span_of_the_parent_process_is_left_to_it(captured, span):
    """In a forked child, what it learns of a span that was open changes nothing of what the parent shows of it."""
    recorder.after_fork()
    span.place("logic", "stolen")
    span.refresh()
    span.end()

    assert [("storage", "redis")] == [(row.layer, row.module) for row in captured.open]
    assert [] == captured.records
