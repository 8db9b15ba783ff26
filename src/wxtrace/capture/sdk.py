"""The app has an OpenTelemetry SDK: every span of it is mirrored by a light one, which records it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from time import time_ns
from typing import Any, Final, TypeGuard, cast

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import SpanContext, SpanKind, StatusCode

from wxtrace.capture import context as ctx
from wxtrace.capture import cover, logfired, served
from wxtrace.capture.more import told_ns
from wxtrace.capture.place import LAYER, MODULE, library_of, place
from wxtrace.capture.provider import request_of
from wxtrace.capture.recorder import recorder
from wxtrace.capture.shapes import Shape, shape_of
from wxtrace.capture.spans import LightSpan
from wxtrace.capture.stable import name_of, stable
from wxtrace.record import IN_REQUEST, OPEN, finished
from wxtrace.tag import Request, bound_request

_OURS: Final = frozenset({LAYER, MODULE})
OUR_SCOPE: Final = "wxtrace"
"""The name of the tracer that our own spans are started by."""
_NO_ID: Final = bytes(8)


class Mirror(LightSpan):
    """
    A light span with the ids and the start of an SDK's, `mirrored`; what that one tells is heard at its end.

    `is_joined` says that somebody inside of our middleware has been given it for a server span of its own,
    `is_left` that it has ended that one, `is_replied` that the reply is out: who comes last ends it.
    """

    __slots__ = ("is_joined", "is_left", "is_replied", "mirrored", "scope")

    def __init__(
        self, span: ReadableSpan, scope: str, shape: Shape, request: Request | None, parent_id: bytes
    ) -> None:
        context = ids_of(span)
        self.mirrored, self.scope = span, scope
        self.is_joined = self.is_left = self.is_replied = False
        self._sink = sink = recorder.opened()
        self.shape, self.request, self.attributes, self.more = shape, request, None, None
        self.encoded, self.end_ns, self.status_number = b"", 0, 0
        self.seq, self.start_ns = recorder.next_seq(), told_ns(span.start_time) or time_ns()
        self.trace_id = context.trace_id.to_bytes(16, "big")
        self.span_id = context.span_id.to_bytes(8, "big")
        self.parent_id = parent_id
        self._begin_again()
        self._slot = sink.begin(finished(OPEN, self.begun, flags=0 if request is None else IN_REQUEST))

    @property
    def is_ours(self) -> bool:
        """Whether our own tracer began the span."""
        return self.scope == OUR_SCOPE


class RecordingProcessor(SpanProcessor):
    """
    Records an SDK's spans: the start when it starts, the rest when it ends.

    Args:
        resource_of: Returns the resource of its provider: its spans have this very object.
    """

    def __init__(self, resource_of: Callable[[], object] = lambda: None) -> None:
        self.mirrors: dict[int, Mirror] = {}
        self._passed: dict[int, Mirror] = {}
        self._resource_of = resource_of
        self._since_ns = time_ns()
        self._announced = _Announced()

    def announce(self, shape: Shape) -> None:
        """Say of what shape the span is that this thread is about to start: cheaper than two attributes."""
        self._announced.shape = shape

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Show that *span* has begun."""
        if recorder.enabled:
            here = ctx.current() if parent_context is None else parent_context
            self.begin(span, request_of(here, span.kind, span.attributes))

    def begin(self, span: ReadableSpan, request: Request | None) -> None:
        """Show that *span* has begun, for *request*."""
        shape, self._announced.shape = self._announced.shape, None
        scope = _scope(span)
        if shape is None or shape.name != span.name:
            library, told = library_of(scope), span.attributes
            is_covered = cover.is_driver(library) and cover.covering() is not None
            if is_covered or served.is_message(library, span.kind, span.name) or logfired.is_line(scope, span):
                self._pass(span)
                return
            if isinstance(span, Span) and cover.is_orm(library):
                cover.cover(span)
            layer, module = place(scope, span.kind.value, told)
            shape = shape_of(layer, module, name_of(span.name, layer, told), span.kind.value)
        mirror = self.mirrors[ids_of(span).span_id] = Mirror(span, scope, shape, request, self._above(span))
        if request is not None and request.access is None and span.kind is SpanKind.SERVER and not mirror.is_ours:
            served.begin(mirror, request)

    def _pass(self, span: ReadableSpan) -> None:
        """Record nothing of *span*: what is below it goes under the one above."""
        above = None if span.parent is None else self._recorded(span.parent.span_id)
        if above is not None:
            self._passed[ids_of(span).span_id] = above

    def _recorded(self, span_id: int) -> Mirror | None:
        return self.mirrors.get(span_id) or self._passed.get(span_id)

    def _above(self, span: ReadableSpan) -> bytes:
        if span.parent is None:
            return _NO_ID
        passed = self._passed.get(span.parent.span_id)
        return span.parent.span_id.to_bytes(8, "big") if passed is None else passed.span_id

    def on_end(self, span: ReadableSpan) -> None:
        """Record *span*."""
        span_id = span.context.span_id if span.context else 0
        self._passed.pop(span_id, None)
        mirror = self.mirrors.pop(span_id, None)
        if mirror is not None:
            _hear(mirror, span)
            mirror.end(span.end_time)

    def mirror_of(self, span: object) -> LightSpan | None:
        """Return the light span that mirrors *span*; begin it now for one that was there before us."""
        if not isinstance(span, trace.Span):
            return None
        span_id = span.get_span_context().span_id
        here = self._announced
        if self._recorded(span_id) is None and recorder.enabled and not here.is_beginning and self._is_begun(span):
            here.is_beginning = True  # opening the journal may ask for the mirror too
            try:
                self.begin(span, bound_request())
            finally:
                here.is_beginning = False
        return self._recorded(span_id)

    def _is_begun(self, span: trace.Span) -> TypeGuard[Span]:
        return isinstance(span, Span) and span.is_recording() and self._resource_of() in (None, span.resource)

    def has_heard(self, span: ReadableSpan) -> bool:
        """Say whether it has recorded *span*, which has ended, or is about to."""
        return span.resource is self._resource_of() and (span.start_time or 0) >= self._since_ns

    def shutdown(self) -> None:
        """Do nothing: what has ended is on disk."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Do nothing: what has ended is on disk."""
        return True


def record_ended(spans: Sequence[ReadableSpan]) -> None:
    """Record spans that have ended some time ago, each under the push that a server span of its trace tells of."""
    processor, holders = RecordingProcessor(), dict[int, Request]()
    for span in spans:
        if span.kind is SpanKind.SERVER and (request := served.push_in(span.attributes or {})) is not None:
            holders[ids_of(span).trace_id] = request
    for span in sorted(spans, key=lambda span: span.start_time or 0):
        processor.begin(span, holders.setdefault(ids_of(span).trace_id, Request()))
        processor.on_end(span)


def ids_of(span: ReadableSpan) -> SpanContext:
    """Return the ids of an SDK's span, which has them always."""
    return cast(SpanContext, span.context)


def _hear(mirror: Mirror, span: ReadableSpan) -> None:
    """Let *mirror* know all that *span* tells at its end."""
    attributes, said = span.attributes, mirror.attributes
    told: dict[str, Any] = {} if attributes is None else attributes.copy()  # type: ignore[attr-defined]
    if served.is_access(mirror):
        told = served.ended(mirror, told)
    elif not mirror.is_ours:
        mirror.place(*place(mirror.scope, mirror.shape.kind, told))
        _name(mirror, name_of(span.name, mirror.shape.layer, told))
        told = stable(told)
    else:
        _name(mirror, span.name)
    mirror.attributes = {**told, **said} if said else told
    for key in _OURS.intersection(mirror.attributes):
        del mirror.attributes[key]
    if span.status.status_code is not StatusCode.UNSET:
        mirror.set_status(span.status)
    for event in span.events:
        if event.name == "exception" and mirror.more is not None and mirror.more.recorded:
            continue  # our middleware has seen the same one
        mirror.add_event(event.name, event.attributes, event.timestamp)
    if span.links:
        mirror.tell().links.extend(span.links)


class _Announced(threading.local):
    shape: Shape | None = None
    is_beginning = False


def _name(mirror: Mirror, name: str) -> None:
    if name != mirror.shape.name:
        mirror.update_name(name)


def _scope(span: ReadableSpan) -> str:
    return span.instrumentation_scope.name if span.instrumentation_scope is not None else ""
