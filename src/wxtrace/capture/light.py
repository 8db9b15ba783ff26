"""
The provider that stands in OpenTelemetry's global slot where the app has set none, and its tracers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from opentelemetry.context.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanKind, Tracer, TracerProvider, use_span

from wxtrace.capture import context as ctx
from wxtrace.capture import cover, served
from wxtrace.capture.foreign import DroppedForeignSpan, ForeignSpan
from wxtrace.capture.joined import Joined
from wxtrace.capture.place import SERVERS, library_of, place
from wxtrace.capture.provider import is_access, parent_in, request_of
from wxtrace.capture.shapes import shape_of
from wxtrace.capture.spans import LightSpan
from wxtrace.capture.stable import name_of
from wxtrace.tag import Request


class LightTracer(Tracer):
    """
    A tracer of light spans.

    Args:
        scope: The name of the library that asked for it.
        told: What else it said of itself: its version, the URL of a schema, attributes.
    """

    _begun: type[ForeignSpan] = ForeignSpan

    def __init__(self, scope: str, *told: Any) -> None:
        self.scope, self.told = scope, told
        library = library_of(scope)
        self._is_server = library in SERVERS
        self._is_orm, self._is_driver = cover.is_orm(library), cover.is_driver(library)

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, Any] | None = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> Span:
        """Begin a span; a second server span of the request that we serve joins the one there is."""
        here = ctx.current() if context is None else context
        request = request_of(here, kind, attributes)
        parent = parent_in(here, request)
        if (one := self._one(kind, parent, request)) is not None:
            return Joined(one, attributes)
        if self._is_driver and (query := cover.covering()) is not None:
            return NonRecordingSpan(query.get_span_context())
        kept = dict(attributes) if attributes else None
        layer, module = place(self.scope, kind.value, kept)
        shape = shape_of(layer, module, name_of(name, layer, kept), kind.value)
        span = self._begun(self, shape, parent, request, kept, start_time)
        if kind is SpanKind.SERVER and request is not None and request.access is None:
            served.begin(span, request)
        if self._is_orm:
            cover.cover(span)
        if links:
            span.tell().links.extend(links)
        return span

    def _one(self, kind: SpanKind, parent: object, request: Request | None) -> LightSpan | None:
        """Return the server span that there is for this request already, where this one is it once more."""
        if kind is SpanKind.SERVER:
            one = parent if is_access(parent) or request is None else request.access
            return one if is_access(one) and isinstance(one, LightSpan) else None
        if self._is_server and type(parent) is LightSpan and is_access(parent) and not parent.tell().is_joined:
            parent.tell().is_joined = True
            return parent
        return None

    @contextmanager
    def start_as_current_span(  # type: ignore[override]  # the API's own wrapper is private
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, Any] | None = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
        end_on_exit: bool = True,
    ) -> Iterator[Span]:
        """Begin a span and make it the current one for a block."""
        span = self.start_span(name, context, kind, attributes, links, start_time)
        with use_span(span, end_on_exit, record_exception, set_status_on_exception):
            yield span


class DroppedTracer(LightTracer):
    """A tracer of what the app's SDK drops of a push."""

    _begun = DroppedForeignSpan


class LightProvider(TracerProvider):
    """The provider that stands in OpenTelemetry's global slot where the app has set none."""

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> Tracer:
        """Return a tracer of light spans."""
        return LightTracer(instrumenting_module_name, instrumenting_library_version, schema_url, attributes)

    def add_span_processor(self, span_processor: Any) -> None:
        """Hand every span to an SDK span processor too, off the request's path."""
        from wxtrace.capture.processors import feeder

        feeder.add(span_processor)

    @property
    def resource(self) -> Any:
        """The SDK's default resource."""
        from opentelemetry.sdk.resources import Resource

        return Resource.create()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the processors; our own records are on disk already."""
        from wxtrace.capture.processors import feeder

        return feeder.force_flush(timeout_millis)

    def shutdown(self) -> None:
        """Shut the processors down."""
        from wxtrace.capture.processors import feeder

        feeder.shutdown()
