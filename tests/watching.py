"""A watchdog whose ticks a test makes, and requests that do not come back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from serving import QUERY, TEXT, body_messages, exchange, scope

from wxtrace import AccessMiddleware
from wxtrace.capture.inflight import in_flight
from wxtrace.testing import Captured
from wxtrace.watch.scene import Scene
from wxtrace.watch.watchdog import Watchdog

MARKS_NS = (3_500_000_000, 4_500_000_000)


@contextmanager
def ticked(captured: Captured, **options: Any) -> Iterator[Watchdog]:
    """A watchdog by the test's clock, with no thread of its own: `tick` is all that it does."""
    clock = captured.clock.monotonic_ns
    in_flight.watch(lambda: None)
    try:
        yield Watchdog(options.pop("marks_ns", MARKS_NS), clock=clock, scene=Scene(clock), **options)
    finally:
        in_flight.watch(None)


def snapshots(captured: Captured) -> list[dict[str, Any]]:
    """Return what the snapshots say, in the order in which they were written."""
    return [dict(log.attributes) for log in captured.logs if log.event == "wxtrace.snapshot"]


async def beginning(handler: Callable[[], Awaitable[Any]], **changes: Any) -> asyncio.Task[Any]:
    """Let a push come in that *handler* works for, and return the task that serves it."""

    async def app(request: Any, receive: Any, send: Any) -> None:
        """Handle it, then reply."""
        await handler()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"success"})

    push = scope(changes.pop("query", QUERY), **changes)
    task = asyncio.create_task(exchange(AccessMiddleware(app), push, body_messages([TEXT])))
    for _ in range(5):
        await asyncio.sleep(0)
    return task


async def ending(*tasks: asyncio.Task[Any]) -> None:
    """Let the clients hang up."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def query(number: int) -> bytes:
    """Return the query of a push of its own."""
    return f"signature=0a1b&timestamp=1745231475&nonce={number}&openid=o{number:027d}".encode()
