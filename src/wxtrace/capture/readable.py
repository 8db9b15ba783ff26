"""A light span as the SDK's exporters want it: read back from its record, so that both say the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from wxtrace.capture.attributes import redact, redact_attributes
from wxtrace.capture.place import LAYER, MODULE
from wxtrace.capture.spans import LightSpan
from wxtrace.record import Unpacked, unpack

OUR_SCOPE: Final = "wxtrace"
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_MOST: Final = (1 << 63) - 1
_KINDS: Final = tuple(SpanKind)
_NO_ID: Final = bytes(8)


def readable(span: LightSpan, resource: Resource) -> ReadableSpan:
    """
    Return an ended span as the SDK's exporters want it.

    All but events, links and its tracer's own account is what its record says: names, texts and attributes redacted
    and cut as they are stored. Layer and module are the attributes ``wxtrace.layer`` and ``wxtrace.module``. Every
    span counts as sampled.
    """
    record = unpack(span.tell().record)
    attributes = json.loads(record.attributes) if record.attributes else {}
    return ReadableSpan(
        name=record.name,
        context=_context(record, record.span_id),
        parent=None if record.parent_id == _NO_ID else _context(record, record.parent_id),
        resource=resource,
        attributes=_encodable({**attributes, LAYER: record.layer, MODULE: record.module}),
        events=[Event(redact(name), _encodable(json.loads(kept)), at) for name, at, kept in span.events],
        links=[Link(link.context, redact_attributes(link.attributes or {})) for link in span.links],
        kind=_KINDS[record.kind],
        status=Status(StatusCode(record.status), record.message or None),
        start_time=record.start_ns,
        end_time=record.end_ns,
        instrumentation_scope=_scope(span),
    )


def _scope(span: LightSpan) -> InstrumentationScope:
    tracer = getattr(span, "tracer", None)
    return InstrumentationScope(OUR_SCOPE) if tracer is None else InstrumentationScope(tracer.scope, *tracer.told)


def _context(record: Unpacked, span_id: bytes) -> SpanContext:
    trace_id = int.from_bytes(record.trace_id, "big")
    return SpanContext(trace_id, int.from_bytes(span_id, "big"), is_remote=False, trace_flags=_SAMPLED)


def _encodable(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what OTLP can say: a whole number that 64 bits with a sign do not hold becomes a text."""
    return {key: str(kept) if type(kept) is int and kept > _MOST else kept for key, kept in attributes.items()}
