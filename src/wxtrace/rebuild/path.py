"""
The critical path: at each instant of an attempt, the one span that held it up. Pure.

From the end backwards: a span waited for the child that ended last, before it
for the one that had ended last when that began, and so on; what no child
explains is its own. The sections are gapless and add up to the attempt
exactly, whatever the spans look like.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wxtrace.rebuild.attempt import Attempt, Node
from wxtrace.rebuild.modules import UNRECORDED, holders_of


class Section(NamedTuple):
    """A stretch of the critical path; `place` is its span among the nodes, None where nothing was open."""

    place: int | None
    start_ns: int
    end_ns: int


class Window(NamedTuple):
    """When a span could hold the attempt up: its time, clipped to what holds it, in nanoseconds."""

    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class PathTime:
    """
    The time of one module on the critical path, in nanoseconds.

    `place` is the node of the module that has most of it; it is None, and the
    names are blank, for the time in which nothing was open.
    """

    layer: str
    module: str
    ns: int
    place: int | None


def critical_path(attempt: Attempt) -> tuple[Section, ...]:
    """Return the sections of the critical path of *attempt*, the earliest first, none of them empty."""
    found: list[Section] = []
    for section in _backwards(attempt, windows_of(attempt)):
        later = found.pop() if found and found[-1].place == section.place else section
        found.append(section._replace(end_ns=later.end_ns))
    return tuple(reversed(found))


def path_times(attempt: Attempt, sections: Iterable[Section]) -> tuple[PathTime, ...]:
    """Return the modules of the critical path in the order in which they first appear; they add up to it."""
    by_place: Counter[int | None] = Counter()
    for section in sections:
        by_place[section.place] += section.end_ns - section.start_ns
    by_module: dict[tuple[str, str], list[int | None]] = defaultdict(list)
    for place in by_place:
        span = None if place is None else attempt.nodes[place].span
        by_module[UNRECORDED if span is None else (span.layer, span.module)].append(place)
    return tuple(
        PathTime(*names, sum(by_place[place] for place in places), max(places, key=lambda place: by_place[place]))
        for names, places in by_module.items()
    )


def heaviest(times: Iterable[PathTime]) -> PathTime | None:
    """Return the module with the most time, the first of equals; None if no span was on the path."""
    return max((time for time in times if time.place is not None), key=lambda time: time.ns, default=None)


def windows_of(attempt: Attempt) -> list[Window | None]:
    """
    Return when each node could hold the attempt up; None for a gap and for what it did not wait for.

    That is what lies outside of the span that holds it, what a producer left to
    its consumer, and all below such spans.
    """
    whole = Window(attempt.start_ns, attempt.end_ns)
    windows: list[Window | None] = []
    for node, holder in zip(attempt.nodes, holders_of(attempt.nodes), strict=True):
        within = whole if holder is None else windows[holder]
        waited_for = node.span is not None and not _is_left_to(node, attempt.nodes, holder)
        windows.append(_clipped(node, within) if within and waited_for else None)
    return windows


def _is_left_to(node: Node, nodes: Sequence[Node], holder: int | None) -> bool:
    above = None if holder is None else nodes[holder].span
    return bool(above and node.span and (above.kind, node.span.kind) == ("PRODUCER", "CONSUMER"))


def _clipped(node: Node, within: Window) -> Window | None:
    if node.start_ns >= within.end_ns or node.end_ns <= within.start_ns:
        return None
    return Window(max(node.start_ns, within.start_ns), min(node.end_ns, within.end_ns))


def _backwards(attempt: Attempt, windows: Sequence[Window | None]) -> Iterator[Section]:
    """Yield the sections from the end to the start of the attempt."""
    bounds = {place: window for place, window in enumerate(windows) if window}
    children = _by_end(bounds, holders_of(attempt.nodes))
    reached_ns = attempt.end_ns
    way: list[int | None] = [None]
    while way:
        place = way[-1]
        child = _last_ended(reached_ns, bounds, children[place])
        if child is not None:
            begin_ns = bounds[child].end_ns
            way.append(child)
        else:
            begin_ns = attempt.start_ns if place is None else bounds[place].start_ns
            way.pop()
        if begin_ns < reached_ns:
            yield Section(place, begin_ns, reached_ns)
        reached_ns = begin_ns


def _by_end(bounds: Mapping[int, Window], holders: Sequence[int | None]) -> dict[int | None, list[int]]:
    """Return the children of each span, and under None the outermost spans, those last that ended last."""
    children: dict[int | None, list[int]] = defaultdict(list)
    for place in sorted(bounds, key=lambda place: (bounds[place].end_ns, -place)):
        children[holders[place]].append(place)
    return children


def _last_ended(reached_ns: int, bounds: Mapping[int, Window], children: list[int]) -> int | None:
    """Take what ended last, and not after *reached_ns*, out of *children*, and with it all that ended later."""
    while children:
        child = children.pop()
        if bounds[child].end_ns <= reached_ns:
            return child
    return None
