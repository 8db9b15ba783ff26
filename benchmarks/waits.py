"""
What the hooks of waits cost where nobody has to wait.

    python benchmarks/waits.py [--calls 2000] [--rounds 9]

Each of them is called with and without its hook, in rounds taken in turn, for a request; no server is
needed. CPU of all threads, nanoseconds a call; the least of the rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import anyio
import anyio.to_thread
from httpcore import Request as HttpRequest
from httpcore._async.connection_pool import AsyncPoolRequest
from sqlalchemy.pool import QueuePool

from wxtrace.capture import executors
from wxtrace.capture.waits.libraries import hooks
from wxtrace.tag import Request, bind, unbind
from wxtrace.testing import capture_records

Call = Callable[[], Awaitable[object]]


class Connection:
    """A connection to no database."""

    def rollback(self) -> None:
        """Have nothing to roll back."""

    def close(self) -> None:
        """Have nothing to close."""


def sqlalchemy() -> Call:
    """Take the one connection of a pool, and give it back."""
    pool = QueuePool(Connection, pool_size=1, max_overflow=0)  # type: ignore[arg-type]

    async def call() -> None:
        pool.connect().close()

    return call


def limiter() -> Call:
    """Take a token of anyio, and give it back."""
    tokens = anyio.CapacityLimiter(2)

    async def call() -> None:
        async with tokens:
            pass

    return call


def httpx() -> Call:
    """Ask for the connection that a request has been given already."""
    queued = AsyncPoolRequest(HttpRequest("GET", "http://localhost/"))
    queued.connection = object()  # type: ignore[assignment]

    async def call() -> None:
        await queued.wait_for_connection()

    return call


def to_thread() -> Call:
    """Run a function in a worker thread of anyio."""

    async def call() -> None:
        await anyio.to_thread.run_sync(int)

    return call


def executor() -> Call:
    """Run a function in an executor."""
    threads, loop = ThreadPoolExecutor(2), asyncio.get_running_loop()

    async def call() -> None:
        await loop.run_in_executor(threads, int)

    return call


@contextmanager
def hooked(on: bool) -> Iterator[None]:
    """Place all hooks for a block, if *on*."""
    if on:
        executors.carry()
        hooks.place()
    yield
    hooks.remove()
    executors.restore()


async def measure(make: Callable[[], Call], on: bool, calls: int) -> float:
    """Return what a call costs, in nanoseconds of CPU."""
    with hooked(on):
        call = make()
        for _ in range(calls // 10):
            await call()
        before = time.process_time_ns()
        for _ in range(calls):
            await call()
        return (time.process_time_ns() - before) / calls


async def main() -> None:
    """Read the arguments, measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=2000, help="of each in each round")
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    print("| what | bare, ns | with its hook, ns | added, ns |\n| --- | ---: | ---: | ---: |")
    for make in (sqlalchemy, limiter, httpx, to_thread, executor):
        told: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(arguments.rounds):
            for on, costs in told.items():
                costs.append(await measure(make, on, arguments.calls))
        bare, ours = min(told[False]), min(told[True])
        print(f"| {make.__name__} | {bare:,.0f} | {ours:,.0f} | {ours - bare:+,.0f} |")


if __name__ == "__main__":
    request = Request()
    request.learn("oBenchmark", 1745231475, "7")
    token = bind(request)
    with capture_records():
        asyncio.run(main())
    unbind(token)
