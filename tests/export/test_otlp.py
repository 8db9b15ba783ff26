"""A lookup as OTLP: the parsers of others read back the rows that went in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from answers import NOW_NS, answer, deferred_push, slow_push
from hypothesis import given
from hypothesis import strategies as st
from otlp_reading import by_opentelemetry, by_protobuf, line_of, rows
from strategies import BASE_NS, SECOND, forests, hostile_text, log_lines, make_log, make_span

import wxtrace
from wxtrace.export import otlp
from wxtrace.lookup.found import Lookup

PARSERS = (by_protobuf, by_opentelemetry)

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 70), 1 << 70) | st.floats(allow_nan=False) | hostile_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(hostile_text, inner, max_size=3),
    max_leaves=6,
)
"""Values of attributes as JSON has them."""


def said(value: Any) -> Any:
    """Return what OTLP can say of a value: half a character is its escape, a number beyond 64 bits a text."""
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case bool() | None | float():
            return value
        case int():
            return value if -(1 << 63) <= value < 1 << 63 else str(value)
        case list():
            return [said(one) for one in value]
    return {said(key): said(one) for key, one in value.items()}


def spans_of(found: Lookup) -> list[Any]:
    """Return the spans of all attempts, in any order that can be told."""
    return sorted((span for one in found.attempts for span in one.rebuilt.spans), key=lambda span: span.seq)


def by_seq(read: list[Any]) -> list[Any]:
    """Return the rows that were read, in that order."""
    return sorted((span for span, _ in read if span is not None), key=lambda span: span.seq)


def lines_read(read: list[Any]) -> list[Any]:
    """Return the log lines that were read, in the order of the journal."""
    return sorted((line for _, some in read for line in some), key=lambda line: line.seq)


@pytest.mark.parametrize("parse", PARSERS)
@given(spans=forests(), logs=log_lines())
def test_the_same_rows_come_back(parse, spans, logs):
    """Of any spans and log lines each comes back once and whole: crashed, backwards, parentless, of two traces."""
    found = answer(spans, logs)

    read = rows(parse(otlp.render(found)))

    assert spans_of(found) == by_seq(read)
    lines = [line_of(log) for one in found.attempts for log in one.rebuilt.logs]
    assert sorted(lines, key=lambda line: line.seq) == lines_read(read)


@pytest.mark.parametrize("parse", PARSERS)
@given(told=st.dictionaries(hostile_text, values, max_size=4), name=hostile_text)
def test_any_attributes_come_back(parse, told, name):
    """Values keep their types, whatever they nest, and hostile texts their characters, in spans and lines."""
    found = answer([make_span(0, name=name, attributes=told)], [make_log(9, event=name, attributes=told)])

    ((span, (line,)),) = rows(parse(otlp.render(found)))

    assert (said(name), said(told)) == (span.name, span.attributes)
    assert (said(name), said(told)) == (line.event, line.attributes)


@pytest.mark.parametrize("make", [slow_push, deferred_push], ids=["slow", "deferred"])
def test_both_parsers_read_the_same(make):
    """Retries, jobs and a service behind are read the same by protobuf's parser and by OpenTelemetry's own."""
    document = otlp.render(make())

    assert rows(by_protobuf(document)) == rows(by_opentelemetry(document))
    assert spans_of(make()) == by_seq(rows(by_protobuf(document)))


def test_a_span_in_full():
    """There is one resource a writer, ids are in lower case, times and whole numbers texts, kinds numbers."""
    span = make_span(
        0, name="POST 微信", status_code="ERROR", status_message="no", attributes={"n": [1, 2.5, None]}
    )

    document = otlp.render(answer([span]))

    attributes = {
        "n": {"arrayValue": {"values": [{"intValue": "1"}, {"doubleValue": 2.5}, {}]}},
        "wechat.openid": {"stringValue": "oABC"},
        "wechat.stamp": {"intValue": "1745231475"},
        "wechat.nonce": {"stringValue": "n1"},
        "wxtrace.layer": {"stringValue": "access"},
        "wxtrace.module": {"stringValue": "asgi"},
        "wxtrace.state": {"stringValue": "closed"},
        "wxtrace.seq": {"intValue": "0"},
    }
    whose = {
        "service.name": {"stringValue": "wx-callback"},
        "host.name": {"stringValue": "web-1"},
        "process.pid": {"intValue": "7"},
        "service.instance.id": {"stringValue": "web-1-7-0-abcd"},
    }
    told = {
        "traceId": "ab" * 16,
        "spanId": "0000000000000001",
        "name": "POST 微信",
        "kind": 2,
        "startTimeUnixNano": str(BASE_NS),
        "endTimeUnixNano": str(BASE_NS + SECOND),
        "attributes": [{"key": key, "value": value} for key, value in attributes.items()],
        "events": [],
        "status": {"code": 2, "message": "no"},
    }
    resource = {"attributes": [{"key": key, "value": value} for key, value in whose.items()]}
    scopes = [{"scope": {"name": "wxtrace", "version": wxtrace.__version__}, "spans": [told]}]
    assert {"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]} == json.loads(document)


def test_a_span_ends_no_earlier_than_it_begins():
    """Viewers take a negative duration for centuries: the end is the start then, and what was recorded is told."""
    span = make_span(0, end_ns=BASE_NS - 5)

    (read,) = by_protobuf(otlp.render(answer([span]))).resource_spans[0].scope_spans[0].spans

    assert (BASE_NS, BASE_NS) == (read.start_time_unix_nano, read.end_time_unix_nano)
    assert [(span, [])] == rows(by_protobuf(otlp.render(answer([span]))))


def test_what_never_ended_has_the_estimated_end():
    """A crashed span ends at its writer's last record, and says that this is an estimate."""
    spans = [make_span(0, end_ns=None, state="crashed"), make_span(1, 0)]

    first, _ = by_protobuf(otlp.render(answer(spans))).resource_spans[0].scope_spans[0].spans

    assert NOW_NS == first.end_time_unix_nano
    assert ["wxtrace.end_estimated"] == [pair.key for pair in first.attributes if pair.value.bool_value]


def test_numbers_that_json_lacks_are_told():
    """A float that is not finite, as a careless app may log it, is written as protobuf's JSON says it."""
    span = make_span(0, attributes={"a": float("nan"), "b": float("inf"), "c": float("-inf")})

    ((read, _),) = rows(by_protobuf(otlp.render(answer([span]))))

    assert "{'a': nan, 'b': inf, 'c': -inf}" == repr(read.attributes)


def test_lines_without_any_span_are_kept():
    """Log lines whose spans are all missing are events of a span that says so."""
    document = otlp.render(answer([], [make_log(1, event="only line")]))

    ((span, lines),) = rows(by_opentelemetry(document))

    assert (None, ["only line"]) == (span, [line.event for line in lines])


def test_ids_of_a_foreign_store_become_ids():
    """What is no id, or one of zeros that OTLP calls invalid, becomes a fingerprint, the same for the same."""
    spans = [make_span(0, trace_id="t", span_id="0" * 16), make_span(1, trace_id="t", parent_span_id="0" * 16)]

    first, second = by_protobuf(otlp.render(answer(spans))).resource_spans[0].scope_spans[0].spans

    assert (16, 8) == (len(first.trace_id), len(first.span_id))
    assert (first.trace_id, first.span_id) == (second.trace_id, second.parent_span_id)


def test_nothing_found_is_a_document_too():
    """Without any attempt there are no spans, and the document is still one."""
    assert {"resourceSpans": []} == json.loads(otlp.render(answer()))


def test_a_terminal_is_left_alone():
    """No character that a terminal acts on is in the document as itself, and it has one line."""
    hostile = "\x1b[31m\u202e\x07\n\u2028"

    document = otlp.render(answer([make_span(0, name=hostile)]))

    assert "\n" == "".join(char for char in document if not char.isprintable())
    assert hostile == rows(by_protobuf(document))[0][0].name
