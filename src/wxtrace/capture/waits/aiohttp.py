"""aiohttp: its connectors call one method to wait, and only then."""

from __future__ import annotations

from typing import Any, Final

from wxtrace.capture.pools import Occupancy
from wxtrace.capture.waits.hooks import Hook
from wxtrace.capture.waits.queue import Queue, sees, waits_async


def _read(connector: Any) -> Occupancy:
    return Occupancy("aiohttp", len(connector._acquired), connector.limit or None)


def _waiting(connector: Any) -> int:
    return sum(map(len, tuple(connector._waiters.values())))


_POOLS: Final = Queue("aiohttp pool", "wait for a connection", lambda connector: True, _read, _waiting)

HOOKS: Final = (
    Hook("aiohttp.connector", "BaseConnector", "_wait_for_available_connection", waits_async(_POOLS)),
    Hook("aiohttp.connector", "BaseConnector", "connect", sees(_POOLS), ("limit",)),
)
