"""What a loop is asked to call, to show that it runs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Final

from wxtrace.watch.look import depth_of

Clock = Callable[[], int]

LATE_NS: Final = 100_000_000
"""A beat that comes so late was held up, in nanoseconds."""
_BEAT_NS: Final = 80_000_000


class Pulse:
    """
    What a loop is asked to call when it runs. It knows no loop, so that it keeps none alive.

    Asked, the loop answers at once, and beats once more a little later: where a call has silenced the watchdog
    as well as the loop, the beat comes late, whoever runs first afterwards.

    `answered_ns` is when it last answered; `base` how many frames of its thread are the loop's own, 0 before that.
    """

    __slots__ = ("_beat", "_clock", "_due_ns", "_missed", "answer", "answered_ns", "base")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.answered_ns = self.base = self._due_ns = 0
        self._missed: tuple[int, int, int] | None = None
        self.answer, self._beat = self._note_answer, self._note_beat

    def take_missed(self) -> tuple[int, int, int] | None:
        """Return when the loop last ran before a beat that came late, when that was due, and when it came; once."""
        missed, self._missed = self._missed, None
        return missed

    def _note_answer(self) -> None:
        self.answered_ns = self._clock()
        if not self.base:
            self.base = depth_of(sys._getframe(1))
        loop = asyncio._get_running_loop()
        if not self._due_ns and loop is not None:
            self._due_ns = self.answered_ns + _BEAT_NS
            loop.call_later(_BEAT_NS / 10**9, self._beat)

    def _note_beat(self) -> None:
        now_ns, due_ns, self._due_ns = self._clock(), self._due_ns, 0
        if now_ns - due_ns >= LATE_NS:
            self._missed = due_ns - _BEAT_NS, due_ns, now_ns
