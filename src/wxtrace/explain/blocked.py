"""
The times in which an attempt had to wait for its event loop, and who held that. Pure.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.path import Section, Window, windows_of
from wxtrace.rebuild.snapshot import Culprit, culprit_of, snapshots_of
from wxtrace.row import SpanRow

EVENT_LOOP: Final = "event loop"
"""The module, of layer ``wait``, of the time in which an event loop did not run."""

_CULPRIT: Final = "wxtrace.culprit."
_NAME: Final = re.compile(r"blocked by (?P<function>.{1,300}?) \((?P<file>.{1,300}):(?P<line>\d{1,9})\)")
_AFTERWARDS_NS: Final = 10**8
_ELSEWHERE: Final = ("storage", "remote")


@dataclass(frozen=True, slots=True)
class Held:
    """
    Who held what an attempt had to wait for, and for how much of its time in all, in nanoseconds.

    `what` is the module of the wait: the event loop, or what the threads of others have.
    """

    culprit: Culprit
    ns: int
    what: str = EVENT_LOOP


class _Stretch(NamedTuple):
    """A time in which the loop was held, cut to the attempt: the node of its span, from when to when."""

    place: int
    window: Window


def culprit_at(span: SpanRow) -> Culprit | None:
    """Return who held the event loop, as a span of waiting for it tells; None for any other span."""
    if (span.layer, span.module) != ("wait", EVENT_LOOP):
        return None
    told = culprit_of(span.attributes, _CULPRIT) or Culprit()
    named = _NAME.fullmatch(span.name)
    if told.function is not None or named is None:
        return told
    return replace(told, function=named["function"], file=named["file"], line=int(named["line"]))


def held_of(attempt: Attempt) -> tuple[Held, ...]:
    """Return who held the attempt's event loop, the longest first; the line is that of its longest time."""
    by_culprit: defaultdict[tuple[str | None, ...], list[tuple[int, Culprit]]] = defaultdict(list)
    for place, (start_ns, end_ns) in _stretches(attempt):
        span = attempt.nodes[place].span
        if span is not None and (culprit := culprit_at(span)) is not None:
            who = (culprit.function, culprit.file, culprit.openid, culprit.trace_id)
            by_culprit[who].append((end_ns - start_ns, culprit))
    held = [Held(max(some, key=lambda one: one[0])[1], sum(ns for ns, _ in some)) for some in by_culprit.values()]
    return tuple(sorted(held, key=lambda one: -one.ns))


def with_blocked(attempt: Attempt, sections: Sequence[Section]) -> tuple[Section, ...]:
    """
    Return a path on which the time that the event loop was held belongs to that wait.

    Whatever was to run on that loop could not. But a call to elsewhere that lasted on for long
    after the loop ran again was not held up by it, nor was what runs in a thread of its own.

    Args:
        attempt: The attempt.
        sections: Its critical path, or the beginning of it.
    """
    stretches = sorted(_stretches(attempt), key=lambda stretch: stretch.window)
    if not stretches:
        return tuple(sections)
    in_thread = any(snapshot.threads for snapshot in snapshots_of(attempt.lines))
    found: list[Section] = []
    for section in sections:
        holding = [one for one in stretches if _holds(one.window, section, attempt, in_thread=in_thread)]
        found += _cut(section, holding)
    return tuple(found)


def _stretches(attempt: Attempt) -> Iterator[_Stretch]:
    for place, window in enumerate(windows_of(attempt)):
        span = attempt.nodes[place].span
        if window is not None and span is not None and (span.layer, span.module) == ("wait", EVENT_LOOP):
            yield _Stretch(place, window)


def _holds(stretch: Window, section: Section, attempt: Attempt, *, in_thread: bool) -> bool:
    if section.place is None:
        return True
    node = attempt.nodes[section.place]
    layer = node.span.layer if node.span is not None else ""
    if layer == "wait":
        return False
    goes_on = in_thread or layer in _ELSEWHERE
    return not goes_on or min(node.end_ns, attempt.end_ns) <= stretch.end_ns + _AFTERWARDS_NS


def _cut(section: Section, stretches: Sequence[_Stretch]) -> Iterator[Section]:
    """Yield the pieces of a section, those held and those not, none of them empty."""
    reached_ns = section.start_ns
    for place, (start_ns, end_ns) in stretches:
        begin_ns, stop_ns = max(start_ns, reached_ns), min(end_ns, section.end_ns)
        if begin_ns < stop_ns:
            if reached_ns < begin_ns:
                yield Section(section.place, reached_ns, begin_ns)
            yield Section(place, begin_ns, stop_ns)
            reached_ns = stop_ns
    if reached_ns < section.end_ns:
        yield Section(section.place, reached_ns, section.end_ns)
