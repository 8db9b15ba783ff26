"""anyio: its limiters, above all the tokens for worker threads (40 by default), and whose work a thread does."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from wxtrace.capture.executors import work
from wxtrace.capture.pools import Occupancy
from wxtrace.capture.recorder import recorder
from wxtrace.capture.shapes import Shape
from wxtrace.capture.waits.hooks import Hook
from wxtrace.capture.waits.queue import WAIT, Queue, waits_async
from wxtrace.tag import current_request

_BACKEND: Final = "anyio._backends._asyncio"
_OTHER: Final = Shape(WAIT, "limiter", "wait for a token")


class Limiters(Queue):
    """anyio's limiters: the one for threads, and others, which the app may have for anything."""

    __slots__ = ()

    def shape_of(self, pool: object) -> Shape:
        """Return the shape of a wait at a limiter."""
        return self.shape if _is_for_threads(pool) else _OTHER


def _is_for_threads(limiter: object) -> bool:
    """Say whether *limiter* is the one of the loop's worker threads; asked for in that loop."""
    return sys.modules["anyio.to_thread"].current_default_thread_limiter() is limiter


def _read(limiter: Any) -> Occupancy:
    total = limiter.total_tokens
    return Occupancy("anyio", limiter.borrowed_tokens, None if math.isinf(total) else total)


def _must_wait(limiter: Any) -> bool:
    return bool(limiter.available_tokens <= 0)


def _waiting(limiter: Any) -> int:
    return int(limiter.statistics().tasks_waiting)


def _notes_worker(plain: classmethod[Any, Any, Any]) -> classmethod[Any, Any, Any]:
    """Note whose work it is that runs in a worker thread."""
    bare: Callable[..., Any] = plain.__func__

    @wraps(bare)
    def run(cls: Any, func: Any, args: Any, *more: Any, **kwargs: Any) -> Any:
        request = current_request()
        if request is not None and recorder.enabled:
            func, args = work, (None, request, func, *args)
        return bare(cls, func, args, *more, **kwargs)

    return classmethod(run)


_LIMITERS: Final = Limiters("threads", "wait for a thread", _must_wait, _read, _waiting, keeps=False)

HOOKS: Final = (
    Hook(
        _BACKEND,
        "CapacityLimiter",
        "acquire_on_behalf_of",
        waits_async(_LIMITERS),
        ("available_tokens", "borrowed_tokens", "total_tokens", "statistics"),
        library="anyio",
    ),
    Hook(_BACKEND, "AsyncIOBackend", "run_sync_in_worker_thread", _notes_worker, library="anyio"),
)
