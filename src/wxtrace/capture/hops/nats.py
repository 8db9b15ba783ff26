"""
NATS: what is published carries the tag, and a subscription's callback is a job. There is no contrib for it.

Messages of a pull consumer, of ``sub.messages`` and of ``next_msg()`` have no block of their own that one could
stand around: the app says ``with wxtrace.job(message.subject, message.headers or {})`` for those.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from functools import partial
from importlib import import_module
from typing import Any, Final

from opentelemetry.trace import Span

from wxtrace.capture import context as ctx
from wxtrace.capture.carried import BAGGAGE, TRACEPARENT, read_parent, text_of
from wxtrace.capture.job import carry, job
from wxtrace.capture.layers import Block
from wxtrace.capture.shapes import shape_of
from wxtrace.capture.waits.hooks import Hook, Hooks
from wxtrace.tag import current_tag

_CLIENT, _PRODUCER = 2, 3
_PROTOCOL: Final = ("$", "_INBOX.")
"""How subjects begin that are between the client and the server, and of replies."""

_OF_THE_CLIENT: Final = ("nats.aio.", "nats.js.")

_sent: ContextVar[str] = ContextVar("wxtrace_nats_sent", default="")
"""The ``traceparent`` of what is being sent: JetStream sends by the client's own methods."""

_Send = Callable[..., Awaitable[Any]]


def _sends(verb: str, kind: int, place: int) -> Callable[[_Send], _Send]:
    """Return what wraps a method that sends; its headers are the argument after *place* others and the subject."""

    def wrap(plain: _Send) -> _Send:
        async def send(self: Any, subject: str, *told: Any, **more: Any) -> Any:
            by_place = len(told) > place
            headers = told[place] if by_place else more.get("headers")
            if subject.startswith(_PROTOCOL) or _is_sent(headers) or current_tag() is None:
                return await plain(self, subject, *told, **more)
            with Block(shape_of("remote", "nats", f"{subject} {verb}", kind), {"messaging.system": "nats"}):
                carried = carry(headers)
                before = _sent.set(carried.get(TRACEPARENT, ""))
                try:
                    if by_place:
                        return await plain(self, subject, *told[:place], carried, *told[place + 1 :], **more)
                    return await plain(self, subject, *told, **more | {"headers": carried})
                finally:
                    _sent.reset(before)

        return send

    return wrap


def _subscribes(plain: _Send) -> _Send:
    async def subscribe(self: Any, subject: str, queue: str = "", cb: Any = None, *told: Any, **more: Any) -> Any:
        return await plain(self, subject, queue, _as_job(cb) if _is_of_app(cb) else cb, *told, **more)

    return subscribe


def _is_of_app(callback: Any) -> bool:
    """Say whether a callback is the app's or a service's: not the client's own, nor one that it refuses."""
    inner = callback.func if isinstance(callback, partial) else callback
    owner = type(getattr(inner, "__self__", None)).__module__
    return inspect.iscoroutinefunction(inner) and not owner.startswith(_OF_THE_CLIENT)


def _as_job(callback: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
    async def do(message: Any) -> None:
        if not _carries(message.headers):
            return await callback(message)
        with job(message.subject, message.headers):
            return await callback(message)

    return do


def _is_sent(headers: Any) -> bool:
    """Say whether *headers* are on their way: put in by us further out, or of a trace of their own."""
    parent = text_of(headers.get(TRACEPARENT)) if isinstance(headers, Mapping) else ""
    told, here = read_parent(parent), ctx.current().get(ctx.SPAN_KEY)
    if told is None or not isinstance(here, Span):
        return False
    return parent == _sent.get() or told.get_span_context().trace_id != here.get_span_context().trace_id


def _carries(headers: Any) -> bool:
    return bool(headers) and (TRACEPARENT in headers or BAGGAGE in headers)


_CORE: Final = ("nats.aio.client", "Client")
_STREAM: Final = ("nats.js.client", "JetStreamContext")


class NatsInstrumentor:
    """Switches it on and off, as contrib's do."""

    _hooks: Final = Hooks(
        (
            Hook(*_CORE, "publish", _sends("publish", _PRODUCER, 2)),
            Hook(*_CORE, "request", _sends("request", _CLIENT, 3)),
            Hook(*_CORE, "subscribe", _subscribes),
            Hook(*_STREAM, "publish", _sends("publish", _PRODUCER, 3)),
            Hook(*_STREAM, "publish_async", _sends("publish", _PRODUCER, 3)),
        )
    )

    @property
    def is_instrumented_by_opentelemetry(self) -> bool:
        """Whether it is on."""
        return bool(self._hooks.placed)

    def instrument(self, **options: Any) -> None:
        """Switch it on."""
        import_module(_STREAM[0])
        self._hooks.place()

    def uninstrument(self) -> None:
        """Switch it off."""
        self._hooks.remove()

    def _check_dependency_conflicts(self) -> None:
        """Refuse no version: a client that is built otherwise is left alone."""
