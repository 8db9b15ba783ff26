"""
Which attempts WeChat would have counted for an alarm of some kind, and how sure that is. Pure.

An alarm's 次数 counts failed attempts of one kind. A worker that dies over a
request may have been either: a timeout, if the connection stayed open, or an
invalid reply, if it was closed. And near the ends of the window, as near the
five seconds, WeChat's clock and ours need not agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from wxtrace.alarm.alarm import Alarm
from wxtrace.explain.around import is_push
from wxtrace.explain.events import is_of_account, is_of_sort
from wxtrace.explain.kinds import REFUSALS, counted_by
from wxtrace.explain.outcome import (
    ANSWERED,
    ARRIVED_LATE,
    CRASHED,
    CREDIBLE_DELAY_NS,
    DEADLINE_NS,
    Named,
    has_arrived_late,
    outcome_of,
)
from wxtrace.rebuild.arrival import Arrival

SURE, EITHER, UNCLEAR, BARELY = "sure", "either", "unclear", "barely"
"""
WeChat counted it; it did, if not in an alarm of the other kind; it did, if the clocks are right and it was
tried as usual; it did, if its way took a little of the five seconds.
"""

CLOCK_NS: Final = 10**9
"""WeChat tells a moment in whole seconds, and clocks that are kept right differ by less."""

BARELY_NS: Final = DEADLINE_NS // 10
"""WeChat's five seconds begin before ours, by the time that the connection and the request take."""


@dataclass(frozen=True, slots=True)
class Counted:
    """
    An attempt, and what it is to the alarm.

    `outcome` is what became of it; `standing` is `SURE`, `EITHER`, `UNCLEAR` or `BARELY`, None
    for what the alarm does not count.
    """

    arrival: Arrival
    outcome: str
    standing: str | None

    @property
    def is_failure(self) -> bool:
        """Whether it is shown as one that WeChat counted."""
        return self.standing in (SURE, EITHER)


@dataclass(frozen=True, slots=True)
class Counter:
    """
    Says what attempts are to an alarm.

    `kind` is the alarm's, None for any; `clock_ahead_ns` how far a host's clock may be ahead; `taken`
    are the attempts after which none came: if they were answered, WeChat took that.
    """

    kind: str | None
    clock_ahead_ns: Mapping[str, int]
    taken: frozenset[Named] = frozenset()

    def count(self, one: Arrival) -> Counted:
        """Return what an attempt is to the alarm."""
        outcome = outcome_of(one)
        if (
            outcome == ANSWERED
            and not self._is_taken(one)
            and has_arrived_late(one, self.clock_ahead_ns.get(one.host, 0))
        ):
            outcome = ARRIVED_LATE
        return Counted(one, outcome, self._standing(one, outcome))

    def _is_taken(self, one: Arrival) -> bool:
        return (one.push, one.number) in self.taken

    def _standing(self, one: Arrival, outcome: str) -> str | None:
        if outcome in counted_by(self.kind):
            return SURE
        if outcome == CRASHED:
            return EITHER
        if outcome != ANSWERED or self.kind in REFUSALS:
            return None
        if not self._is_taken(one) and _may_have_arrived_late(one):
            return UNCLEAR
        return BARELY if one.duration_ns >= DEADLINE_NS - BARELY_NS else None


def _may_have_arrived_late(one: Arrival) -> bool:
    """
    Say whether by the clocks alone no answer could be in time.

    A push that nobody answers is tried every five seconds, so an attempt is some five seconds older
    than the one after it.
    """
    delay_ns = one.arrival_delay_ns
    if delay_ns is None or abs(delay_ns) > CREDIBLE_DELAY_NS:
        return False
    return delay_ns + one.duration_ns >= one.number * DEADLINE_NS


def is_meant(one: Arrival, alarm: Alarm | None) -> bool:
    """Say whether an attempt is of the account and of the kind of push that *alarm* is about; None: any push."""
    if alarm is None or not is_push(one):
        return is_push(one)
    return is_of_account(alarm, one) is not False and is_of_sort(alarm, one) is not False


def bounds_of(counted: Iterable[Counted], first_ns: int, last_ns: int) -> tuple[int, int]:
    """
    Return how many attempts WeChat must have counted, and how many it can have counted.

    What began in the last five seconds of the window failed after it, so it may be in the next
    alarm; and what began within a second of an end may be on its other side by WeChat's clock. But
    the window begins with its first failure, so what failed right after it is in it.

    Args:
        counted: The attempts of the window and of a little before and after it.
        first_ns: When the window begins, nanoseconds since the epoch.
        last_ns: When it ends.
    """
    least = most = 0
    for one in counted:
        start_ns = one.arrival.start_ns
        inside = first_ns <= start_ns < last_ns - DEADLINE_NS - CLOCK_NS
        least += one.standing == SURE and inside
        most += one.standing is not None and first_ns - CLOCK_NS <= start_ns < last_ns + CLOCK_NS
    return least, most
