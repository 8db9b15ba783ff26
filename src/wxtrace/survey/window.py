"""
The vocabulary of a window: which attempts failed, of which pushes, and whether WeChat's count agrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wxtrace.explain.kinds import UNCOUNTED
from wxtrace.explain.outcome import ARRIVED_LATE
from wxtrace.rebuild.arrival import Arrival

if TYPE_CHECKING:
    import pandas as pd

    from wxtrace.scan.evidence import Evidence

WECHAT_TO_ACCESS: Final = "WeChat→access"
"""Stands for a module where the time went before the access layer."""

AGREES, FEWER, MORE = "agrees", "fewer", "more"
"""How the count of these records stands to the alarm's 次数."""


@dataclass(frozen=True, slots=True)
class Failure:
    """
    An attempt that WeChat would have counted.

    `outcome` is one of `wxtrace.explain.outcome`, or `ARRIVED_LATE`; `case` is that of its verdict.
    `layer` and `module` name what held it up on its critical path, and `detail` the statement or
    call of it, or why the reply is refused.
    """

    arrival: Arrival
    outcome: str
    case: str
    layer: str | None
    module: str | None
    detail: str | None

    @property
    def took_ns(self) -> int:
        """From its arrival to its end; for what arrived too late from its stamp, as far as clocks tell."""
        arrival = self.arrival
        delay_ns = arrival.arrival_delay_ns or 0 if ARRIVED_LATE in (self.outcome, self.case) else 0
        return max(0, delay_ns) + arrival.duration_ns


@dataclass(frozen=True, slots=True)
class Victim:
    """
    A push of which at least one attempt failed in the window.

    `failures` are its failed attempts, the earliest first; `attempts` is how many of it came in
    the window, and `answered` whether any, then or up to half a minute later, was answered in time.
    """

    failures: tuple[Failure, ...]
    attempts: int
    answered: bool

    @property
    def worst(self) -> Failure:
        """The failed attempt that took longest, the first of equals: it stands for the push."""
        return max(self.failures, key=lambda one: one.took_ns)


@dataclass(frozen=True, slots=True)
class Came:
    """
    What came in the window in all: pushes and attempts, how many of each were answered, how many attempts are open.

    `elsewhere` counts the attempts that the alarm is not about: of another account or another kind.
    """

    pushes: int
    attempts: int
    answered_pushes: int
    answered_attempts: int
    open_attempts: int
    elsewhere: int


@dataclass(frozen=True, slots=True, repr=False)
class Window:
    """
    A window of time, and every push of it that WeChat would have counted as failed.

    Args:
        first_ns: When it begins, nanoseconds since the epoch.
        last_ns: When it ends.
        kind: The alarm's kind; None where there is no alarm.
        expected: The alarm's 次数: failed attempts, as WeChat counted them.
        victims: The pushes, by their first failed attempt.
        came: What came in all.
        bounds: How many failed attempts WeChat must have counted, if it saw what was recorded here, and how
            many it can have counted.
        unclear: Attempts that were answered, but perhaps too late when they came: it may be the host's
            clock, or when they were tried again. They are not among the victims.
        evidence: Who was recording.
    """

    first_ns: int
    last_ns: int
    kind: str | None
    expected: int | None
    victims: tuple[Victim, ...]
    came: Came
    bounds: tuple[int, int]
    unclear: int
    evidence: Evidence

    def __repr__(self) -> str:
        counted = f"{len(self.victims)} pushes failed in {self.counted} attempts"
        return f"<Window {self.first_ns} to {self.last_ns}: {counted}, WeChat counted {self.expected}>"

    @property
    def counted(self) -> int:
        """How many attempts failed here."""
        return sum(len(victim.failures) for victim in self.victims)

    @property
    def agreement(self) -> str | None:
        """`AGREES`, `FEWER` or `MORE` here than WeChat counted; None where there is nothing to compare with."""
        if self.expected is None or self.kind in UNCOUNTED:
            return None
        least, most = self.bounds
        if least <= self.expected <= most:
            return AGREES
        return FEWER if self.expected > most else MORE

    @property
    def pushes(self) -> pd.DataFrame:
        """The failed pushes as a pandas DataFrame, a row each."""
        from wxtrace.survey.frames import pushes_frame

        return pushes_frame(self.victims)

    def by(self, what: str) -> pd.DataFrame:
        """
        Return the failed attempts and pushes grouped, the most first, as a pandas DataFrame.

        Args:
            what: ``module``, ``event``, ``host``, ``worker`` or ``outcome``.

        Raises:
            BadInput: It is none of these.
        """
        from wxtrace.survey.frames import groups_frame

        return groups_frame(self.victims, what)
