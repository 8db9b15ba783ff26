"""
Victim and culprit: the event loops that requests are in flight on, watched from outside.

While a request older than 100 ms is in flight on a loop, it is asked ten times a second to say when it runs
(`call_soon_threadsafe`): nothing of the loop is patched, and nothing is made for a callback of the app. A loop
that has not answered by the next tick is blocked; its thread is looked at then, until it answers.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from wxtrace.capture.inflight import Flight
from wxtrace.capture.spans import LightSpan
from wxtrace.tag import Request
from wxtrace.watch.loop import Loop, WatchedLoop
from wxtrace.watch.pulse import Clock


class LoopWatch:
    """
    Watches the loops that requests are in flight on.

    All of it is called by the watchdog's thread.

    Args:
        clock: The monotonic clock, in nanoseconds.
    """

    def __init__(self, clock: Clock = time.monotonic_ns) -> None:
        self._clock = clock
        self._loops: dict[int, WatchedLoop] = {}
        self._rested_ns = 0

    def tick(self, flights: Iterable[Flight], now_ns: int, rested_ns: int | None = None) -> None:
        """
        Look at every loop that a request is in flight on.

        Args:
            flights: The requests in flight, in the order of their arrival.
            now_ns: When it is, by the monotonic clock.
            rested_ns: When the watchdog began to wait for this tick; by default when the last one was over.

        Raises:
            Exception: A loop or a task of the app's own making did; all the others have been looked at.
        """
        rested_ns = self._rested_ns if rested_ns is None else rested_ns
        by_loop = self._sorted(flights)
        failures = []
        for key, watched in list(self._loops.items()):
            try:
                watched.tick(by_loop.get(key, ()), now_ns, rested_ns)
            except Exception as error:  # of the app's own making: the others are watched
                watched.lasting = None
                failures.append(error)
            if key not in by_loop and watched.lasting is None:
                del self._loops[key]
        self._rested_ns = self._clock()
        if failures:
            raise failures[0]

    def _sorted(self, flights: Iterable[Flight]) -> dict[int, list[LightSpan]]:
        """Return the access spans of *flights* by the loop that they are on, and watch those that are new."""
        by_loop: dict[int, list[LightSpan]] = {}
        for flight in flights:
            loop, access = flight.loop, flight.access
            if loop is None or not isinstance(access, LightSpan):
                continue
            on_it = by_loop.get(id(loop))
            if on_it is None:
                on_it = by_loop[id(loop)] = []
                self._meet(loop, flight.thread)
            on_it.append(access)
        return by_loop

    def _meet(self, loop: Loop, thread: int) -> None:
        watched = self._loops.get(id(loop))
        if watched is None or watched.loop is not loop or watched.thread != thread:
            self._loops[id(loop)] = WatchedLoop(loop, thread, self._clock)

    def lag(self, loop: Loop) -> int:
        """Return how long *loop* took to answer, or has not answered, in nanoseconds; 0 if it was not asked."""
        watched = self._loops.get(id(loop))
        return 0 if watched is None else watched.lag_ns

    def blocked(self, loop: Loop) -> int:
        """Return for how long *loop* has not run, in nanoseconds; 0 while it runs."""
        watched = self._loops.get(id(loop))
        return 0 if watched is None else watched.blocked_ns

    def told(self, loop: Loop | None, asking: Request | None = None) -> dict[str, Any]:
        """
        Return what a snapshot says of *loop*, as JSON has it.

        Args:
            asking: The request of which it is the snapshot.
        """
        watched = None if loop is None else self._loops.get(id(loop))
        if watched is None:
            return {"lag_ns": 0, "blocked_ns": 0, "culprit": None}
        culprit = None if watched.lasting is None else watched.lasting.culprit.document(asking)
        return {"lag_ns": watched.lag_ns, "blocked_ns": watched.blocked_ns, "culprit": culprit}

    def close(self, now_ns: int) -> None:
        """Record what lasts, as over by now: the process is told to stop."""
        for watched in self._loops.values():
            watched.finish(now_ns)
        self._loops.clear()

    def forget(self) -> None:
        """Forget all of it, in a forked child: the loops, and what is to be written of them, are the parent's."""
        self._loops.clear()
