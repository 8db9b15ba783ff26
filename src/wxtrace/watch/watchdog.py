"""
The watchdog: a thread that looks at the requests in flight, ten times a second.

One that has come to a mark gets a snapshot, while it is in flight. Where nothing
is in flight it sleeps. It holds no lock as it looks, and raises nothing into the app.
"""

from __future__ import annotations

import logging
import os
import threading
from bisect import bisect_right
from collections.abc import Callable, Sequence
from time import monotonic_ns
from typing import Final

from wxtrace.capture.inflight import Flight, in_flight
from wxtrace.capture.recorder import recorder
from wxtrace.tag import Request
from wxtrace.watch.breath import breath
from wxtrace.watch.scene import Scene
from wxtrace.watch.snapshot import Moment, packed_snapshot

MARKS_SECONDS: Final = (3.5, 4.5)
"""The ages at which a request is looked at: in time for WeChat's five seconds."""
MAX_MARK_SECONDS: Final = 86_400
"""No mark is later."""
TICK_SECONDS: Final = 0.1
MAX_SNAPSHOTS: Final = 32
"""Snapshots a tick; the others wait for the next one."""
_MAX_WRITING_NS: Final = 50_000_000
_QUIET_TICKS: Final = 10
_log = logging.getLogger("wxtrace")


class Watchdog:
    """
    Looks at the requests in flight.

    Args:
        marks_ns: Ages in nanoseconds, ascending.
        untagged: Look at requests too that have no tag.
        clock: Nanoseconds of the monotonic clock.
        scene: What looks at all that the requests share.
        wait: Waits for an event, so many seconds at most.
    """

    def __init__(
        self,
        marks_ns: Sequence[int],
        *,
        untagged: bool = False,
        clock: Callable[[], int] = monotonic_ns,
        scene: Scene,
        wait: Callable[[threading.Event, float | None], object] = threading.Event.wait,
    ) -> None:
        self.marks_ns, self.untagged, self.clock, self._wait = tuple(marks_ns), untagged, clock, wait
        self.scene = scene
        self.on_tick: list[Callable[[Sequence[Flight], int], None]] = []
        """Called at each tick with what is in flight, oldest first, and the monotonic time in nanoseconds."""
        self.on_wake: list[Callable[[], None]] = []
        """Called with the first arrival after a rest, in the thread of that request."""
        self.on_rest: list[Callable[[], None]] = []
        """Called when nothing is in flight, and no tick is to follow."""
        self._passed: dict[Request, int] = {}
        self._has_complained = False
        self._reset()

    def _reset(self) -> None:
        self._turn = threading.Lock()
        self._event = threading.Event()
        self._thread: threading.Thread | None = None
        self._stopped = False

    # ------------------------------------------------------------ its life

    def start(self) -> None:
        """Watch from now on; the thread begins with the first request in flight."""
        global _watching
        _watching = self
        in_flight.watch(self.wake)

    def stop(self) -> None:
        """End the thread, and forget what is in flight."""
        global _watching
        _watching = None
        in_flight.watch(None)
        self._stopped = True
        self._event.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(1.0)
        self._guarded(self.scene.close)

    def wake(self) -> None:
        """Tell it that something is in flight."""
        if not self._turn.acquire(blocking=False):  # another thread is telling it
            return
        try:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="wxtrace-watchdog", daemon=True)
                self._thread.start()
            else:
                self._event.set()
            for hear in self.on_wake:
                hear()
        except Exception as error:  # no further thread can be had
            self._complain(error)
        finally:
            self._turn.release()

    def forked(self) -> None:
        """In the child: the thread is the parent's, and so is what it had seen."""
        self._reset()
        self._passed = {}
        self._guarded(self.scene.forget)

    def _run(self) -> None:
        event, quiet = self._event, 0
        while not self._stopped:
            if quiet >= _QUIET_TICKS:
                for hear in self.on_rest:
                    self._guarded(hear)
                if in_flight.rest():
                    quiet = 0
                    self._wait(event, None)
                    event.clear()
            rested_ns = self.clock()
            self._wait(event, TICK_SECONDS)
            event.clear()
            if self._stopped:
                return
            self._guarded(self.tick, rested_ns)
            quiet = 0 if len(in_flight) else quiet + 1

    def _guarded(self, step: Callable[..., object], *args: object) -> None:
        """Take a step; what it raises is told once, and the next one is taken all the same."""
        try:
            step(*args)
        except Exception as error:
            self._complain(error)

    def _complain(self, error: Exception) -> None:
        if not self._has_complained:
            self._has_complained = True
            _log.warning("wxtrace: the watchdog missed something: %s: %s", type(error).__name__, error)

    # ------------------------------------------------------------ a tick

    def tick(self, rested_ns: int | None = None) -> int:
        """
        Look at all that is in flight, and write the snapshots that are due; return how many.

        Args:
            rested_ns: When it began to wait for this tick, by the monotonic clock.
        """
        in_flight.tidy()
        now_ns, flights = self.clock(), list(in_flight)
        self._guarded(self.scene.tick, flights, now_ns, rested_ns)
        for hear in self.on_tick:
            self._guarded(hear, flights, now_ns)
        self._passed = {request: passed for request, passed in self._passed.items() if request in in_flight}
        chosen, count = self._due(flights, now_ns)
        return self._take(chosen, now_ns, len(flights), count - len(chosen)) if chosen else 0

    def _due(self, flights: Sequence[Flight], now_ns: int) -> tuple[list[Flight], int]:
        """
        Return who gets a snapshot now, those first that nobody has looked at, and how many are past a mark.

        Nothing is made for each of them: what a thousand of them leave behind sets off the garbage collector.
        """
        fresh: list[Flight] = []
        known: list[Flight] = []
        for flight in breath.over(flights if self.marks_ns else ()):
            before = self._passed.get(flight.request, 0)
            if (self.untagged or flight.request.is_named) and self._marks_passed(flight, now_ns) > before:
                (known if before else fresh).append(flight)
        return (fresh + known)[:MAX_SNAPSHOTS], len(fresh) + len(known)

    def _marks_passed(self, flight: Flight, now_ns: int) -> int:
        return bisect_right(self.marks_ns, flight.age_ns(now_ns))

    def _take(self, chosen: list[Flight], now_ns: int, in_all: int, put_off: int) -> int:
        moment, taken = self.scene.moment(chosen, now_ns, in_all, put_off), 0
        until_ns = self.clock() + _MAX_WRITING_NS
        for flight in chosen:
            if taken and self.clock() > until_ns:
                break
            if flight.request in in_flight:
                self._passed[flight.request] = passed = self._marks_passed(flight, now_ns)
                self._guarded(self._write, flight, self.marks_ns[passed - 1], moment)
                taken += 1
                breath.take()
        return taken

    def _write(self, flight: Flight, mark_ns: int, moment: Moment) -> None:
        record = packed_snapshot(flight, mark_ns, moment)
        if flight.request in in_flight:
            recorder.opened().append(record)


_watching: Watchdog | None = None


def _forked() -> None:
    if _watching is not None:
        _watching.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
