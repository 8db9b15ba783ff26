"""What a request shares with all others of its process: CPU, thread tokens, pools."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

_LOOKS: Final = 10
_LIMITER: Final = "_default_thread_limiter"


class Cpu:
    """
    How busy this process is.

    Args:
        clock: Nanoseconds, monotonic.
        spent: Nanoseconds of CPU that the process has used.
    """

    def __init__(
        self, clock: Callable[[], int] = time.monotonic_ns, spent: Callable[[], int] = time.process_time_ns
    ) -> None:
        self._clock, self._spent = clock, spent
        self._looks: deque[tuple[int, int]] = deque(maxlen=_LOOKS)

    def look(self) -> None:
        """Take the time, and the CPU used until now."""
        self._looks.append((self._clock(), self._spent()))

    def percent(self) -> float | None:
        """Return the CPU used since the oldest look kept, in percent of one core; None after one look."""
        if len(self._looks) < 2 or self._looks[0][0] == self._looks[-1][0]:
            return None
        (since, before), (now, spent) = self._looks[0], self._looks[-1]
        return round(100 * (spent - before) / (now - since), 1)


def load() -> float | None:
    """Return the load average of the last minute."""
    try:
        return round(os.getloadavg()[0], 2)
    except (OSError, AttributeError):
        return None


def anyio_tokens(loop: object) -> list[int] | None:
    """Return how many of anyio's thread tokens are taken in *loop*, and how many there are; None: it has none."""
    lowlevel = sys.modules.get("anyio.lowlevel")
    kept: Any = getattr(lowlevel, "_run_vars", None)
    try:
        values = dict(kept.get(loop) or {})
    except (AttributeError, TypeError):
        return None
    for variable, limiter in values.items():
        if getattr(variable, "_name", variable) == _LIMITER:
            return (
                [limiter.borrowed_tokens, int(limiter.total_tokens)]
                if limiter.total_tokens != float("inf")
                else None
            )
    return None
