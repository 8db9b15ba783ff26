"""
Attempts as OTLP in JSON: what Jaeger's page takes as an upload, and collectors at ``/v1/traces``.

OpenTelemetry's own encoder wants the SDK's spans and is a beta; the format itself has been stable for years.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import wxtrace
from wxtrace.answer import Answer
from wxtrace.export.plain import MOST, attempts_of, dumped, is_whole, trees_of
from wxtrace.rebuild.attempt import Attempt, Node, Timeline
from wxtrace.record import KINDS, STATUS_CODES
from wxtrace.row import LogRow, SpanRow

Object = dict[str, Any]

_INTERNAL: Final = 1
_IDS: Final = {16: re.compile("[0-9a-f]{16}"), 32: re.compile("[0-9a-f]{32}")}
_LOST: Final = "(log lines of a request whose spans are missing)"


def render(answer: Answer) -> str:
    """
    Return all attempts of an answer, with what was left to workers, as one OTLP document in JSON.

    Times are as they were recorded, but that a span ends no earlier than it begins: viewers take a negative
    duration for centuries. The end that was recorded is then the attribute ``wxtrace.end_ns``. What never
    ended has the end that rebuilding estimates, and ``wxtrace.end_estimated``. Log lines are events of their span.
    """
    return document(attempts_of(answer))


def document(attempts: Iterable[Attempt]) -> str:
    """Return *attempts* as one document, on one line that ends as one."""
    of_writers: defaultdict[_Writer, list[Object]] = defaultdict(list)
    for attempt in attempts:
        for row, span in _spans_of(attempt):
            of_writers[_Writer(row.service, row.host, row.pid, row.writer)].append(span)
    return dumped({"resourceSpans": [_of_writer(writer, spans) for writer, spans in of_writers.items()]}) + "\n"


class _Writer(NamedTuple):
    """Who recorded a row: what OTLP calls a resource."""

    service: str
    host: str
    pid: int
    name: str


def _of_writer(writer: _Writer, spans: list[Object]) -> Object:
    resource = {
        "service.name": writer.service,
        "host.name": writer.host,
        "process.pid": writer.pid,
        "service.instance.id": writer.name,
    }
    scope = {"name": "wxtrace", "version": wxtrace.__version__}
    return {
        "resource": {"attributes": _attributes(resource)},
        "scopeSpans": [{"scope": scope, "spans": spans}],
    }


def _spans_of(attempt: Attempt) -> Iterator[tuple[SpanRow | LogRow, Object]]:
    """Yield the spans of an attempt and of its jobs, each with the row that tells whose it is."""
    for part in trees_of(attempt):
        rows = [node.span for node in part.nodes if node.span is not None]
        if not rows:
            yield part.lines[-1], _of_lines(attempt, part.lines)
            continue
        events = _events(part)
        for place, node in enumerate(part.nodes):
            if node.span is not None:
                yield node.span, _span(node, node.span, events.get(place, []))


def _events(part: Timeline) -> dict[int, list[Object]]:
    """Return the log lines by the place of their span: where it is missing, the nearest above it, or the first."""
    holders: list[int | None] = []
    for place, node in enumerate(part.nodes):
        above = None if node.parent is None else holders[node.parent]
        holders.append(above if node.span is None else place)
    first = next(place for place, node in enumerate(part.nodes) if node.span is not None)
    events: defaultdict[int, list[Object]] = defaultdict(list)
    for line, place in zip(part.lines, part.line_nodes, strict=True):
        holder = holders[place]
        events[first if holder is None else holder].append(_event(line))
    return events


def _span(node: Node, span: SpanRow, events: Sequence[Object]) -> Object:
    recorded = None if span.end_ns == node.end_ns else span.end_ns
    told = {
        "wechat.openid": span.openid,
        "wechat.stamp": span.stamp,
        "wechat.nonce": span.nonce,
        "wxtrace.layer": span.layer,
        "wxtrace.module": span.module,
        "wxtrace.state": span.state,
        "wxtrace.seq": span.seq,
        "wxtrace.end_estimated": True if node.end_estimated else None,
        "wxtrace.end_ns": recorded,
        "wxtrace.start_ns": span.start_ns if span.start_ns < 0 else None,
    }
    status: Object = {"code": STATUS_CODES.index(span.status_code) if span.status_code in STATUS_CODES else 0}
    if span.status_message:
        status["message"] = span.status_message
    made: Object = {"traceId": _id(span.trace_id, 32), "spanId": _id(span.span_id, 16)}
    if span.parent_span_id:
        made["parentSpanId"] = _id(span.parent_span_id, 16)
    return made | {
        "name": span.name,
        "kind": KINDS.index(span.kind) + 1 if span.kind in KINDS else _INTERNAL,
        "startTimeUnixNano": _moment(node.start_ns),
        "endTimeUnixNano": _moment(node.end_ns),
        "attributes": _attributes(span.attributes | _known(told)),
        "events": list(events),
        "status": status,
    }


def _of_lines(attempt: Attempt, lines: Sequence[LogRow]) -> Object:
    """Return what holds log lines of which no span was found: OTLP has events in spans only."""
    told = {"wechat.openid": attempt.openid, "wechat.stamp": attempt.stamp, "wechat.nonce": attempt.nonce}
    identity = f"{attempt.trace_id} {attempt.writer} {attempt.start_ns}"
    return {
        "traceId": _id(attempt.trace_id or identity, 32),
        "spanId": _id(identity, 16),
        "name": _LOST,
        "kind": _INTERNAL,
        "startTimeUnixNano": _moment(attempt.start_ns),
        "endTimeUnixNano": _moment(attempt.end_ns),
        "attributes": _attributes(_known(told) | {"wxtrace.recorded": False}),
        "events": list(map(_event, lines)),
        "status": {"code": 0},
    }


def _event(line: LogRow) -> Object:
    told = {
        "wxtrace.severity": line.severity,
        "wxtrace.logger": line.logger,
        "wxtrace.layer": line.layer,
        "wxtrace.module": line.module,
        "wxtrace.span_id": line.span_id,
        "wxtrace.seq": line.seq,
    }
    return {
        "timeUnixNano": _moment(line.time_ns),
        "name": line.event,
        "attributes": _attributes(line.attributes | _known(told)),
    }


def _known(told: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in told.items() if value is not None}


def _attributes(values: Mapping[str, object]) -> list[Object]:
    return [{"key": str(key), "value": _value(value)} for key, value in values.items()]


def _value(value: object) -> Object:
    """Return a value with its type; a whole number that 64 bits do not hold is a text, and null is no value."""
    match value:
        case None:
            return {}
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)} if is_whole(value) else {"stringValue": str(value)}
        case float():
            return {"doubleValue": value if math.isfinite(value) else _NOT_FINITE[str(value)]}
        case list() | tuple():
            return {"arrayValue": {"values": [_value(kept) for kept in value]}}
        case dict():
            return {"kvlistValue": {"values": _attributes(value)}}
    return {"stringValue": str(value)}


_NOT_FINITE: Final = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
"""How protobuf's JSON says them."""


def _moment(ns: int) -> str:
    return str(min(max(0, ns), MOST))


def _id(text: str, length: int) -> str:
    """Return an id of *length* hexadecimal digits; one of a foreign store that is none becomes its fingerprint."""
    known = text.lower()
    if _IDS[length].fullmatch(known) and known.strip("0"):
        return known
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]
