"""The app has an OpenTelemetry SDK: every span of it is mirrored by a light one, which records it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from wxtrace.capture.place import LAYER, MODULE, place
from wxtrace.capture.recorder import recorder
from wxtrace.capture.spans import LightSpan, Shape
from wxtrace.tag import Request, current_request

_OURS: Final = (LAYER, MODULE)
_NO_ID: Final = bytes(8)


class Mirror(LightSpan):
    """A light span with the ids and the start of an SDK's."""

    __slots__ = ()

    def __init__(self, span: Span, shape: Shape, request: Request | None) -> None:
        super().__init__(shape, None, request)
        context, parent = span.get_span_context(), span.parent
        self.trace_id = context.trace_id.to_bytes(16, "big")
        self.span_id = context.span_id.to_bytes(8, "big")
        self.parent_id = parent.span_id.to_bytes(8, "big") if parent is not None else _NO_ID
        self.start_ns = span.start_time or self.start_ns
        self.refresh()


class RecordingProcessor(SpanProcessor):
    """Records an SDK's spans: the start when it starts, the rest when it ends."""

    def __init__(self) -> None:
        self.mirrors: dict[int, LightSpan] = {}

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Show that *span* has begun."""
        if not recorder.enabled:
            return
        attributes = dict(span.attributes or {})
        shape = Shape(*_place(span, attributes), span.name, span.kind.value)
        mirror = Mirror(span, shape, current_request())
        mirror.attributes = {key: value for key, value in attributes.items() if key not in _OURS}
        self.mirrors[span.get_span_context().span_id] = mirror

    def on_end(self, span: ReadableSpan) -> None:
        """Record *span*."""
        mirror = self.mirrors.pop(span.context.span_id, None) if span.context else None
        if mirror is None:
            return
        attributes = dict(span.attributes or {})
        if mirror.shape.module != "asgi":
            mirror.place(*_place(span, attributes))
        if span.name != mirror.shape.name:
            mirror.update_name(span.name)
        mirror.attributes = {key: value for key, value in attributes.items() if key not in _OURS}
        mirror.set_status(span.status)
        for event in span.events:
            mirror.add_event(event.name, event.attributes, event.timestamp)
        mirror.end(span.end_time)

    def mirror_of(self, span: object) -> LightSpan | None:
        """Return the light span that mirrors *span*."""
        context = getattr(span, "context", None)
        return self.mirrors.get(context.span_id) if context is not None else None

    def shutdown(self) -> None:
        """Do nothing: what has ended is on disk."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Do nothing: what has ended is on disk."""
        return True


def _place(span: ReadableSpan, attributes: Mapping[str, object]) -> tuple[str, str]:
    scope = span.instrumentation_scope
    return place(scope.name if scope is not None else "", span.kind.value, attributes)
