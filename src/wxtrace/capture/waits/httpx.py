"""
httpx: the pools of httpcore beneath it, asynchronous and not.

A request that was given a connection does not wait for one; opening it is no waiting.
"""

from __future__ import annotations

from typing import Any, Final

from wxtrace.capture.pools import Occupancy, pools
from wxtrace.capture.waits.hooks import Hook
from wxtrace.capture.waits.queue import Queue, sees, waits, waits_async

_ASYNC, _SYNC = "httpcore._async.connection_pool", "httpcore._sync.connection_pool"


def _must_wait(queued: Any) -> bool:
    return queued.connection is None


def _pool_of(queued: Any) -> Any:
    """Return the pool in which a request stands in line."""
    for pool in pools.alive():
        if queued in getattr(pool, "_requests", ()):
            return pool
    return None


def _read(pool: Any) -> Occupancy:
    most = pool._max_connections
    in_use = sum(not connection.is_idle() for connection in pool.connections)
    return Occupancy("httpx", in_use, None if most > 1 << 30 else most)


def _waiting(queued: Any) -> int:
    return sum(other.connection is None for other in list(_pool_of(queued)._requests)) - 1


_POOLS: Final = Queue("httpx pool", "wait for a connection", lambda pool: False, _read)
_QUEUED: Final = Queue(
    "httpx pool", "wait for a connection", _must_wait, _read, _waiting, anchor=_pool_of, keeps=False
)

HOOKS: Final = (
    Hook(_ASYNC, "AsyncConnectionPool", "handle_async_request", sees(_POOLS), ("connections",), library="httpx"),
    Hook(_ASYNC, "AsyncPoolRequest", "wait_for_connection", waits_async(_QUEUED), library="httpx"),
    Hook(_SYNC, "ConnectionPool", "handle_request", sees(_POOLS), ("connections",), library="httpx"),
    Hook(_SYNC, "PoolRequest", "wait_for_connection", waits(_QUEUED), library="httpx"),
)
