"""
What a tracer of the app's SDK does otherwise while we have joined it.

A span processor only hears of spans. Two things it cannot do: see to it that a request has one server span, where
our middleware has begun it and an instrumentation inside begins a second; and keep what a sampler drops of a push.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import Tracer
from opentelemetry.trace import Span, SpanKind

from wxtrace.capture import context as ctx
from wxtrace.capture.joined import Joined, has_told
from wxtrace.capture.light import DroppedTracer
from wxtrace.capture.place import SERVERS, library_of
from wxtrace.capture.provider import request_of
from wxtrace.capture.recorder import recorder
from wxtrace.capture.sdk import OUR_SCOPE, Mirror, ids_of
from wxtrace.tag import bound_request


class Joining:
    """Stands before `Tracer.start_span`, for the tracers of one provider: those that have its resource."""

    def __init__(self) -> None:
        self._plain: Callable[..., Span] | None = None
        self._resource_of: Callable[[], object] = lambda: None

    def place(self, resource_of: Callable[[], object]) -> None:
        """Stand before the tracers of the provider whose resource *resource_of* returns."""
        self.remove()
        self._resource_of, self._plain = resource_of, Tracer.start_span
        plain, joining = self._plain, self

        def start_span(
            tracer: Tracer,
            name: str,
            context: Context | None = None,
            kind: SpanKind = SpanKind.INTERNAL,
            attributes: Any = None,
            *more: Any,
            **options: Any,
        ) -> Span:
            """Begin a span, or join the one server span; what the sampler drops of a push is a light one."""
            scope = tracer._instrumentation_scope.name
            if tracer.resource is not joining._resource_of() or scope == OUR_SCOPE or not recorder.enabled:
                return plain(tracer, name, context, kind, attributes, *more, **options)
            here = ctx.current() if context is None else context
            if (one := _one(library_of(scope), kind, here)) is not None:
                span = here.get(ctx.SPAN_KEY) if _is(one, here) else one.mirrored
                joined = JoinedInside(one, span, attributes)
                joined.update_name(name)
                return joined
            span = plain(tracer, name, context, kind, attributes, *more, **options)
            return span if span.is_recording() else _dropped(span, scope, here, name, kind, attributes)

        Tracer.start_span = start_span  # type: ignore[assignment]

    def remove(self) -> None:
        """Put the tracers' own method back."""
        if self._plain is not None:
            Tracer.start_span = self._plain  # type: ignore[method-assign]
            self._plain = None


class JoinedInside(Joined):
    """
    The same on an SDK: who joins from inside and our middleware end the span together, the later of them.

    What the other one tells after the reply (FastAPI: that the app raised) so reaches the SDK's exporters.
    """

    def __init__(self, access: Mirror, span: Any, attributes: Any) -> None:
        super().__init__(span, attributes)
        self._access = access
        access.is_joined = True

    def end(self, end_time: int | None = None) -> None:
        """End it, if the reply is out."""
        self._access.is_left = True
        if self._access.is_replied and self.one.is_recording():
            self.one.end(end_time)

    def record_exception(self, exception: BaseException, *told: Any, **more: Any) -> None:
        """Record an exception, once: a wrapper around the span (Logfire's) may hand it on twice."""
        if not has_told(self.one, exception):
            super().record_exception(exception, *told, **more)


def _one(library: str, kind: SpanKind, here: Context) -> Mirror | None:
    """Return the mirror of the server span that our middleware has begun, where this is it once more."""
    if kind is not SpanKind.SERVER and library not in SERVERS:
        return None
    request = bound_request()
    access = None if request is None else request.access
    if not isinstance(access, Mirror) or access.end_ns or not access.is_ours:
        return None
    return access if kind is SpanKind.SERVER or (_is(access, here) and not access.is_joined) else None


def _is(access: Mirror, here: Context) -> bool:
    """Say whether *access* mirrors the current span, which may be wrapped: Logfire's are."""
    span = here.get(ctx.SPAN_KEY)
    return isinstance(span, Span) and span.get_span_context().span_id == ids_of(access.mirrored).span_id


def _dropped(span: Span, scope: str, here: Context, name: str, kind: SpanKind, attributes: Any) -> Span:
    if not span.get_span_context().is_valid or request_of(here, kind, attributes) is None:
        return span
    return DroppedTracer(scope).start_span(name, here, kind, attributes)


joining: Final = Joining()
"""What stands before the tracers of the SDK that we have joined."""
