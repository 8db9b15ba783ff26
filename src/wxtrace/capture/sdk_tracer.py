"""
What a tracer of the app's SDK does otherwise while we have joined it.

A span processor only hears of spans. Two things it cannot do: see to it that a request has one server span, where
our middleware has begun it and an instrumentation inside begins a second; and keep what a sampler drops of a push.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Tracer
from opentelemetry.trace import Span, SpanKind

from wxtrace.capture import context as ctx
from wxtrace.capture.joined import Joined
from wxtrace.capture.place import SERVERS, library_of
from wxtrace.capture.provider import DroppedTracer, request_of
from wxtrace.capture.recorder import recorder
from wxtrace.capture.sdk import OUR_SCOPE, Mirror
from wxtrace.tag import bound_request


class Joining:
    """Stands before `Tracer.start_span`, for the tracers of one provider: of those that have its *resource*."""

    def __init__(self) -> None:
        self._plain: Callable[..., Span] | None = None
        self._resource: Resource | None = None

    def place(self, resource: Resource | None) -> None:
        """Stand before the tracers of the provider of *resource*."""
        self.remove()
        self._resource, self._plain = resource, Tracer.start_span
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
            if tracer.resource is not joining._resource or scope == OUR_SCOPE or not recorder.enabled:
                return plain(tracer, name, context, kind, attributes, *more, **options)
            here = ctx.current() if context is None else context
            if (one := _one(library_of(scope), kind, here)) is not None:
                one.update_name(name)
                return Joined(one, attributes)
            span = plain(tracer, name, context, kind, attributes, *more, **options)
            return span if span.is_recording() else _dropped(span, scope, here, name, kind, attributes)

        Tracer.start_span = start_span  # type: ignore[assignment]

    def remove(self) -> None:
        """Put the tracers' own method back."""
        if self._plain is not None:
            Tracer.start_span = self._plain  # type: ignore[method-assign]
            self._plain = None


def _one(library: str, kind: SpanKind, here: Context) -> Any:
    """Return the SDK's server span that our middleware has begun for this request, where this is it once more."""
    if kind is not SpanKind.SERVER and library not in SERVERS:
        return None
    request = bound_request()
    access = None if request is None else request.access
    if not isinstance(access, Mirror) or access.end_ns or not access.is_ours:
        return None
    if kind is not SpanKind.SERVER and (here.get(ctx.SPAN_KEY) is not access.mirrored or access.is_joined):
        return None
    access.is_joined = True
    return access.mirrored


def _dropped(span: Span, scope: str, here: Context, name: str, kind: SpanKind, attributes: Any) -> Span:
    if not span.get_span_context().is_valid or request_of(here, kind, attributes) is None:
        return span
    return DroppedTracer(scope).start_span(name, here, kind, attributes)


joining: Final = Joining()
"""What stands before the tracers of the SDK that we have joined."""
