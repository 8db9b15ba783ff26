"""Spans of an SDK, recorded by a processor of ours."""

from __future__ import annotations

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.trace import SpanKind, Status, StatusCode

import wxtrace
from wxtrace.capture.sdk import RecordingProcessor
from wxtrace.tag import Request, bind, unbind
from wxtrace.testing import START_NS, capture_records


@pytest.fixture(name="processor")
def a_processor(captured):
    """Our processor."""
    return RecordingProcessor()


@pytest.fixture(name="tracer")
def a_tracer(processor):
    """A tracer of an SDK provider that has our processor."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    return provider.get_tracer("opentelemetry.instrumentation.redis")


def test_a_span_of_an_sdk(captured, tracer):
    """It is recorded with its own ids, times, kind, name, attributes and status, and as open while it runs."""
    parent = tracer.start_span("outer")
    span = tracer.start_span(
        "GET", trace.set_span_in_context(parent), SpanKind.CLIENT, {"db.system": "redis"}, start_time=START_NS + 5
    )
    seen = captured.open[-1]
    span.set_attribute("token", "ABC")
    span.set_status(Status(StatusCode.ERROR, "gone"))
    span.update_name("GET token")
    span.end(START_NS + 9)
    (row,) = captured.spans

    assert (f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}", f"{parent.context.span_id:016x}") == (
        row.trace_id,
        row.span_id,
        row.parent_span_id,
    )
    assert ("open", "GET", START_NS + 5) == (seen.state, seen.name, seen.start_ns)
    assert ("closed", "GET token", START_NS + 5, START_NS + 9) == (row.state, row.name, row.start_ns, row.end_ns)
    assert ("storage", "redis", "CLIENT", "ERROR", "gone") == (
        row.layer,
        row.module,
        row.kind,
        row.status_code,
        row.status_message,
    )
    assert {"db.system.name": "redis", "token": "[redacted]"} == row.attributes


def test_events_are_log_lines(captured, tracer):
    """Events of an SDK's span are recorded as log lines of it when it ends."""
    span = tracer.start_span("GET")
    span.add_event("miss", {"key": "a"}, START_NS + 7)
    span.record_exception(LookupError("no key"))
    span.end()
    miss, exception = captured.logs

    assert (f"{span.context.span_id:016x}", "miss", "info", START_NS + 7, {"key": "a"}) == (
        miss.span_id,
        miss.event,
        miss.severity,
        miss.time_ns,
        miss.attributes,
    )
    assert ("exception", "error", "LookupError") == (
        exception.event,
        exception.severity,
        exception.attributes["exception.type"],
    )


def test_a_place_that_is_said(captured, tracer):
    """A layer and module that the app says are taken, and taken off the attributes."""
    tracer.start_span("wait", attributes={"wxtrace.layer": "wait", "wxtrace.module": "pool", "a": 1}).end()
    (row,) = captured.spans

    assert ("wait", "pool", {"a": 1}) == (row.layer, row.module, row.attributes)


def test_a_tag(captured, tracer):
    """A span of an SDK has the tag of the request that it is started in."""
    token = bind(Request())
    span = tracer.start_span("GET")
    wxtrace.identify(openid="oA", stamp=5)
    span.end()
    unbind(token)

    assert [("oA", 5)] == [(row.openid, row.stamp) for row in captured.spans]


def test_a_span_that_began_before_us(captured, processor):
    """A span that began before our processor was there is recorded with its own start once it is asked for."""
    provider = TracerProvider(shutdown_on_exit=False)
    span = provider.get_tracer("x").start_span("POST /wechat", kind=SpanKind.SERVER, start_time=START_NS + 5)
    provider.add_span_processor(processor)
    mirror = processor.mirror_of(span)
    span.end()
    (row,) = captured.spans

    assert (mirror.seq, START_NS + 5, f"{span.context.span_id:016x}") == (row.seq, row.start_ns, row.span_id)
    assert None is processor.mirror_of(span)


@pytest.mark.parametrize("span", [None, "no span", trace.INVALID_SPAN, ReadableSpan("x")])
def test_what_is_no_span_of_an_sdk_has_no_mirror(processor, span):
    """Anything but a span of an SDK that runs is recorded by nobody here."""
    assert None is processor.mirror_of(span)


def test_a_span_that_nobody_began_here(captured, processor):
    """The end of a span whose start was not seen is passed over."""
    processor.on_end(ReadableSpan("x"))
    processor.on_end(TracerProvider(shutdown_on_exit=False).get_tracer("x").start_span("x"))

    assert ([], []) == (captured.spans, captured.logs)


def test_nothing_is_kept_of_an_ended_span(captured, processor, tracer):
    """When a span has ended, nothing of it stays."""
    tracer.start_span("GET").end()

    assert {} == processor.mirrors


def test_disabled(processor):
    """When switched off an SDK's spans pass unseen; one that ends after a new start is left to none."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    wxtrace.stop()
    span = provider.get_tracer("x").start_span("GET")
    with capture_records() as later:
        span.end()

    assert ([], {}) == (later.records, processor.mirrors)


def test_what_a_processor_has_to_have(processor):
    """It has nothing to flush and nothing to shut down: what has ended is on disk."""
    assert (True, None) == (processor.force_flush(), processor.shutdown())
