"""
When something ran within an attempt or a job, for all that draws it: stretches of its time, ticks of its axis.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from wxtrace.explain.blocked import with_blocked
from wxtrace.explain.outcome import DEADLINE_NS
from wxtrace.rebuild.attempt import Attempt, Timeline
from wxtrace.rebuild.path import Section, critical_path

Stretch = tuple[int, int]
"""From and to, in nanoseconds from the start of the whole."""

_FINEST: Final = 400
_STEPS: Final = (1, 2, 5)


def deadline_of(whole: Timeline) -> int | None:
    """Return when WeChat hangs up, in nanoseconds, if an attempt comes so far; a job has no deadline."""
    return DEADLINE_NS if isinstance(whole, Attempt) and whole.duration_ns >= DEADLINE_NS else None


def path_of(whole: Timeline) -> tuple[Section, ...]:
    """Return the critical path as the verdict has it: what a held event loop took is that wait. A job has none."""
    return with_blocked(whole, critical_path(whole)) if isinstance(whole, Attempt) else ()


def held_by(whole: Timeline) -> dict[int, list[Stretch]]:
    """Return, by its place, when each span itself held the attempt up: the critical path. A job has none."""
    held: defaultdict[int, list[Stretch]] = defaultdict(list)
    for section in path_of(whole):
        if section.place is not None:
            held[section.place].append((section.start_ns - whole.start_ns, section.end_ns - whole.start_ns))
    return dict(held)


def merged(stretches: Iterable[Stretch], length_ns: int) -> list[Stretch]:
    """Return the stretches in which any of many lies; gaps too small to be seen on *length_ns* are closed."""
    least_ns = length_ns // _FINEST
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1] + least_ns:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def step_of(length_ns: int, most: int) -> int:
    """Return how far ticks are from each other, so that at most *most* steps fit: 1, 2 or 5 of a power of ten."""
    least, power = max(1, -(-length_ns // most)), 1
    while True:
        for step in _STEPS:
            if step * power >= least:
                return step * power
        power *= 10


def tick_texts(length_ns: int, most: int) -> list[tuple[int, str]]:
    """Return the ticks: each with its nanoseconds from the start, and its seconds as digits."""
    step = step_of(length_ns, most)
    digits = max(0, 10 - len(str(step)))
    return [(at_ns, f"{at_ns / 10**9:.{digits}f}") for at_ns in range(0, length_ns + 1, step)]
