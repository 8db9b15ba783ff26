"""
SQLAlchemy: `QueuePool`, and `AsyncAdaptedQueuePool`, which inherits from it.

Its `_do_get` either waits, or makes a connection: while it waits, nothing else.
"""

from __future__ import annotations

from typing import Any, Final

from wxtrace.capture.pools import Occupancy
from wxtrace.capture.waits.hooks import Hook
from wxtrace.capture.waits.queue import Queue, waits


def _must_wait(pool: Any) -> bool:
    return bool(pool._overflow >= pool._max_overflow > -1) and not _idle(pool)


def _idle(pool: Any) -> int:
    """Return how many connections lie ready; without the lock of the queue, which has one where threads use it."""
    queue = pool._pool
    ready = getattr(queue, "queue", None)
    return int(queue.qsize()) if ready is None else len(ready)


def _read(pool: Any) -> Occupancy:
    size, most = pool._pool.maxsize, pool._max_overflow
    out = size - _idle(pool) + pool._overflow
    return Occupancy(_name(pool), out, None if most < 0 else size + most)


def _name(pool: Any) -> str:
    named = getattr(pool, "_orig_logging_name", None) or getattr(getattr(pool, "_dialect", None), "name", "")
    return f"sqlalchemy {named}".strip()


def _waiting(pool: Any) -> int:
    queue = pool._pool
    if hasattr(queue, "not_empty"):
        return len(queue.not_empty._waiters)
    return len(queue._queue._getters)


HOOKS: Final = (
    Hook(
        "sqlalchemy.pool.impl",
        "QueuePool",
        "_do_get",
        waits(Queue("sqlalchemy pool", "wait for a connection", _must_wait, _read, _waiting)),
    ),
)
