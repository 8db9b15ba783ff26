"""Ways in which a coroutine hangs, and loops to let it hang in."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from types import coroutine
from typing import Any

import pytest

uvloop = pytest.importorskip("uvloop")

LOOPS = [
    pytest.param(asyncio.new_event_loop, id="asyncio"),
    pytest.param(uvloop.new_event_loop, id="uvloop"),
]


def run(main: Awaitable[Any], new_loop: Callable[[], Any] = asyncio.new_event_loop) -> Any:
    """Run *main* in a loop of its kind; what still hangs then is cancelled."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(main)


async def settle() -> None:
    """Let every task run until it has to wait."""
    for _ in range(10):
        await asyncio.sleep(0)


class Hang:
    """
    What never comes, and the ways to wait for it.

    `lock` is held by nobody who would release it, `gate` keeps threads waiting until the test is over.
    """

    def __init__(self) -> None:
        self.lock, self.gate = asyncio.Lock(), threading.Event()

    async def __aenter__(self) -> Hang:
        """Take the lock."""
        await self.lock.acquire()
        return self

    async def __aexit__(self, *error: object) -> None:
        """Let the threads go."""
        self.gate.set()

    async def locked(self) -> None:
        """Wait for the lock."""
        async with self.lock:
            pass

    async def sleeping(self) -> None:
        """Sleep."""
        await asyncio.sleep(3600)

    async def iterating(self) -> None:
        """Wait inside an asynchronous generator."""
        async for _ in self._rows():
            pass

    async def _rows(self) -> AsyncIterator[int]:
        await self.locked()
        yield 1

    async def entering(self) -> None:
        """Wait on the way into an asynchronous context."""
        async with self._connection():
            pass

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[None]:
        await self.locked()
        yield

    async def old_style(self) -> None:
        """Wait below a generator that is a coroutine."""
        await self._yielding()

    @coroutine
    def _yielding(self) -> Any:
        yield from self._deeper().__await__()

    async def _deeper(self) -> None:
        await self.locked()

    async def gathering(self) -> None:
        """Wait for two at once."""
        await asyncio.gather(self.locked(), self.sleeping())

    async def grouping(self) -> None:
        """Wait for a group of tasks."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.locked())
            group.create_task(self.sleeping())

    async def timing(self) -> None:
        """Wait, but not for ever."""
        await asyncio.wait_for(self.locked(), 3600)

    async def timing_a_queue(self) -> None:
        """Wait for a queue, but not for ever."""
        await asyncio.wait_for(asyncio.Queue().get(), 3600)

    async def shielding(self) -> None:
        """Wait for what must not be cancelled."""
        await asyncio.shield(self.locked())

    async def waiting(self) -> None:
        """Wait for the first of two."""
        await asyncio.wait([asyncio.create_task(self.locked()), asyncio.create_task(self.sleeping())])

    async def awaiting(self) -> None:
        """Wait for another task."""
        await asyncio.create_task(self.locked(), name="other")

    async def threading(self) -> None:
        """Wait for a thread."""
        await asyncio.to_thread(self.gate.wait)

    async def executing(self) -> None:
        """Wait for an executor."""
        await asyncio.get_running_loop().run_in_executor(None, self.gate.wait)

    async def queueing(self) -> None:
        """Wait for a queue."""
        await asyncio.Queue().get()

    async def reading(self) -> None:
        """Wait for a stream."""
        await asyncio.StreamReader().readline()

    async def expecting(self) -> None:
        """Wait for a bare future."""
        await asyncio.get_running_loop().create_future()
