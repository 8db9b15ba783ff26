"""
Whose time it was: calls, total, self time and share of each module of an attempt. Pure.

The shares are a partition: at each instant the open spans that have no open
child hold the time, equally. They are whole nanoseconds, never negative, and
add up to the attempt exactly, whatever the spans look like.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from wxtrace.rebuild.attempt import Node, Timeline

UNRECORDED: Final = ("", "")
"""The (layer, module) that holds the time in which no span of the attempt was open."""

_Key = tuple[str, str]
_UNIT = 1 << 64  # shares are kept in 2^-64 ns until the end, so that equal splits lose nothing that counts


@dataclass(frozen=True, slots=True)
class ModuleTime:
    """
    The time of one module in one attempt, in nanoseconds.

    `total_ns` is the sum of its spans' durations, `self_ns` that of what their
    children do not cover, `share_ns` its part of the attempt, and `share` that
    as a fraction.
    """

    layer: str
    module: str
    calls: int
    total_ns: int
    self_ns: int
    share_ns: int
    share: float


def modules_of(attempt: Timeline) -> tuple[ModuleTime, ...]:
    """Return the modules of an attempt, or of a job by itself, the greatest share first."""
    nodes, parents = _spans_only(attempt.nodes)
    keys = [_key(node) for node in nodes]
    shares = _whole(_leaf_time(nodes, parents, keys, attempt), attempt.duration_ns)
    selves = self_times(nodes, parents)
    calls, total, own = Counter(keys), Counter[_Key](), Counter[_Key]()
    for node, key, self_ns in zip(nodes, keys, selves, strict=True):
        total[key] += node.end_ns - node.start_ns
        own[key] += self_ns
    seen = dict.fromkeys([*keys, *shares])
    times = [_module_time(key, calls, total, own, shares.get(key, 0), attempt.duration_ns) for key in seen]
    return tuple(sorted(times, key=lambda time: -time.share_ns))


def holders_of(nodes: Sequence[Node]) -> list[int | None]:
    """Return the place of the nearest span above each node, gaps passed over; None if there is none."""
    holders: list[int | None] = []
    for node in nodes:
        above = node.parent
        holders.append(above if above is None or nodes[above].span is not None else holders[above])
    return holders


def self_times(nodes: Sequence[Node], parents: Sequence[int | None]) -> list[int]:
    """Return each span's time less the union of its children, clipped to it, in nanoseconds."""
    children: list[list[Node]] = [[] for _ in nodes]
    for node, parent in zip(nodes, parents, strict=True):
        if parent is not None:
            children[parent].append(node)
    return [node.end_ns - node.start_ns - _union(below, node) for node, below in zip(nodes, children, strict=True)]


def _union(children: Iterable[Node], within: Node) -> int:
    covered, reached = 0, within.start_ns
    for child in sorted(children, key=lambda child: child.start_ns):
        start, end = max(child.start_ns, reached), min(child.end_ns, within.end_ns)
        if end > start:
            covered += end - start
            reached = end
    return covered


def _spans_only(nodes: Sequence[Node]) -> tuple[list[Node], list[int | None]]:
    """Return the nodes that are spans, and the place of each one's parent among them, gaps passed over."""
    places = [place for place, node in enumerate(nodes) if node.span is not None]
    at = {place: number for number, place in enumerate(places)}
    holders = holders_of(nodes)
    above = (holders[place] for place in places)
    return [nodes[place] for place in places], [None if holder is None else at[holder] for holder in above]


def _key(node: Node) -> _Key:
    return UNRECORDED if node.span is None else (node.span.layer, node.span.module)


def _leaf_time(
    nodes: Sequence[Node], parents: Sequence[int | None], keys: Sequence[_Key], attempt: Timeline
) -> dict[_Key, int]:
    """
    Sweep over the attempt and return the time of each key, in 1/`_UNIT` nanoseconds.

    A leaf holds what one leaf earned since it became one: only what changes at
    an instant is touched, so that ten thousand spans at once cost no more.
    """
    leaves = _Leaves(keys, attempt.start_ns)
    open_children = [0] * len(nodes)
    is_open = [False] * len(nodes)
    for time_ns, begins, place in _changes(nodes, attempt):
        leaves.advance(time_ns)
        is_open[place] = begins
        leaves.put(place, begins and not open_children[place])
        parent = parents[place]
        if parent is not None:
            open_children[parent] += 1 if begins else -1
            leaves.put(parent, is_open[parent] and not open_children[parent])
    leaves.advance(attempt.end_ns)
    return leaves.earned


def _changes(nodes: Sequence[Node], attempt: Timeline) -> list[tuple[int, bool, int]]:
    changes = []
    for place, node in enumerate(nodes):
        start, end = max(node.start_ns, attempt.start_ns), min(node.end_ns, attempt.end_ns)
        if start < end:
            changes += [(start, True, place), (end, False, place)]
    return sorted(changes)


class _Leaves:
    """The open leaf spans as the sweep goes, and what each key has earned."""

    def __init__(self, keys: Sequence[_Key], start_ns: int) -> None:
        self.earned: dict[_Key, int] = defaultdict(int)
        self._keys = keys
        self._since: dict[int, int] = {}
        self._each = 0  # what a leaf would have earned had it been one from the first instant
        self._time_ns = start_ns

    def advance(self, time_ns: int) -> None:
        """Let the time go on to *time_ns*."""
        passed = (time_ns - self._time_ns) * _UNIT
        if self._since:
            self._each += passed // len(self._since)
        elif passed:
            self.earned[UNRECORDED] += passed
        self._time_ns = time_ns

    def put(self, place: int, leaf: bool) -> None:
        """Make the span at *place* a leaf, or none."""
        if leaf and place not in self._since:
            self._since[place] = self._each
        elif not leaf and place in self._since:
            self.earned[self._keys[place]] += self._each - self._since.pop(place)


def _whole(earned: Mapping[_Key, int], duration_ns: int) -> dict[_Key, int]:
    """Return whole nanoseconds that add up to *duration_ns*; the largest remainders are rounded up."""
    shares = {key: time // _UNIT for key, time in earned.items()}
    missing = duration_ns - sum(shares.values())
    for key in sorted(earned, key=lambda key: -(earned[key] % _UNIT))[:missing]:
        shares[key] += 1
    return shares


def _module_time(
    key: _Key, calls: Counter[_Key], total: Counter[_Key], own: Counter[_Key], share_ns: int, duration_ns: int
) -> ModuleTime:
    share = share_ns / duration_ns if duration_ns else 0.0
    return ModuleTime(*key, calls[key], total[key], own[key], share_ns, share)
