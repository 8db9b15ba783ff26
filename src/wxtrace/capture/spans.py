"""
The light span: OpenTelemetry's API over a packed record, and nothing else.

An SDK span costs 25 µs of attribute dictionaries, locks and batches. This one
keeps what it is told until it ends, then hands `bytes` to the recorder.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from time import monotonic_ns
from typing import Any, Final

from opentelemetry.trace import (
    Link,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)

from wxtrace.capture.attributes import encode, text_of
from wxtrace.capture.more import More, told_ns
from wxtrace.capture.recorder import Sink, recorder
from wxtrace.capture.shapes import Shape, log_place, shape_of
from wxtrace.record import (
    ERROR,
    IN_REQUEST,
    OK,
    OPEN,
    SPAN,
    PackedPlace,
    PackedTag,
    began,
    finished,
    logged,
    opened,
)
from wxtrace.tag import Request

_NO_ID: Final = bytes(8)
_NO_TRACE: Final = bytes(16)
_NO_TAG: Final = PackedTag()
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)

on_ended: list[Callable[[LightSpan], None]] = []
"""Called with each span that ended; `start(processors=…)` adds to it."""


class LightSpan(Span):
    """
    A span that records itself.

    Args:
        shape: Layer, module, name and kind.
        parent: The span above it, whoever made it; None begins a trace.
        request: The holder of the request it works for.
        attributes: Kept, not copied.
    """

    __slots__ = (
        "_packed",
        "_sink",
        "_slot",
        "attributes",
        "begun",
        "encoded",
        "end_ns",
        "more",
        "parent_id",
        "request",
        "seq",
        "shape",
        "span_id",
        "start_ns",
        "status_number",
        "trace_id",
    )

    trace_id: bytes
    span_id: bytes
    parent_id: bytes

    def __init__(
        self,
        shape: Shape,
        parent: object = None,
        request: Request | None = None,
        attributes: dict[str, Any] | None = None,
    ) -> None:
        sink = recorder.sink
        if sink.is_nowhere:
            sink = recorder.opened()
        self._sink = sink
        self.shape = shape
        self.request = request
        self.attributes = attributes
        self.more: More | None = None
        self.encoded = b""
        self.end_ns = self.status_number = 0
        self.seq = seq = recorder.next_seq()
        self.span_id = span_id = recorder.bits(64).to_bytes(8, "big")
        if type(parent) is LightSpan:
            trace_id, parent_id = parent.trace_id, parent.span_id
        else:
            trace_id, parent_id = _ids(parent) or (recorder.bits(128).to_bytes(16, "big"), _NO_ID)
        self.trace_id, self.parent_id = trace_id, parent_id
        if request is None:
            start_ns, packed, flags = time.time_ns(), _NO_TAG, 0
        else:
            start_ns, packed, flags = monotonic_ns() + request.clock, request.packed, IN_REQUEST
        self.start_ns, self._packed = start_ns, packed
        self.begun, shown = opened(seq, start_ns, trace_id, span_id, parent_id, packed, shape.packed, flags)
        self._slot = sink.begin(shown)

    def _begin_again(self) -> None:
        self._packed = _NO_TAG if self.request is None else self.request.packed
        self.begun = began(
            self.seq, self.start_ns, self.trace_id, self.span_id, self.parent_id, self._packed, self.shape.packed
        )

    def refresh(self) -> None:
        """Show what was learned since it began, for a reader that comes before it ends."""
        if not self.end_ns:
            self._show(encode(self.attributes) if self.attributes else b"")

    def _show(self, attributes: bytes) -> None:
        self._begin_again()
        if self._sink is not recorder.sink:  # the parent process shows it
            return
        flags = 0 if self.request is None else IN_REQUEST
        self._sink.rewrite(self._slot, finished(OPEN, self.begun, flags=flags, attributes=attributes))

    def end(self, end_time: int | None = None) -> None:
        """Record it; what is told afterwards is not heard. A span of the parent process is left to it."""
        sink: Sink | None = self._sink
        if sink is not recorder.sink:
            sink = recorder.successor(self._sink)
        if self.end_ns or sink is None:
            return
        request = self.request
        if request is None:
            self.end_ns, flags = (end_time and told_ns(end_time)) or time.time_ns(), 0
        else:
            self.end_ns, flags = (end_time and told_ns(end_time)) or monotonic_ns() + request.clock, IN_REQUEST
            if self._packed is not request.packed:
                self._begin_again()
        attributes = self.encoded
        if self.attributes and not attributes:
            attributes = encode(self.attributes)
        message = b"" if self.more is None else self.more.message_bytes()
        record = finished(SPAN, self.begun, self.end_ns, self.status_number, flags, message, attributes)
        sink.end(self._slot, record)
        if on_ended:
            self.tell().record = record
            for hear in on_ended:
                hear(self)

    def tell(self) -> More:
        """Return what few spans have; made when it is first asked for."""
        if self.more is None:
            self.more = More()
        return self.more

    # ------------------------------------------------------------ OpenTelemetry's API

    def get_span_context(self) -> SpanContext:
        """Return the ids, for who propagates them."""
        more = self.tell()
        if more.context is None:
            more.context = _span_context(self.trace_id, self.span_id)
        return more.context

    def is_recording(self) -> bool:
        """Say whether it has not ended."""
        return not self.end_ns

    def set_attribute(self, key: str, value: Any) -> None:
        """Keep one attribute."""
        if not self.end_ns:
            if self.attributes is None:
                self.attributes = {}
            self.attributes[key] = value

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Keep several attributes."""
        for key, value in attributes.items():
            self.set_attribute(key, value)

    def add_event(
        self, name: str, attributes: Mapping[str, Any] | None = None, timestamp: int | None = None
    ) -> None:
        """Record an event as a log line of this span (OTEP 4430: events are logs)."""
        at, kept = told_ns(timestamp) or self._now_ns(), encode(dict(attributes or {}))
        if on_ended and len(self.events) < 128:
            self.tell().events.append((name, at, kept))
        severity = b"error" if name == "exception" else b"info"
        place = log_place(self.shape, name, severity, b"opentelemetry")
        recorder.opened().append(log_record(self, self.request, place, at, kept))

    def add_link(self, context: SpanContext, attributes: Mapping[str, Any] | None = None) -> None:
        """Keep a link; only `start(processors=…)` sees it."""
        self.tell().links.append(Link(context, dict(attributes or {})))

    def update_name(self, name: str) -> None:
        """Give it another name."""
        if not self.end_ns:
            self.shape = shape_of(self.shape.layer, self.shape.module, name, self.shape.kind)
            self._begin_again()

    def place(self, layer: str, module: str) -> None:
        """Give it another layer and module."""
        if not self.end_ns and (self.shape.layer, self.shape.module) != (layer, module):
            self.shape = shape_of(layer, module, self.shape.name, self.shape.kind)
            self._begin_again()

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """Keep the status; OK stays, UNSET says nothing, only an error has a message (the specification)."""
        code, told = (
            (status.status_code, status.description) if isinstance(status, Status) else (status, description)
        )
        if not self.end_ns and self.status_number != OK and code is not StatusCode.UNSET:
            self.status_number = code.value
            self.tell().message = (code is StatusCode.ERROR and told) or ""
            self._tell_type()

    def _tell_type(self) -> None:
        """Say of what type the exception was, if the span failed, and nobody has said it."""
        raised = self.more is not None and self.status_number == ERROR and self.more.raised
        if raised and "error.type" not in (self.attributes or ()):
            self.set_attribute("error.type", raised)

    def record_exception(
        self,
        exception: BaseException,
        attributes: Mapping[str, Any] | None = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        """Record an exception as a log line of this span: once, though an instrumentation may record it too."""
        if self.tell().recorded == id(exception):
            return
        self.tell().recorded = id(exception)
        lines = traceback.format_exception(type(exception), exception, exception.__traceback__, limit=-30)
        told = {
            "exception.type": _qualified(type(exception)),
            "exception.message": text_of(exception),
            "exception.stacktrace": "".join(lines)[-16384:],
        }
        self.tell().raised = told["exception.type"]
        self._tell_type()
        self.add_event("exception", told | dict(attributes or {}), timestamp)

    def failed(self, exception: BaseException) -> None:
        """Record *exception* and that it is why the span failed."""
        self.record_exception(exception)
        self.status_number, self.tell().message = ERROR, f"{type(exception).__name__}: {text_of(exception)}"
        self._tell_type()

    def _now_ns(self) -> int:
        return time.time_ns() if self.request is None else self.request.now_ns()

    # ------------------------------------------------------------ what contrib reads beside the API

    @property
    def name(self) -> str:
        """The name."""
        return self.shape.name

    @property
    def kind(self) -> SpanKind:
        """The kind."""
        return SpanKind(self.shape.kind)

    @property
    def context(self) -> SpanContext:
        """The ids."""
        return self.get_span_context()

    @property
    def parent(self) -> SpanContext | None:
        """The parent's ids."""
        return None if self.parent_id == _NO_ID else _span_context(self.trace_id, self.parent_id)

    @property
    def status(self) -> Status:
        """The status."""
        message = None if self.more is None else self.more.message
        return Status(StatusCode(self.status_number), message or None)

    @property
    def events(self) -> list[tuple[str, int, bytes]]:
        """Name, time and encoded attributes of its events; kept only for `start(processors=…)`."""
        return [] if self.more is None else self.more.events

    @property
    def links(self) -> Sequence[Link]:
        """Its links."""
        return () if self.more is None else self.more.links

    @property
    def start_time(self) -> int:
        """Nanoseconds since the epoch."""
        return self.start_ns

    @property
    def end_time(self) -> int | None:
        """Nanoseconds since the epoch; None while it runs."""
        return self.end_ns or None

    @property
    def resource(self) -> Any:
        """The SDK's default resource."""
        from opentelemetry.sdk.resources import Resource

        return Resource.create()


def log_record(span: object, request: Request | None, place: PackedPlace, time_ns: int, attributes: bytes) -> bytes:
    """Pack a log line made under *span* for *request*."""
    if isinstance(span, LightSpan):
        trace_id, span_id = span.trace_id, span.span_id
    else:
        trace_id, span_id = _ids(span) or (_NO_TRACE, _NO_ID)
    if request is None:
        return logged(recorder.next_seq(), time_ns, trace_id, span_id, _NO_TAG, place, 0, attributes)
    return logged(recorder.next_seq(), time_ns, trace_id, span_id, request.packed, place, IN_REQUEST, attributes)


def _ids(span: object) -> tuple[bytes, bytes] | None:
    if isinstance(span, LightSpan):
        return span.trace_id, span.span_id
    if not isinstance(span, Span):
        return None
    context = span.get_span_context()
    if not context.is_valid:
        return None
    return context.trace_id.to_bytes(16, "big"), context.span_id.to_bytes(8, "big")


def _span_context(trace_id: bytes, span_id: bytes) -> SpanContext:
    return SpanContext(
        int.from_bytes(trace_id, "big"), int.from_bytes(span_id, "big"), is_remote=False, trace_flags=_SAMPLED
    )


def _qualified(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
