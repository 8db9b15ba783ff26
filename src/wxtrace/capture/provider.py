"""
Whose spans are recorded: our light provider's, or those of the SDK that the app has set up.

It is decided when the app has started up, or at the first request, not at import: an app may
set its provider in `post_fork` or in its lifespan, and must not be refused.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace
from opentelemetry.context.context import Context
from opentelemetry.trace import Span, SpanKind, Tracer

from wxtrace.capture import context as ctx
from wxtrace.capture import served
from wxtrace.capture.carried import Carried
from wxtrace.capture.foreign import DroppedSpan
from wxtrace.capture.joined import Joined
from wxtrace.capture.recorder import recorder
from wxtrace.capture.shapes import Shape
from wxtrace.capture.spans import LightSpan
from wxtrace.row import CARRIED
from wxtrace.tag import Request, bound_request, look_by

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

_SERVER: Final = SpanKind.SERVER.value
_KINDS: Final = tuple(SpanKind)


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
            from wxtrace.capture.light import LightProvider

            provider = trace.get_tracer_provider()
            if isinstance(provider, trace.ProxyTracerProvider):
                trace.set_tracer_provider(LightProvider())
            elif hasattr(provider, "add_span_processor") and not isinstance(provider, LightProvider):
                self._join(provider)
            self.decided = True

    def _join(self, provider: Any) -> None:
        from wxtrace.capture.sdk import OUR_SCOPE, RecordingProcessor
        from wxtrace.capture.sdk_tracer import joining

        def resource() -> object:
            """Return the resource of its spans and tracers, which is another one after a fork."""
            return getattr(provider, "resource", None)

        processor = RecordingProcessor(resource)
        provider.add_span_processor(processor)
        self.mirror_of, self.announce = processor.mirror_of, processor.announce
        self.has_heard = processor.has_heard
        self.sdk = provider.get_tracer(OUR_SCOPE)
        joining.place(resource)

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
        parent = parent_in(here, request)
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
    own = recorded(span)
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


def server_span() -> Span | None:
    """Return the current span if it is a server span that somebody has made for this request."""
    span = ctx.current().get(ctx.SPAN_KEY)
    is_server = getattr(span, "kind", None) is SpanKind.SERVER
    return span if isinstance(span, Span) and is_server and span.is_recording() else None


def parent_in(here: Context, request: Request | None) -> object:
    """Return the span that a new one goes under: the current one, or what stands for it once the reply is out."""
    parent = here.get(ctx.SPAN_KEY)
    return parent if request is None or request.stand_in is None else request.stand_in(parent)


def is_access(span: object) -> bool:
    """Say whether *span* is a light server span that runs."""
    return isinstance(span, LightSpan) and span.shape.kind == _SERVER and not span.end_ns
