"""
What contrib's instrumentation of aio-pika leaves undone, done beside it.

- It makes a span of a consumer's callback. That of ``queue.iterator()`` only puts the message aside: its span would
  be over before the app has the message, so it is not made; and ``queue.get()`` has none. Wherever no span stands
  around the work yet, the job is the block of ``async with message.process():``.
- It names a consumer by the exchange, which may feed many queues. Ours is named by its queue.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from opentelemetry.trace import Span

from wxtrace.capture import context as ctx
from wxtrace.capture.carried import TRACEPARENT, read_parent
from wxtrace.capture.job import job
from wxtrace.capture.provider import recorded
from wxtrace.capture.recorder import recorder
from wxtrace.capture.spans import LightSpan
from wxtrace.capture.waits.hooks import Hook, Hooks

_JOB: Final = "_wxtrace_job"
"""The attribute of a processing context that holds its job."""
_UNNAMED: Final = ("amq.", "amq_", "<UNNAMED>")
"""How queues are called that have no name of their own."""


def _spare_iterators(plain: Callable[..., Any]) -> Callable[..., Any]:
    def decorate(self: Any, callback: Any) -> Any:
        from aio_pika.queue import QueueIterator

        is_iterator = isinstance(getattr(callback, "__self__", None), QueueIterator)
        return callback if is_iterator else plain(self, callback)

    return decorate


def _name_queue(plain: Callable[..., Any]) -> Callable[..., Any]:
    def get_span(self: Any, message: Any) -> Any:
        span, queue = plain(self, message), str(self._queue.name)
        if isinstance(span, Span) and not queue.startswith(_UNNAMED):
            span.set_attribute("messaging.destination.name", queue)
            own = recorded(span)
            if isinstance(own, LightSpan):
                own.place("logic", queue)
                own.refresh()
        return span

    return get_span


def _begin_job(plain: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def enter(self: Any) -> Any:
        message = await plain(self)
        if recorder.enabled and _is_elsewhere(told := message.headers or {}):
            place = message.routing_key or message.exchange or "rabbitmq"
            block = job(f"{place} process", told, module=place)
            block.__enter__()
            setattr(self, _JOB, block)
        return message

    return enter


def _end_job(plain: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def leave(self: Any, *raised: Any) -> Any:
        block = self.__dict__.pop(_JOB, None)
        if block is None:
            return await plain(self, *raised)
        try:
            return await plain(self, *raised)
        finally:
            block.__exit__(*raised)

    return leave


def _is_elsewhere(headers: Any) -> bool:
    """Say whether a message says where it comes from, and no span of its trace is the current one."""
    parent = read_parent(str(headers.get(TRACEPARENT, "")))
    here = ctx.current().get(ctx.SPAN_KEY)
    if parent is None or not isinstance(here, Span):
        return parent is not None
    return here.get_span_context().trace_id != parent.get_span_context().trace_id


def deliveries() -> Hooks:
    """Return what mends the instrumentation of aio-pika."""
    decorator = "opentelemetry.instrumentation.aio_pika.callback_decorator", "CallbackDecorator"
    process = "aio_pika.message", "ProcessContext"
    return Hooks(
        (
            Hook(*decorator, "decorate", _spare_iterators),
            Hook(*decorator, "_get_span", _name_queue),
            Hook(*process, "__aenter__", _begin_job, ("__aexit__",)),
            Hook(*process, "__aexit__", _end_job, ("__aenter__",)),
        )
    )
