"""
From spans in order to groves: the tree of each attempt, its gaps filled in. Pure.

A lost parent becomes a gap node with its children under it, so that what is
missing is seen; an access span that is missing is a gap at the top.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wxtrace.rebuild import tree
from wxtrace.rebuild.attempt import Node
from wxtrace.row import SpanRow, Tag


@dataclass(frozen=True, slots=True)
class Clock:
    """Says when a span without an end ended: an open one now, a crashed one at its writer's last record."""

    now_ns: int
    last_ns: Mapping[str, int]

    def end_of(self, span: SpanRow) -> tuple[int, bool]:
        """Return the end, never before the start, and whether it is an estimate."""
        if span.end_ns is not None:
            return max(span.start_ns, span.end_ns), False
        end = self.now_ns if span.state == "open" else self.last_ns.get(span.writer, span.start_ns)
        return max(span.start_ns, end), True


@dataclass(frozen=True, slots=True)
class Grove:
    """The nodes of one attempt, from the top down; `recorded` if the top is its access span."""

    nodes: tuple[Node, ...]
    recorded: bool
    trace_id: str
    tag: Tag


@dataclass(frozen=True, slots=True)
class _Gap:
    span_id: str
    below: Sequence[_Entry]


_Entry = int | _Gap


def groves_of(spans: Sequence[SpanRow], clock: Clock) -> list[Grove]:
    """Return the grove of every outermost access span, and of every trace that has none."""
    parents = tree.parents_of(spans)
    heads = tree.outermost(spans, parents)
    for head in heads:
        parents[head] = None
    strays, alone = _strays(spans, parents, heads)
    children = tree.children_of(parents)
    planted = [
        _Planted(spans, children, clock).grove(head, _entries(spans, children[head], strays[head]))
        for head in heads
    ]
    return planted + [
        _Planted(spans, children, clock).grove(_top_gap(_entries(spans, [], places)), None)
        for places in alone.values()
    ]


def _strays(
    spans: Sequence[SpanRow], parents: Sequence[int | None], heads: Sequence[int]
) -> tuple[dict[int, list[int]], dict[str, list[int]]]:
    """Return the roots that are no heads: by the head of their trace that they follow, or by their trace."""
    of_trace: dict[str, list[int]] = defaultdict(list)
    for head in heads:
        of_trace[spans[head].trace_id].append(head)
    known = set(heads)
    under: dict[int, list[int]] = defaultdict(list)
    alone: dict[str, list[int]] = defaultdict(list)
    for place, parent in enumerate(parents):
        if parent is not None or place in known:
            continue
        trace_id = spans[place].trace_id
        if trace_id in of_trace:
            under[_last_before(of_trace[trace_id], place)].append(place)
        else:
            alone[trace_id].append(place)
    return under, alone


def _last_before(heads: Sequence[int], place: int) -> int:
    return max((head for head in heads if head < place), default=heads[0])


def _entries(spans: Sequence[SpanRow], children: Sequence[int], strays: Sequence[int]) -> list[_Entry]:
    """Return what stands right below a top, in order; strays with one lost parent stand under one gap."""
    lost: dict[str, list[_Entry]] = {}
    entries: list[_Entry] = list(children)
    for place in strays:
        if parent_id := spans[place].parent_span_id:
            lost.setdefault(parent_id, []).append(place)
        else:
            entries.append(place)
    entries += [_Gap(span_id, below) for span_id, below in lost.items()]
    return sorted(entries, key=_first_place)


def _first_place(entry: _Entry) -> int:
    return entry if isinstance(entry, int) else _first_place(entry.below[0])


def _top_gap(entries: Sequence[_Entry]) -> _Gap:
    only = entries[0]
    return only if len(entries) == 1 and isinstance(only, _Gap) else _Gap("", entries)


@dataclass(frozen=True, slots=True)
class _Planted:
    """Walks one tree from its top."""

    spans: Sequence[SpanRow]
    children: Sequence[Sequence[int]]
    clock: Clock

    def grove(self, top: _Entry, below_top: Sequence[_Entry] | None) -> Grove:
        nodes: list[Node] = []
        todo: list[tuple[_Entry, int | None, int]] = [(top, None, 0)]
        while todo:
            entry, parent, depth = todo.pop()
            below = below_top if below_top is not None and entry == top else self._below(entry)
            nodes.append(self._node(entry, parent, depth))
            todo.extend((child, len(nodes) - 1, depth + 1) for child in reversed(below))
        rows = [node.span for node in nodes if node.span is not None]
        return Grove(tuple(nodes), nodes[0].span is not None, rows[0].trace_id, _tag(rows))

    def _below(self, entry: _Entry) -> Sequence[_Entry]:
        return self.children[entry] if isinstance(entry, int) else entry.below

    def _node(self, entry: _Entry, parent: int | None, depth: int) -> Node:
        if isinstance(entry, int):
            span = self.spans[entry]
            end, estimated = self.clock.end_of(span)
            return Node(span, span.span_id, parent, depth, span.start_ns, end, estimated)
        start, end = self._hull(entry)
        return Node(None, entry.span_id, parent, depth, start, end, True)

    def _hull(self, gap: _Gap) -> tuple[int, int]:
        hulls = [
            (self.spans[entry].start_ns, self.clock.end_of(self.spans[entry])[0])
            if isinstance(entry, int)
            else self._hull(entry)
            for entry in gap.below
        ]
        return min(start for start, _ in hulls), max(end for _, end in hulls)


def _tag(rows: Sequence[SpanRow]) -> Tag:
    """Return the tag of the first row that has one; what it lacks comes from the next that has it."""
    openid = next((row.openid for row in rows if row.openid is not None), None)
    stamp = next((row.stamp for row in rows if row.stamp is not None), None)
    nonce = next((row.nonce for row in rows if row.nonce is not None), None)
    return Tag(openid, stamp, nonce)
