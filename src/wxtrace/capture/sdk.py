"""The app has an OpenTelemetry SDK: every span of it is mirrored by a light one, which records it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from time import time_ns
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import StatusCode

from wxtrace.capture import context as ctx
from wxtrace.capture import cover
from wxtrace.capture.place import ACCESS, LAYER, MODULE, library_of, place
from wxtrace.capture.provider import request_of
from wxtrace.capture.recorder import recorder
from wxtrace.capture.shapes import Shape, shape_of
from wxtrace.capture.spans import LightSpan, told_ns
from wxtrace.capture.stable import name_of, stable
from wxtrace.record import IN_REQUEST, OPEN, finished
from wxtrace.tag import Request, bound_request

_OURS: Final = frozenset({LAYER, MODULE})
_TOLD_BETTER: Final = _OURS | {
    *("http.url", "http.target", "http.host", "http.scheme", "http.flavor", "http.method", "http.server_name"),
    *("http.user_agent", "http.status_code", "net.host.port", "net.peer.ip", "net.peer.port", "url.query"),
}
"""What an access span says by its stable names too; the query's secrets among them."""
OUR_SCOPE: Final = "wxtrace"
"""The name of the tracer that our own spans are started by."""
_NO_ID: Final = bytes(8)


class Mirror(LightSpan):
    """A light span with the ids and the start of an SDK's; what that one tells is heard at its end."""

    __slots__ = ()

    def __init__(self, span: Span, shape: Shape, request: Request | None) -> None:
        context, parent = span.get_span_context(), span.parent
        self._sink = sink = recorder.opened()
        self.shape, self.request, self.attributes, self.more = shape, request, None, None
        self.encoded, self.end_ns, self.status_number = b"", 0, 0
        self.seq, self.start_ns = recorder.next_seq(), told_ns(span.start_time) or time_ns()
        self.trace_id = context.trace_id.to_bytes(16, "big")
        self.span_id = context.span_id.to_bytes(8, "big")
        self.parent_id = parent.span_id.to_bytes(8, "big") if parent is not None else _NO_ID
        self._begin_again()
        self._slot = sink.begin(finished(OPEN, self.begun, flags=0 if request is None else IN_REQUEST))


class RecordingProcessor(SpanProcessor):
    """Records an SDK's spans: the start when it starts, the rest when it ends."""

    def __init__(self) -> None:
        self.mirrors: dict[int, LightSpan] = {}
        self._announced = _Announced()

    def announce(self, shape: Shape) -> None:
        """Say of what shape the span is that this thread is about to start: cheaper than two attributes."""
        self._announced.shape = shape

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Show that *span* has begun."""
        if recorder.enabled:
            self._begin(span, request_of(ctx.current() if parent_context is None else parent_context, span.kind))

    def _begin(self, span: Span, request: Request | None) -> None:
        shape, self._announced.shape = self._announced.shape, None
        if shape is None or shape.name != span.name:
            library = library_of(_scope(span))
            if cover.is_driver(library) and cover.covering() is not None:
                return
            if cover.is_orm(library):
                cover.cover(span)
            layer, module = _place(span, span.attributes or {})
            shape = shape_of(layer, module, name_of(span.name, layer, span.attributes), span.kind.value)
        self.mirrors[span.get_span_context().span_id] = Mirror(span, shape, request)

    def on_end(self, span: ReadableSpan) -> None:
        """Record *span*."""
        mirror = self.mirrors.pop(span.context.span_id, None) if span.context else None
        if mirror is None:
            return
        told, joined = span.attributes, mirror.attributes
        attributes: dict[str, Any] = told.copy() if told else {}  # type: ignore[attr-defined]  # all of theirs have it
        is_access = mirror.shape.module in ACCESS
        name = span.name
        if not is_access and _is_foreign(span):
            mirror.place(*_place(span, attributes))
            name = name_of(name, mirror.shape.layer, attributes)
            attributes = stable(attributes)
        if name != mirror.shape.name:
            mirror.update_name(name)
        dropped = _TOLD_BETTER if is_access else _OURS
        for key in dropped.intersection(attributes):
            del attributes[key]
        mirror.attributes = {**attributes, **joined} if joined else attributes
        if span.status.status_code is not StatusCode.UNSET:
            mirror.set_status(span.status)
        for event in span.events:
            if event.name == "exception" and mirror.more is not None and mirror.more.recorded:
                continue  # our middleware has seen the same one
            mirror.add_event(event.name, event.attributes, event.timestamp)
        mirror.end(span.end_time)

    def mirror_of(self, span: object) -> LightSpan | None:
        """Return the light span that mirrors *span*; begin it now for one that was there before us."""
        if not isinstance(span, Span):
            return None
        if span.context.span_id not in self.mirrors and span.is_recording() and recorder.enabled:
            self._begin(span, bound_request())
        return self.mirrors.get(span.context.span_id)

    def shutdown(self) -> None:
        """Do nothing: what has ended is on disk."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Do nothing: what has ended is on disk."""
        return True


class _Announced(threading.local):
    shape: Shape | None = None


def _is_foreign(span: ReadableSpan) -> bool:
    return _scope(span) != OUR_SCOPE


def _scope(span: ReadableSpan) -> str:
    return span.instrumentation_scope.name if span.instrumentation_scope is not None else ""


def _place(span: ReadableSpan, attributes: Mapping[str, object]) -> tuple[str, str]:
    return place(_scope(span), span.kind.value, attributes)
