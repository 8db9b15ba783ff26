"""
What else came at that time: pushes, what became of them, by which way, and when none came. Pure.

Where a push is not found, all the others say whether it could have come: the
host worked, pushes of this kind came in, or nothing came for a minute.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from wxtrace.explain.outcome import ANSWERED, counts, late_of, outcome_of
from wxtrace.rebuild.arrival import Arrival

PAUSE_NS: Final = (45 * 10**9, 90 * 10**9)
"""WeChat pauses for a minute after too many failures (MarkFail); so long is a silence that may be that."""

_CHANCE = 0.001
"""A silence is remarkable if pushes that came at random would leave one so long less often than this."""

_LEAST = 20
"""Of fewer pushes nobody can tell how often they come."""

Stretch = tuple[int, int]
"""From when to when, nanoseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many attempts have a thing in common, and how many of them WeChat counted as failed."""

    name: str
    attempts: int
    failed: int


@dataclass(frozen=True, slots=True)
class Around:
    """
    What came within a window; times in nanoseconds since the epoch.

    Args:
        window: From when to when.
        pushes: How many different pushes.
        attempts: How many attempts of them.
        others: Requests that are no pushes: they carry neither tag nor type.
        outcomes: How many attempts became what.
        late: First attempts that came so late after their stamp that no answer could be in time. One that was
            answered, and was the last of its push, is a retry that was taken.
        kinds: By event, type of message or info type.
        entrances: By host name and path of the request.
        clients: By the address from which they came.
        hosts: By the host that got them.
        before_ns: The last arrival up to the moment that was asked about, of any push but the one that is meant.
        after_ns: The first one after it, likewise.
        quiet: The longest stretch of the window without a push; None where it has no push at all.
        pauses: Stretches without a push, with pushes before and after, that look as if WeChat had paused.
        p50_ns: Half of the attempts that were answered took no longer.
        p99_ns: All but one in a hundred of them took no longer.
        at_once: The most attempts that were worked on at one moment.
        per_second: The most attempts that came within one second.
    """

    window: Stretch
    pushes: int
    attempts: int
    others: int
    outcomes: tuple[Tally, ...]
    late: int
    kinds: tuple[Tally, ...]
    entrances: tuple[Tally, ...]
    clients: tuple[Tally, ...]
    hosts: tuple[Tally, ...]
    before_ns: int | None
    after_ns: int | None
    quiet: Stretch | None
    pauses: tuple[Stretch, ...]
    p50_ns: int | None
    p99_ns: int | None
    at_once: int
    per_second: int


def around_of(
    arrivals: Sequence[Arrival],
    window: Stretch,
    moment_ns: int | None,
    only: Callable[[Arrival], bool] | None = None,
    unrecorded: Sequence[Stretch] = (),
    *,
    own: Collection[str] = (),
    now_ns: int | None = None,
) -> Around:
    """
    Return what came within a window.

    Args:
        arrivals: Attempts in any order; those outside the window only say that pushes came before and after it.
        window: From when to when, nanoseconds since the epoch.
        moment_ns: When the push that is looked for was sent, nanoseconds; None if nobody says.
        only: Which of the arrivals are looked at; None: all that are pushes.
        unrecorded: When a host did not record: a silence then is none of WeChat's.
        own: The traces of the push that is meant.
        now_ns: The time of the lookup, nanoseconds since the epoch; None: long after.
    """
    chosen = sorted(filter(only or is_push, arrivals), key=lambda one: one.start_ns)
    inside = [one for one in chosen if window[0] <= one.start_ns <= window[1]]
    starts = [one.start_ns for one in chosen]
    before_ns, after_ns = _beside([one.start_ns for one in chosen if one.trace_id not in own], moment_ns)
    late = late_of(chosen, now_ns)
    ended = [(one, outcome_of(one)) for one in inside]
    took = sorted(one.duration_ns for one, outcome in ended if outcome == ANSWERED)
    return Around(
        window=window,
        pushes=len({one.push for one in inside}),
        attempts=len(inside),
        others=sum(window[0] <= one.start_ns <= window[1] for one in arrivals) - len(inside),
        outcomes=_tally((outcome, outcome) for _, outcome in ended),
        late=sum((one.push, one.number) in late for one in inside),
        kinds=_tally((_kind(one), outcome) for one, outcome in ended),
        entrances=_tally((_entrance(one), outcome) for one, outcome in ended),
        clients=_tally((one.client, outcome) for one, outcome in ended),
        hosts=_tally((one.host, outcome) for one, outcome in ended),
        before_ns=before_ns,
        after_ns=after_ns,
        quiet=_quiet([one.start_ns for one in inside], window),
        pauses=_pauses(starts, window, unrecorded),
        p50_ns=quantile(took, 0.5),
        p99_ns=quantile(took, 0.99),
        at_once=_at_once(inside),
        per_second=max(Counter(one.start_ns // 10**9 for one in inside).values(), default=0),
    )


def is_push(arrival: Arrival) -> bool:
    """Say whether a request is a push: it has a stamp, an info type, or a transaction."""
    told = (arrival.stamp, arrival.info_type, arrival.transaction_id)
    return any(value is not None for value in told)


def quantile(ordered: Sequence[int], share: float) -> int | None:
    """Return the least of *ordered* values that no more than a *share* of them stays below; None of none."""
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)] if ordered else None


def _beside(starts: Sequence[int], moment_ns: int | None) -> tuple[int | None, int | None]:
    """Return the last of the ascending *starts* up to a moment, and the first one after it."""
    if moment_ns is None:
        return None, None
    place = bisect_right(starts, moment_ns)
    return starts[place - 1] if place else None, starts[place] if place < len(starts) else None


def _tally(named: Iterable[tuple[str | None, str]]) -> tuple[Tally, ...]:
    """Count pairs of a name and an outcome by the name, the most first; those without a name are left out."""
    pairs = Counter(pair for pair in named if pair[0] is not None)
    attempts: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for (name, outcome), count in pairs.items():
        attempts[str(name)] += count
        failed[str(name)] += count if counts(outcome) else 0
    ordered = sorted(attempts.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Tally(name, count, failed[name]) for name, count in ordered)


def _kind(arrival: Arrival) -> str | None:
    if arrival.info_type is not None:
        return f"info {arrival.info_type}"
    if arrival.event is not None:
        return f"event {arrival.event}"
    return None if arrival.msg_type is None else f"message {arrival.msg_type}"


def _entrance(arrival: Arrival) -> str | None:
    told = [part for part in (arrival.server, arrival.path) if part is not None]
    return "".join(told) or None


def _quiet(starts: Sequence[int], window: Stretch) -> Stretch | None:
    if not starts:
        return None
    return max(_between([window[0], *starts, window[1]]), key=_length)


def _pauses(starts: Sequence[int], window: Stretch, unrecorded: Sequence[Stretch]) -> tuple[Stretch, ...]:
    stretches = _between(starts)
    if len(stretches) < _LEAST:
        return ()
    found = [one for one in stretches if PAUSE_NS[0] <= _length(one) <= PAUSE_NS[1] and _meets(one, window)]
    recorded = [one for one in found if not any(_meets(one, gap) for gap in unrecorded)]
    return tuple(one for one in recorded if _is_remarkable(one, stretches))


def _is_remarkable(one: Stretch, stretches: Sequence[Stretch]) -> bool:
    """Say whether pushes that came at random, as often as the others did, would hardly leave so long a stretch."""
    all_ns = sum(map(_length, stretches)) - _length(one)
    return _length(one) > all_ns / (len(stretches) - 1) * math.log(len(stretches) / _CHANCE)


def _between(moments: Sequence[int]) -> list[Stretch]:
    return list(pairwise(moments))


def _length(stretch: Stretch) -> int:
    return stretch[1] - stretch[0]


def _meets(one: Stretch, other: Stretch) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _at_once(arrivals: Sequence[Arrival]) -> int:
    ends = sorted(one.end_ns for one in arrivals)
    most = ended = 0
    for begun, start_ns in enumerate(sorted(one.start_ns for one in arrivals), 1):
        while ended < begun - 1 and ends[ended] <= start_ns:
            ended += 1
        most = max(most, begun - ended)
    return most
