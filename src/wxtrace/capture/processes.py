"""
The tag goes along into the processes of a pool, and no process of a pool keeps it.

A worker that is forked while a request is served would have its tag for life, and do the jobs of others under it.
So pools fork in an empty context, and a job that is submitted for a request carries its tag.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from functools import wraps
from typing import Any, Final, TypeVar

from wxtrace.capture import context as ctx
from wxtrace.capture.job import carry, remote_in
from wxtrace.capture.recorder import recorder
from wxtrace.capture.waits.hooks import Hook
from wxtrace.tag import bind, current_request, unbind

T = TypeVar("T")


def work(headers: dict[str, str], fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    """Call *fn* in a process of a pool, for the request that *headers* tell of."""
    remote = remote_in(headers)
    if not recorder.enabled or remote.carried is None:
        return fn(*args, **kwargs)
    recorder.has_tagged = True
    bound, here = bind(remote.carried.hold()), ctx.current()
    attached = ctx.attach(here if remote.parent is None else ctx.with_span(here, remote.parent))
    try:
        return fn(*args, **kwargs)
    finally:
        ctx.detach(attached)
        unbind(bound)


def _submitting(plain: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(plain)
    def submit(self: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        if not recorder.enabled or current_request() is None:
            return plain(self, fn, *args, **kwargs)
        headers = carry(deadline=True)
        if not headers:
            return Context().run(plain, self, fn, *args, **kwargs)
        return Context().run(plain, self, work, headers, fn, *args, **kwargs)

    return submit


def _forking(plain: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(plain)
    def fork(self: Any, *args: Any, **kwargs: Any) -> Any:
        return Context().run(plain, self, *args, **kwargs)

    return fork


HOOKS: Final = (
    Hook("concurrent.futures.process", "ProcessPoolExecutor", "submit", _submitting, library="multiprocessing"),
    Hook("multiprocessing.pool", "Pool", "_repopulate_pool", _forking, library="multiprocessing"),
)
"""The pools of processes that are known."""
