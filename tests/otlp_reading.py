"""OTLP documents read back into rows, by the parsers of others: protobuf's, and OpenTelemetry's for JSON."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto_json.collector.trace.v1 import trace_service

from wxtrace.record import KINDS, STATUS_CODES
from wxtrace.row import LogRow, SpanRow

_IDS = ("traceId", "spanId", "parentSpanId")


@dataclass(frozen=True)
class Line:
    """What the event of a span tells of a log line."""

    time_ns: int
    event: str
    severity: str
    logger: str | None
    layer: str | None
    module: str | None
    span_id: str | None
    seq: int
    attributes: dict[str, Any]


def line_of(log: LogRow) -> Line:
    """Return what of a log line stands in an event."""
    return Line(
        log.time_ns,
        log.event,
        log.severity,
        log.logger,
        log.layer,
        log.module,
        log.span_id,
        log.seq,
        log.attributes,
    )


def by_protobuf(document: str) -> ExportTraceServiceRequest:
    """Return a document as protobuf's JSON parser takes it; it wants ids in base64, where OTLP has hexadecimal."""

    def in_base64(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Return an object with its ids written anew."""
        return {key: b64encode(bytes.fromhex(kept)).decode() if key in _IDS else kept for key, kept in pairs}

    told = json.loads(document, object_pairs_hook=in_base64)
    return json_format.ParseDict(told, ExportTraceServiceRequest())


def by_opentelemetry(document: str) -> Any:
    """Return a document as OpenTelemetry's own parser of OTLP in JSON takes it."""
    return trace_service.ExportTraceServiceRequest.from_json(document)


def rows(request: Any) -> list[tuple[SpanRow | None, list[Line]]]:
    """
    Return every span of a request as the row that it was, with the log lines that are its events.

    What only holds log lines whose spans are missing was no row.
    """
    return [
        (_span(span, _values(held.resource.attributes)), [_line(event) for event in span.events])
        for held in request.resource_spans
        for scoped in held.scope_spans
        for span in scoped.spans
    ]


def _span(span: Any, resource: dict[str, Any]) -> SpanRow | None:
    told = _values(span.attributes)
    if told.get("wxtrace.recorded") is False:
        return None
    end_ns = None if told.pop("wxtrace.end_estimated", False) else span.end_time_unix_nano
    return SpanRow(
        openid=told.pop("wechat.openid", None),
        stamp=told.pop("wechat.stamp", None),
        nonce=told.pop("wechat.nonce", None),
        layer=told.pop("wxtrace.layer"),
        module=told.pop("wxtrace.module"),
        name=span.name or "",
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_span_id=(span.parent_span_id or b"").hex() or None,
        kind=KINDS[int(span.kind) - 1],
        start_ns=span.start_time_unix_nano,
        end_ns=told.pop("wxtrace.end_ns", end_ns),
        state=told.pop("wxtrace.state"),
        status_code=STATUS_CODES[int(span.status.code or 0)],
        status_message=span.status.message or None,
        service=resource["service.name"],
        host=resource["host.name"],
        pid=resource["process.pid"],
        writer=resource["service.instance.id"],
        seq=told.pop("wxtrace.seq"),
        attributes=told,
    )


def _line(event: Any) -> Line:
    told = _values(event.attributes)
    names = ("severity", "logger", "layer", "module", "span_id", "seq")
    ours = [told.pop(f"wxtrace.{name}", None) for name in names]
    return Line(event.time_unix_nano, event.name or "", *ours, told)


def _values(pairs: Iterable[Any]) -> dict[str, Any]:
    return {pair.key or "": _value(pair.value) for pair in pairs}


def _value(value: Any) -> Any:
    """Return what an AnyValue holds, by whichever of the two parsers it was read."""
    if value is None:
        return None
    which = value.WhichOneof("value") if hasattr(value, "WhichOneof") else _set(value)
    if which is None:
        return None
    held = getattr(value, which)
    if which == "array_value":
        return [_value(one) for one in held.values]
    return _values(held.values) if which == "kvlist_value" else held


def _set(value: Any) -> str | None:
    names = ("string_value", "bool_value", "int_value", "double_value", "array_value", "kvlist_value")
    return next((name for name in names if getattr(value, name) is not None), None)
