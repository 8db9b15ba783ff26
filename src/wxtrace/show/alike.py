"""
Alike siblings, to be folded into one row: of 4,812 queries of a loop, that they are 4,812 is the finding. Pure.

What tells something by itself is never folded: a fault, a gap, what takes long,
what warned, and what was waited for, unless it was waited for again and again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from wxtrace.rebuild.attempt import Node, Timeline
from wxtrace.rebuild.snapshot import WATCH_LOGGER
from wxtrace.row import LogRow
from wxtrace.show.raised import SEVERE

LEAST: Final = 6
"""So many siblings have to be alike to be folded."""
_LONG_PART: Final = 10
_WARNED: Final = SEVERE | {"warning", "warn"}


def folds_of(whole: Timeline, path: Collection[int]) -> dict[int, tuple[int, ...]]:
    """
    Return the folds, by the place of the first of each: the places of all its siblings, in order.

    Siblings are alike whose layer, module and name are the same, and below which lie the same kinds of spans.
    No fold lies in another one.

    Args:
        whole: An attempt, or a job by itself.
        path: The places on its critical path.
    """
    alike: dict[tuple[int | None, int, int], list[int]] = defaultdict(list)
    kinds = _kinds(whole.nodes)
    below, stands_out = _below(whole.nodes, kinds), _standing_out(whole)
    for place, node in enumerate(whole.nodes):
        if not stands_out[place]:
            alike[node.parent, kinds[place], below[place]].append(place)
    groups = (_foldable(places, path) for places in alike.values() if len(places) >= LEAST)
    found = {places[0]: tuple(places) for places in groups if len(places) >= LEAST}
    homes = homes_of(whole.nodes, found)
    return {first: places for first, places in found.items() if homes[first] == first}


def homes_of(nodes: Sequence[Node], folds: Mapping[int, Sequence[int]]) -> list[int | None]:
    """Return for each node the first of the outermost fold that holds it, or what is above it; None for no fold."""
    firsts = {place: first for first, places in folds.items() for place in places}
    homes: list[int | None] = []
    for place, node in enumerate(nodes):
        above = None if node.parent is None else homes[node.parent]
        homes.append(firsts.get(place) if above is None else above)
    return homes


def tells(log: LogRow) -> bool:
    """Say whether a log line warns, or tells of a request that hangs."""
    return log.severity.lower() in _WARNED or log.logger == WATCH_LOGGER


def _foldable(places: list[int], path: Collection[int]) -> list[int]:
    """Return those of alike siblings that are folded: a few that were waited for are not, many are."""
    waited_for = [place for place in places if place in path]
    return places if len(waited_for) >= LEAST else [place for place in places if place not in path]


def _kinds(nodes: Sequence[Node]) -> list[int]:
    """Return a number for each node: the same for the same layer, module and name."""
    numbers: dict[tuple[str, str, str], int] = {}
    spans = (node.span for node in nodes)
    named = (("", "", "") if span is None else (span.layer, span.module, span.name) for span in spans)
    return [numbers.setdefault(name, len(numbers)) for name in named]


def _below(nodes: Sequence[Node], kinds: Sequence[int]) -> list[int]:
    """Return the set of kinds below each node, each kind a bit of a number: cheap, however deep a trace is."""
    below = [0] * len(nodes)
    for place in range(len(nodes) - 1, 0, -1):
        parent = nodes[place].parent
        if parent is not None:
            below[parent] |= below[place] | 1 << kinds[place]
    return below


def _standing_out(whole: Timeline) -> list[bool]:
    """Return for each node whether it, or anything below it, tells something by itself."""
    nodes, long_ns = whole.nodes, whole.duration_ns / _LONG_PART
    told = {place for log, place in zip(whole.lines, whole.line_nodes, strict=True) if tells(log)}
    found = [place in told or _is_of_note(node, long_ns) for place, node in enumerate(nodes)]
    for place in range(len(nodes) - 1, 0, -1):
        parent = nodes[place].parent
        if parent is not None and found[place]:
            found[parent] = True
    return found


def _is_of_note(node: Node, long_ns: float) -> bool:
    span = node.span
    if span is None or span.status_code == "ERROR" or span.state != "closed":
        return True
    length_ns = node.end_ns - node.start_ns
    return length_ns > 0 and length_ns >= long_ns
