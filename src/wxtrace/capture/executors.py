"""
The tag goes along into executors.

`asyncio.to_thread` and anyio copy the context into the thread themselves;
`ThreadPoolExecutor.submit`, and with it `loop.run_in_executor`, does not. While
wxtrace records, a task that is submitted for a request gets a copy of its context,
its thread is known as working for that request, and where all threads are taken,
the time until it begins is a span.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import wraps
from threading import get_ident
from typing import Any, Final

from wxtrace.capture.inflight import in_flight
from wxtrace.capture.pools import Occupancy, pools
from wxtrace.capture.recorder import recorder
from wxtrace.capture.waits.queue import Queue, Standing
from wxtrace.tag import Request, current_request

_PENDING: Final = "_wxtrace_pending"
_INTERPRETERS: Final = "concurrent.futures.interpreter"
_MAX_WAITING: Final = 1024
_plain_submit: Final[Any] = ThreadPoolExecutor.submit


def work(standing: Standing | None, request: Request, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """
    Call *fn* in a thread that works for *request*.

    Args:
        standing: The wait that is over now, if there was one.
    """
    if standing is not None:
        standing.over()
    ident, workers = get_ident(), in_flight.workers
    before = workers.get(ident)
    workers[ident] = request
    try:
        return fn(*args, **kwargs)
    finally:  # `in_flight.works_in_thread` written out: a context manager costs five times as much
        if before is None:
            workers.pop(ident, None)
        else:
            workers[ident] = before


@wraps(_plain_submit)
def _submit(self: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    pending = _pending(self) if recorder.enabled else None
    if pending is None:
        return _plain_submit(self, fn, *args, **kwargs)
    request = current_request()
    if request is None:
        future = _plain_submit(self, fn, *args, **kwargs)
    else:
        future = _submit_for(request, self, len(pending), fn, args, kwargs)
    pending.add(future)
    future.add_done_callback(pending.discard)
    return future


def _submit_for(
    request: Request, executor: ThreadPoolExecutor, pending: int, fn: Any, args: Any, kwargs: Any
) -> Future[Any]:
    ahead = pending - executor._max_workers
    standing = Standing(_QUEUE, executor) if 0 <= ahead < _MAX_WAITING else None
    try:
        future: Future[Any] = _plain_submit(
            executor, copy_context().run, work, standing, request, fn, *args, **kwargs
        )
    except BaseException as error:
        if standing is not None:
            standing.over(error)
        raise
    if standing is not None:
        future.add_done_callback(standing.done)
    return future


def _pending(executor: ThreadPoolExecutor) -> set[Future[Any]] | None:
    """
    Return what was submitted to *executor* and is not done; None where it runs jobs in another interpreter.

    Its semaphore of idle threads counts too many before Python 3.12, so it does not tell whether one is idle.
    """
    kept = executor.__dict__
    if _PENDING not in kept:
        elsewhere = any(base.__module__ == _INTERPRETERS for base in type(executor).__mro__)
        kept.setdefault(_PENDING, None if elsewhere else set())
        if not elsewhere:
            pools.see(executor, _read)
    pending: set[Future[Any]] | None = kept[_PENDING]
    return pending


def _read(executor: Any) -> Occupancy:
    name = executor._thread_name_prefix
    return Occupancy(
        f"executor {name}".strip(),
        min(len(executor.__dict__[_PENDING]), executor._max_workers),
        executor._max_workers,
    )


def _waiting(executor: Any) -> int:
    return max(0, len(executor.__dict__[_PENDING]) - int(executor._max_workers))


_QUEUE: Final = Queue("executor", "wait for a thread", lambda executor: False, _read, _waiting)


def carry() -> None:
    """Let executors carry the context of a request from now on."""
    if ThreadPoolExecutor.submit is _plain_submit:
        ThreadPoolExecutor.submit = _submit  # type: ignore[method-assign,assignment]


def restore() -> None:
    """Put back what `carry` replaced; what somebody put over it since then stays."""
    if ThreadPoolExecutor.submit is _submit:
        ThreadPoolExecutor.submit = _plain_submit  # type: ignore[method-assign]
