"""asyncpg: a pool hands out holders; who gets one may still have to connect, which is no waiting."""

from __future__ import annotations

from typing import Any, Final

from wxtrace.capture.pools import Occupancy
from wxtrace.capture.waits.hooks import Hook
from wxtrace.capture.waits.queue import Queue, ends_wait, waits_async


def _holders(pool: Any) -> Any:
    """Return the queue of free holders: a pool takes no weak reference."""
    return pool._queue


def _must_wait(pool: Any) -> bool:
    return pool._queue is not None and not pool._queue.qsize()


def _read(holders: Any) -> Occupancy:
    return Occupancy("asyncpg", holders.maxsize - holders.qsize(), holders.maxsize)


def _waiting(pool: Any) -> int:
    return len(pool._queue._getters)


HOOKS: Final = (
    Hook(
        "asyncpg.pool",
        "Pool",
        "_acquire",
        waits_async(Queue("asyncpg pool", "wait for a connection", _must_wait, _read, _waiting, _holders)),
        ("_queue",),
    ),
    Hook("asyncpg.pool", "PoolConnectionHolder", "acquire", ends_wait),
)
