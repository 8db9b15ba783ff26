"""
The requests in flight: from their arrival to their last reply byte.

The hot path is a dict store and a dict pop. Whoever wants to know more (the
watchdog) looks from outside, ten times a second at most.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any, Final, NamedTuple

from wxtrace.capture.queued import queued_ns
from wxtrace.tag import Request

Headers = Iterable[tuple[bytes, bytes]]
Task = asyncio.Task[Any]
Loop = asyncio.AbstractEventLoop


class Flight(NamedTuple):
    """
    A request in flight.

    `access` is what records its access span; `thread` the one that it arrived in. `loop` and `task` are None
    where it runs in a thread.
    """

    request: Request
    access: object
    thread: int
    loop: Loop | None
    task: Task | None
    headers: Headers

    @property
    def queued_ns(self) -> int:
        """How long it had waited in front of the app, as a proxy's header proves, in nanoseconds; else 0."""
        request = self.request
        if request.queued_ns is None:
            request.queued_ns = queued_ns(self.headers, request.arrived_ns + request.clock)
        return request.queued_ns

    def age_ns(self, now_ns: int) -> int:
        """Return how long it has been on its way at *now_ns* of the monotonic clock, the queue included."""
        return now_ns - self.request.arrived_ns + self.queued_ns


_flight: Final[Callable[[type[Flight], tuple[Any, ...]], Flight]] = tuple.__new__
"""Make a flight, in a third of the time that `Flight` itself takes."""
_task_of: Final[Callable[[Any], Task | None]] = (
    asyncio.current_task if sys.version_info >= (3, 12) else vars(asyncio.tasks)["_current_tasks"].get
)


class InFlight:
    """
    All requests in flight in this process.

    Nothing is kept until somebody watches.
    """

    __slots__ = ("_flights", "_is_idle", "_loops", "_wake", "workers")

    def __init__(self) -> None:
        self._flights: dict[Request, Flight] = {}
        self._loops: dict[int, Loop] = {}
        self._wake: Callable[[], None] | None = None
        self._is_idle = True
        self.workers: dict[int, Request] = {}
        """The request that a thread works for, by the thread's ident: what `works_in_thread` fills."""

    def watch(self, wake: Callable[[], None] | None) -> None:
        """Call *wake* when a request comes in after `rest`; None: keep nothing any more."""
        self._wake = wake
        self.forget()

    def arrived(self, request: Request, headers: Headers = ()) -> None:
        """
        Note a request that this task, or this thread if it runs no loop, serves from now on.

        Args:
            request: Its holder; its `access` records the access span.
            headers: Names in lower case, as ASGI has them; looked at by nobody before it is old.
        """
        if self._wake is None:
            return
        ident = get_ident()
        loop = self._loops.get(ident)
        task = None if loop is None else _task_of(loop)
        if task is None:
            loop, task = self._here(ident)
        self._flights[request] = _flight(Flight, (request, request.access, ident, loop, task, headers))
        if self._is_idle:
            self._is_idle = False
            self._wake()

    def _here(self, ident: int) -> tuple[Loop | None, Task | None]:
        """Look up which loop runs in this thread; asking costs a system call, so it is kept until all is quiet."""
        loop = asyncio._get_running_loop()
        if loop is None:
            return None, None
        self._loops[ident] = loop
        return loop, asyncio.current_task(loop)

    def left(self, request: Request) -> None:
        """Forget a request: its last reply byte is out, or there will be none."""
        self._flights.pop(request, None)

    @contextmanager
    def works_in_thread(self, request: Request | None) -> Iterator[None]:
        """Note for the length of a block that this thread works for *request*; None: for none."""
        ident = get_ident()
        before = self.workers.get(ident)
        self._works(ident, request)
        try:
            yield
        finally:
            self._works(ident, before)

    def _works(self, ident: int, request: Request | None) -> None:
        if request is None:
            self.workers.pop(ident, None)
        else:
            self.workers[ident] = request

    def threads_of(self, request: Request) -> list[int]:
        """Return the idents of the threads that work for *request* now."""
        return [ident for ident, worked_for in self.workers.copy().items() if worked_for is request]

    def flight_of(self, request: Request) -> Flight | None:
        """Return the flight of *request*; None where it is not in flight, or nobody watches."""
        return self._flights.get(request)

    def __iter__(self) -> Iterator[Flight]:
        """Yield what is in flight now, in the order of arrival; from any thread."""
        return iter(self._flights.copy().values())

    def __len__(self) -> int:
        """Return how many are in flight."""
        return len(self._flights)

    def __contains__(self, request: Request) -> bool:
        """Say whether *request* is in flight."""
        return request in self._flights

    def rest(self) -> bool:
        """Say whether nothing is in flight; the next arrival then wakes who watches."""
        self._is_idle = True
        if self._flights:
            self._is_idle = False
            return False
        self._loops.clear()
        return True

    def tidy(self) -> None:
        """Let go of loops that are closed."""
        for ident, loop in self._loops.copy().items():
            if loop.is_closed():
                self._loops.pop(ident, None)

    def forget(self) -> None:
        """Forget all of it: in a forked child they are the parent's."""
        self._flights, self._loops, self.workers = {}, {}, {}
        self._is_idle = True


in_flight: Final = InFlight()
"""The requests in flight of this process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=in_flight.forget)
