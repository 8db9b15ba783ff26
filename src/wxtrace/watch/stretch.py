"""A time in which an event loop does not run, while it lasts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from wxtrace.capture.spans import LightSpan
from wxtrace.watch.culprit import Culprit
from wxtrace.watch.holder import Holder
from wxtrace.watch.look import Look
from wxtrace.watch.victims import Stretch, Waits

SHORTEST_NS: Final = 100_000_000
"""No shorter stretch is written, in nanoseconds."""
SHOWN_NS: Final = 1_000_000_000
"""A stretch that lasts longer is shown while it lasts, in nanoseconds."""


class Lasting:
    """
    A stretch that lasts. Times are those of the monotonic clock, in nanoseconds.

    `looked_ns` is when it was last seen to last.

    Args:
        start_ns: When the loop was last known to run.
        known_ns: The first moment at which it is known not to.
        flights: The access spans of the requests in flight on it, in the order of their arrival.
    """

    __slots__ = ("_bound_ns", "_holder", "_waits", "looked_ns", "start_ns")

    def __init__(self, start_ns: int, known_ns: int, flights: Sequence[LightSpan]) -> None:
        self.start_ns = self.looked_ns = start_ns
        self._bound_ns = max(known_ns - start_ns, 0)
        self._holder = Holder()
        self._waits = Waits(flights)

    @property
    def culprit(self) -> Culprit:
        """What holds the loop, as far as is known by now."""
        return self._holder.told()

    def may_be(self, seen: Look | None) -> bool:
        """Say whether nothing that was seen is against its being the same stretch still."""
        return seen is None or self._holder.may_hold(seen)

    def see(self, seen: Look | None, now_ns: int, flights: Sequence[LightSpan]) -> None:
        """
        Note what is seen now; what lasts long is shown.

        Args:
            now_ns: When it is.
            flights: Those in flight now: who arrived meanwhile waits too.
        """
        if seen is not None:
            self._holder.see(seen, now_ns - self.looked_ns)
        self.looked_ns = now_ns
        self._waits.join(flights)
        if now_ns - self.start_ns >= SHOWN_NS and self.culprit.looks and not self._waits.is_shown:
            self._waits.show(self._until(now_ns))

    def finish(self, end_ns: int) -> None:
        """Write it down, as over at *end_ns*."""
        if end_ns - self.start_ns >= SHORTEST_NS:
            self._waits.write(self._until(end_ns))

    def _until(self, end_ns: int) -> Stretch:
        return Stretch(self.start_ns, end_ns, self._bound_ns, self.culprit)
