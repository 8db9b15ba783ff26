"""
redis: the asyncio `BlockingConnectionPool`.

Who gets a connection may still have to connect, which is no waiting. The plain
`ConnectionPool` never waits: exhausted, it raises.
"""

from __future__ import annotations

from typing import Any, Final

from wxtrace.capture.pools import Occupancy
from wxtrace.capture.waits.hooks import Hook
from wxtrace.capture.waits.queue import Queue, ends_wait, sees, waits_async

_MODULE: Final = "redis.asyncio.connection"


def _must_wait(pool: Any) -> bool:
    return not pool.can_get_connection()


def _read(pool: Any) -> Occupancy:
    return Occupancy("redis", len(pool._in_use_connections), pool.max_connections)


def _waiting(pool: Any) -> int:
    return len(pool._condition._waiters)


_POOLS: Final = Queue("redis pool", "wait for a connection", _must_wait, _read, _waiting)

HOOKS: Final = (
    Hook(_MODULE, "BlockingConnectionPool", "get_connection", waits_async(_POOLS), ("can_get_connection",)),
    Hook(_MODULE, "ConnectionPool", "ensure_connection", ends_wait),
    Hook(_MODULE, "ConnectionPool", "get_connection", sees(_POOLS)),
)
