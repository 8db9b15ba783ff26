"""Light spans that others name: instrumentations; and those that the app's SDK has dropped."""

from __future__ import annotations

from typing import Any, Final, Protocol

from opentelemetry.trace import SpanContext, TraceFlags

from wxtrace.capture import served
from wxtrace.capture.more import told_ns
from wxtrace.capture.place import place
from wxtrace.capture.shapes import Shape
from wxtrace.capture.spans import LightSpan
from wxtrace.capture.stable import QUERY, name_of, query_shown, stable
from wxtrace.tag import Request

_NOT_SAMPLED: Final = TraceFlags(TraceFlags.DEFAULT)


class Named(Protocol):
    """A tracer: the name of its library, and what else that told: as `InstrumentationScope` takes them."""

    scope: str
    told: tuple[Any, ...]


class ForeignSpan(LightSpan):
    """A light span that an instrumentation names: its place is known for sure when it ends."""

    __slots__ = ("tracer",)

    def __init__(
        self,
        tracer: Named,
        shape: Shape,
        parent: object,
        request: Request | None,
        attributes: dict[str, Any] | None,
        start_ns: int | None,
    ) -> None:
        self.tracer = tracer
        super().__init__(shape, parent, request, attributes)
        if told := told_ns(start_ns):
            self.start_ns = told
            self.refresh()

    def set_attribute(self, key: str, value: Any) -> None:
        """Keep one attribute; a query is shown as soon as it is known: it may never come back."""
        super().set_attribute(key, value)
        if key in QUERY and self._slot is not None and not self.end_ns:
            self._show_query(self.attributes or {})

    def _show_query(self, told: dict[str, Any]) -> None:
        shown = query_shown(told)
        if shown:
            self.place(*place(self.tracer.scope, self.shape.kind, told))
            self._show(shown)

    def refresh(self) -> None:
        """Show what was learned, without what is not kept."""
        told = self.attributes
        self.attributes = stable(told) if told else told
        super().refresh()
        self.attributes = told

    def end(self, end_time: int | None = None) -> None:
        """Find its place by all its attributes, and record it."""
        if not self.end_ns:
            if served.is_access(self):
                self.attributes = served.ended(self, self.attributes or {})
            else:
                self._end_placed()
        super().end(end_time)

    def _end_placed(self) -> None:
        told = self.attributes
        self.place(*place(self.tracer.scope, self.shape.kind, told))
        name = name_of(self.shape.name, self.shape.layer, told)
        if name != self.shape.name:
            self.update_name(name)
        if told:
            self.attributes = stable(told)


class DroppedSpan(LightSpan):
    """A light span that the SDK's sampler has dropped: it says so, so that what is below is dropped too."""

    __slots__ = ()

    def get_span_context(self) -> SpanContext:
        """Return the ids, as those of a span that is not sampled."""
        return _not_sampled(super().get_span_context())


class DroppedForeignSpan(ForeignSpan):
    """The same of a span that an instrumentation names."""

    __slots__ = ()

    def get_span_context(self) -> SpanContext:
        """Return the ids, as those of a span that is not sampled."""
        return _not_sampled(super().get_span_context())


def _not_sampled(context: SpanContext) -> SpanContext:
    return SpanContext(context.trace_id, context.span_id, is_remote=False, trace_flags=_NOT_SAMPLED)
