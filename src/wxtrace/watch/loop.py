"""One event loop, watched from outside: when it is known to have run, and the stretch in which it does not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from wxtrace.capture.spans import LightSpan
from wxtrace.watch.look import look
from wxtrace.watch.pulse import Clock, Pulse
from wxtrace.watch.stretch import SHORTEST_NS, Lasting
from wxtrace.watch.victims import arrived_ns, left_ns

Loop = asyncio.AbstractEventLoop

TICK_NS: Final = 100_000_000
"""How often a loop is asked, in nanoseconds."""
OLD_NS: Final = 100_000_000
"""A loop is asked while a request of this age is in flight on it, in nanoseconds."""
_SOON_NS: Final = TICK_NS // 2
_LATE_NS: Final = 3 * TICK_NS


class WatchedLoop:
    """
    A loop that requests are in flight on.

    `lag_ns` is how long it took to answer when it was last asked, or has taken so far.

    Args:
        loop: The loop; held until nothing is in flight on it.
        thread: The ident of its thread.
        clock: The monotonic clock, in nanoseconds.
    """

    __slots__ = (
        "_asked_ns",
        "_flights",
        "_now_ns",
        "_over_ns",
        "_pulse",
        "_ran_ns",
        "lag_ns",
        "lasting",
        "loop",
        "thread",
    )

    def __init__(self, loop: Loop, thread: int, clock: Clock) -> None:
        self.loop, self.thread, self._pulse = loop, thread, Pulse(clock)
        self._asked_ns = self._ran_ns = self._over_ns = self._now_ns = 0
        self._flights: Sequence[LightSpan] = ()
        self.lasting: Lasting | None = None
        self.lag_ns = 0

    @property
    def blocked_ns(self) -> int:
        """For how long it has not run, at the last tick; 0 if it ran."""
        return 0 if self.lasting is None else self._now_ns - self.lasting.start_ns

    def tick(self, flights: Sequence[LightSpan], now_ns: int, rested_ns: int) -> None:
        """
        Look whether the loop has answered, and ask it again.

        Args:
            flights: The access spans of the requests in flight on it, in the order of their arrival.
            now_ns: When it is.
            rested_ns: When the watchdog began to wait for this tick.
        """
        before, self._flights, self._now_ns = self._flights, flights, now_ns
        if not self.loop.is_running():
            self._stopped()
        elif self._asked_ns > self._pulse.answered_ns:
            self._wait()
        else:
            self._hear(before)
            if flights and now_ns - arrived_ns(flights[0]) >= OLD_NS:
                self._ran_ns = self._last_run(before)
                self._suspect(max(rested_ns, arrived_ns(flights[0])))
                self._ask()

    def _ask(self) -> None:
        self._asked_ns = self._now_ns
        try:
            self.loop.call_soon_threadsafe(self._pulse.answer)
        except RuntimeError:  # it was closed meanwhile
            self._stopped()

    def _wait(self) -> None:
        """It has not answered: look what holds it; what another one holds by now is another stretch."""
        self.lag_ns = self._now_ns - self._asked_ns
        if self.lag_ns < _SOON_NS:
            return
        seen = look(self.loop, self.thread, self._pulse.base)
        if self.lasting is None:
            self.lasting = Lasting(self._ran_ns, self._asked_ns, self._flights)
        elif not self.lasting.may_be(seen):
            start_ns = self.lasting.looked_ns
            self.finish(start_ns)
            self.lasting = Lasting(start_ns, self._now_ns, self._flights)
        self.lasting.see(seen, self._now_ns, self._flights)

    def _hear(self, before: Sequence[LightSpan]) -> None:
        """It has answered: a stretch was over then, one that nobody looked into among them."""
        missed = self._pulse.take_missed()
        if not self._asked_ns:
            return
        self.lag_ns = self._pulse.answered_ns - self._asked_ns
        if self.lasting is not None:
            self.finish(self._pulse.answered_ns)
        elif self.lag_ns >= SHORTEST_NS:
            self._unseen(self._ran_ns, self._asked_ns, self._pulse.answered_ns, before)
        elif missed is not None:
            self._unseen(*missed, before)
        self._ran_ns, self._asked_ns = self._pulse.answered_ns, 0

    def _unseen(self, start_ns: int, known_ns: int, end_ns: int, before: Sequence[LightSpan]) -> None:
        self.lasting = Lasting(max(start_ns, self._over_ns), known_ns, before)
        self.finish(end_ns)

    def _suspect(self, heard_ns: int) -> None:
        """
        Take it for blocked where this tick came late, and the loop is in the middle of something.

        A call of C that does not give the interpreter away silences the watchdog too; when it returns, the
        watchdog is the first to run, and sees the line that has called. `heard_ns` is when it last ran itself.
        """
        if self._now_ns - heard_ns < _LATE_NS:
            return
        seen = look(self.loop, self.thread, self._pulse.base)
        start_ns = max(heard_ns, self._ran_ns)
        if seen is not None and self._now_ns - start_ns >= SHORTEST_NS:
            self.lasting = Lasting(start_ns, heard_ns + TICK_NS, self._flights)
            self.lasting.see(seen, self._now_ns, self._flights)

    def _last_run(self, before: Sequence[LightSpan]) -> int:
        """Return when the loop is last known to have run: it answered, or a request arrived or left."""
        arrived = arrived_ns(self._flights[-1]) if self._flights else 0
        left = max((ns for ns in map(left_ns, before) if ns <= self._now_ns), default=0)
        return max(self._ran_ns, self._over_ns, arrived, left)

    def _stopped(self) -> None:
        """It runs no longer: what lasted did so when it was last looked at."""
        if self.lasting is not None:
            self.finish(self.lasting.looked_ns)
        self._asked_ns = self._pulse.base = self.lag_ns = 0

    def finish(self, end_ns: int) -> None:
        """Write down the stretch that lasts, if one does, as over at *end_ns*."""
        lasting, self.lasting = self.lasting, None
        if lasting is not None:
            self._over_ns = end_ns
            lasting.finish(end_ns)
