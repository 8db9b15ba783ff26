"""aiomysql: its own pool."""

from __future__ import annotations

from typing import Any, Final

from wxtrace.capture.pools import Occupancy
from wxtrace.capture.waits.hooks import Hook
from wxtrace.capture.waits.queue import Queue, waits_async


def _must_wait(pool: Any) -> bool:
    return not pool._free and bool(pool.maxsize) and pool.size >= pool.maxsize


def _read(pool: Any) -> Occupancy:
    return Occupancy("aiomysql", pool.size - pool.freesize, pool.maxsize or None)


def _waiting(pool: Any) -> int:
    return len(pool._cond._waiters)


HOOKS: Final = (
    Hook(
        "aiomysql.pool",
        "Pool",
        "_acquire",
        waits_async(Queue("aiomysql pool", "wait for a connection", _must_wait, _read, _waiting)),
        ("maxsize", "size", "freesize"),
    ),
)
