"""
Lanes: where spans lie so that a viewer that nests by time alone nests only what belongs together.

On a lane a span is either alone at its time, or within its parent. What ran beside something else gets a lane
of its own. A lane belongs to one writer.
"""

from __future__ import annotations

import heapq
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterator, Sequence

from wxtrace.rebuild.attempt import Node
from wxtrace.row import SpanRow

Lane = tuple[str, int]
"""A writer, and the number of its lane, from 0."""


class Lanes:
    """The lanes of all writers, with what lies on them."""

    def __init__(self) -> None:
        self._taken: defaultdict[str, list[list[tuple[int, int]]]] = defaultdict(list)

    def place(self, nodes: Sequence[Node]) -> dict[int, Lane]:
        """Return the lanes of the spans of a tree by their places; what is missing has none."""
        local = dict(_placed(nodes))
        extents: dict[Lane, tuple[int, int]] = {}
        for at, lane in local.items():
            first, last = extents.get(lane, (nodes[at].start_ns, nodes[at].end_ns))
            extents[lane] = min(first, nodes[at].start_ns), max(last, nodes[at].end_ns)
        free: dict[Lane, Lane] = {}
        for writer, number in sorted(extents):
            before = free.get((writer, number - 1), (writer, -1))
            free[writer, number] = self._take(writer, extents[writer, number], before[1] + 1)
        return {at: free[lane] for at, lane in local.items()}

    def _take(self, writer: str, extent: tuple[int, int], least: int) -> Lane:
        """Take the first lane of *writer*, from *least* on, on which nothing lies at that time, and return it."""
        lanes = self._taken[writer]
        for number in range(least, len(lanes)):
            taken = lanes[number]
            at = bisect(taken, extent)
            is_free = (at == 0 or taken[at - 1][1] < extent[0]) and (at == len(taken) or extent[1] < taken[at][0])
            if is_free:
                taken.insert(at, extent)
                return writer, number
        lanes.append([extent])
        return writer, len(lanes) - 1


def _placed(nodes: Sequence[Node]) -> Iterator[tuple[int, Lane]]:
    """Yield the place of each span with a lane that is numbered within the tree."""
    above = _holders(nodes)
    of_writers: defaultdict[str, list[tuple[int, SpanRow]]] = defaultdict(list)
    for place, node in enumerate(nodes):
        if node.span is not None:
            of_writers[node.span.writer].append((place, node.span))
    for writer, spans in of_writers.items():
        walk = _Walk(nodes, above)
        for place, _ in sorted(spans, key=lambda one: (one[1].start_ns, one[0])):
            yield place, (writer, walk.lane_of(place))


def _holders(nodes: Sequence[Node]) -> list[int | None]:
    """Return for each node the place of the nearest span above it that is recorded."""
    above: list[int | None] = []
    for node in nodes:
        parent = node.parent
        is_missing = parent is not None and nodes[parent].span is None
        above.append(above[parent] if parent is not None and is_missing else parent)
    return above


class _Walk:
    """Goes through the spans of one writer by their start, and keeps what each lane holds at that moment."""

    def __init__(self, nodes: Sequence[Node], above: Sequence[int | None]) -> None:
        self._nodes, self._above = nodes, above
        self._stacks: list[list[int]] = []
        self._lanes: dict[int, int] = {}
        self._busy: list[tuple[int, int]] = []
        self._free: list[int] = []

    def lane_of(self, place: int) -> int:
        """Return the lane of the next span: its parent's, where it lies in what is open there, or a free one."""
        node = self._nodes[place]
        lane = self._within(place)
        if lane is None:
            lane = self._freed(node.start_ns)
            self._stacks[lane] = []
            heapq.heappush(self._busy, (node.end_ns, lane))
        self._stacks[lane].append(place)
        self._lanes[place] = lane
        return lane

    def _within(self, place: int) -> int | None:
        parent, node = self._above[place], self._nodes[place]
        lane = None if parent is None else self._lanes.get(parent)
        if lane is None:
            return None
        stack = self._stacks[lane]
        while stack and self._nodes[stack[-1]].end_ns <= node.start_ns:
            stack.pop()
        is_open = bool(stack) and stack[-1] == parent and node.end_ns <= self._nodes[stack[-1]].end_ns
        return lane if is_open else None

    def _freed(self, now_ns: int) -> int:
        while self._busy and self._busy[0][0] < now_ns:
            heapq.heappush(self._free, heapq.heappop(self._busy)[1])
        if self._free:
            return heapq.heappop(self._free)
        self._stacks.append([])
        return len(self._stacks) - 1
