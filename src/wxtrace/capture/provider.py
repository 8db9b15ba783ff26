"""
Whose spans are recorded: our light provider's, or those of the SDK that the app has set up.

It is decided when the app has started up, or at the first request, not at import: an app may
set its provider in `post_fork` or in its lifespan, and must not be refused.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace
from opentelemetry.context.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanKind, Tracer, TracerProvider, use_span

from wxtrace.capture import context as ctx
from wxtrace.capture import cover, served
from wxtrace.capture.carried import Carried
from wxtrace.capture.foreign import DroppedForeignSpan, DroppedSpan, ForeignSpan
from wxtrace.capture.joined import Joined
from wxtrace.capture.place import SERVERS, library_of, place
from wxtrace.capture.recorder import recorder
from wxtrace.capture.shapes import Shape, shape_of
from wxtrace.capture.spans import LightSpan
from wxtrace.capture.stable import name_of
from wxtrace.row import CARRIED
from wxtrace.tag import Request, bound_request, look_by

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

_SERVER: Final = SpanKind.SERVER.value
_KINDS: Final = tuple(SpanKind)


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
        parent = _parent(here, request)
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
            one = parent if _is_access(parent) or request is None else request.access
            return one if _is_access(one) and isinstance(one, LightSpan) else None
        if self._is_server and type(parent) is LightSpan and _is_access(parent) and not parent.tell().is_joined:
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


class Origin:
    """How this process begins its own spans: light ones, or through the app's SDK."""

    def __init__(self) -> None:
        self.decided = False
        self.sdk: Tracer | None = None
        self.mirror_of: Callable[[object], LightSpan | None] = lambda span: None
        self.announce: Callable[[Shape], None] = lambda shape: None
        self.has_heard: Callable[[ReadableSpan], bool] = lambda span: False
        self._turn = threading.Lock()

    def decide(self) -> None:
        """Look at OpenTelemetry's global slot, once: join the SDK there, or put the light provider into it."""
        with self._turn:
            if self.decided:
                return
            provider = trace.get_tracer_provider()
            if isinstance(provider, trace.ProxyTracerProvider):
                trace.set_tracer_provider(LightProvider())
            elif hasattr(provider, "add_span_processor") and not isinstance(provider, LightProvider):
                from wxtrace.capture.sdk import OUR_SCOPE, RecordingProcessor
                from wxtrace.capture.sdk_tracer import joining

                resource = getattr(provider, "resource", None)
                processor = RecordingProcessor(resource)
                provider.add_span_processor(processor)
                self.mirror_of, self.announce = processor.mirror_of, processor.announce
                self.has_heard = processor.has_heard
                self.sdk = provider.get_tracer(OUR_SCOPE)
                joining.place(resource)
            self.decided = True

    def begin(self, shape: Shape, attributes: dict[str, Any] | None = None, under: Span | None = None) -> Span:
        """
        Begin a span of ours under the current one; where the SDK drops it, a light one is made all the same.

        Args:
            shape: Layer, module, name and kind.
            attributes: Kept, not copied.
            under: The span of another process that it goes under instead.
        """
        if not self.decided:
            self.decide()
        here = ctx.current()
        if under is not None:
            here = ctx.with_span(here, under)
        request = request_in(here)
        parent = _parent(here, request)
        if self.sdk is not None:
            if parent is not here.get(ctx.SPAN_KEY):
                here = ctx.with_span(here, parent)
            self.announce(shape)
            span = self.sdk.start_span(shape.name, here, _KINDS[shape.kind], attributes)
            if span.is_recording():
                return span
            return DroppedSpan(shape, parent, request, attributes)
        return LightSpan(shape, parent, request, attributes)


origin: Final = Origin()
"""How this process begins its own spans."""


def recorded(span: object) -> object:
    """Return the light span that records *span*: itself, the one it has joined, or an SDK's mirror."""
    if isinstance(span, LightSpan):
        return span
    return recorded(span.one) if isinstance(span, Joined) else origin.mirror_of(span) or span


def holder_of(span: object) -> Request | None:
    """Return the holder of the request that *span* works for, None if it works for none."""
    if span is None:
        return None
    own = span if isinstance(span, LightSpan) else recorded(span)
    return own.request if isinstance(own, LightSpan) else None


def request_in(here: Context) -> Request | None:
    """
    Return the holder that what is done in *here* works for.

    That of the current span comes before the one that is bound: a consumer of messages works for the push that each
    is about, also where it was started in the request of another.
    """
    span = here.get(ctx.SPAN_KEY)
    if type(span) is LightSpan and span.request is not None:
        return span.request
    return holder_of(span) or bound_request()


def request_of(here: Context, kind: SpanKind, attributes: Mapping[str, Any] | None = None) -> Request | None:
    """
    Return the holder that a span of *kind* begun in *here* works for.

    A server's, where our middleware is not in the app, is that of the push which its *attributes* tell of. A
    consumer's may be what came along with the message. What came with an HTTP request anybody may have written:
    `AccessMiddleware` says whether it is believed.
    """
    if kind is SpanKind.CONSUMER:
        carried = here.get(CARRIED)
        if isinstance(carried, Carried) and holder_of(here.get(ctx.SPAN_KEY)) is None:
            recorder.has_tagged = True
            return carried.hold()
    request = request_in(here)
    return served.push_in(attributes) if request is None and kind is SpanKind.SERVER and attributes else request


look_by(lambda: request_in(ctx.current()))


def parent_for(request: Request) -> object:
    """Return the span that what *request* hands on goes under; None where there is none."""
    return _parent(ctx.current(), request)


def server_span() -> Span | None:
    """Return the current span if it is a server span that somebody has made for this request."""
    span = ctx.current().get(ctx.SPAN_KEY)
    is_server = getattr(span, "kind", None) is SpanKind.SERVER
    return span if isinstance(span, Span) and is_server and span.is_recording() else None


def _parent(here: Context, request: Request | None) -> object:
    """Return the span that a new one goes under: the current one, or what stands for it once the reply is out."""
    parent = here.get(ctx.SPAN_KEY)
    return parent if request is None or request.stand_in is None else request.stand_in(parent)


def _is_access(span: object) -> bool:
    return isinstance(span, LightSpan) and span.shape.kind == _SERVER and not span.end_ns
