"""Giving way: an event loop that wakes up while we work must not wait for the GIL until we are done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import perf_counter_ns, sleep
from typing import Final, TypeVar

_WORK_NS: Final = 500_000
_BREATH_SECONDS: Final = 0.0001
_ITEMS: Final = 32
T = TypeVar("T")


class Breath:
    """
    Pauses for a moment, where half a millisecond of work has been done since the last pause.

    Python lets a thread go on for 5 ms while another one waits for its turn, and an event loop
    has to wait for its turn several times a round: it is told by a pause that the turn is its own.
    """

    __slots__ = ("_since_ns",)

    def __init__(self) -> None:
        self._since_ns = perf_counter_ns()

    def take(self) -> None:
        """Pause if it is time to."""
        if perf_counter_ns() - self._since_ns > _WORK_NS:
            sleep(_BREATH_SECONDS)
            self._since_ns = perf_counter_ns()

    def over(self, items: Iterable[T]) -> Iterator[T]:
        """Yield *items*, with pauses."""
        for number, item in enumerate(items):
            if not number % _ITEMS:
                self.take()
            yield item


breath: Final = Breath()
"""The pauses of the watchdog's thread."""
