"""
The waterfall of an attempt: which nodes and log lines are shown, and where their bars begin and end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from wxtrace.answer import Answer, Judged
from wxtrace.explain.verdict import REPLIED
from wxtrace.rebuild.attempt import Node, Timeline
from wxtrace.row import LogRow

MOST_NODES: Final = 200
MOST_LINES: Final = 200
"""So many spans and log lines of an attempt are shown to people, the longest spans of all."""
MOST_ATTEMPTS: Final = 20
"""So many attempts are shown to people, those with a fault first."""

_BLOCKS: Final = " ▏▎▍▌▋▊▉█"


@dataclass(frozen=True, slots=True)
class Shown:
    """What of an attempt is shown, in order, and how much is left out."""

    rows: tuple[tuple[Node, LogRow | None], ...]
    nodes_left: int
    lines_left: int


def foremost(answer: Answer) -> tuple[Judged, ...]:
    """Return the attempts that are shown: all, or where they are too many, those with a fault first."""
    if len(answer.attempts) <= MOST_ATTEMPTS:
        return answer.attempts
    return tuple(sorted(answer.attempts, key=lambda one: one.verdict.case == REPLIED)[:MOST_ATTEMPTS])


def told_of(answer: Answer) -> Judged:
    """Return the attempt that the verdict is about, the first one if it is about none."""
    facts = answer.verdict.facts
    own = (one for one in answer.attempts if (one.rebuilt.push, one.rebuilt.number) == (facts.push, facts.attempt))
    return next(own, answer.attempts[0])


def shown(whole: Timeline) -> Shown:
    """Return the nodes of *whole*, each with its log lines among its children, in the order of time."""
    kept = _longest(whole)
    lines: dict[int, list[LogRow]] = defaultdict(list)
    for log, place in list(zip(whole.lines, whole.line_nodes, strict=True))[:MOST_LINES]:
        lines[_kept_above(whole, place, kept)].append(log)
    rows = tuple(_rows(whole, kept, lines))
    return Shown(rows, len(whole.nodes) - len(kept), max(0, len(whole.lines) - MOST_LINES))


def bar(node: Node, whole: Timeline, columns: int) -> str:
    """Return a bar of exactly *columns* cells that shows when *node* ran within the whole; ``›`` for after it."""
    if node.start_ns >= whole.end_ns > whole.start_ns and not whole.end_estimated:
        return "›".rjust(columns)
    length_ns = max(1, whole.duration_ns)
    begin = min(max(node.start_ns - whole.start_ns, 0), length_ns) * columns * 8 // length_ns
    end = min(max(node.end_ns - whole.start_ns, 0), length_ns) * columns * 8 // length_ns
    first, last = min(begin // 8, columns - 1), end // 8
    if last <= first:
        return (" " * first + _BLOCKS[max(1, min(8, end - first * 8))]).ljust(columns)
    tail = _BLOCKS[end % 8] if last < columns and end % 8 else ""
    return (" " * first + _BLOCKS[8] * (last - first) + tail).ljust(columns)


def _longest(whole: Timeline) -> set[int]:
    nodes = whole.nodes
    if len(nodes) <= MOST_NODES:
        return set(range(len(nodes)))
    by_length = sorted(range(len(nodes)), key=lambda at: nodes[at].start_ns - nodes[at].end_ns)
    kept = {0}
    for at in by_length:
        if len(kept) >= MOST_NODES:
            break
        place: int | None = at
        while place is not None and place not in kept and len(kept) < MOST_NODES:
            kept.add(place)
            place = nodes[place].parent
    return kept


def _kept_above(whole: Timeline, place: int, kept: set[int]) -> int:
    while place not in kept:
        place = whole.nodes[place].parent or 0
    return place


def _rows(whole: Timeline, kept: set[int], lines: dict[int, list[LogRow]]) -> Iterator[tuple[Node, LogRow | None]]:
    """Yield nodes and lines; a line stands before the children that began after it."""
    waiting: list[tuple[int, list[LogRow]]] = []
    for at in sorted(kept):
        node = whole.nodes[at]
        while waiting and whole.nodes[waiting[-1][0]].depth >= node.depth:
            owner, rest = waiting.pop()
            yield from ((whole.nodes[owner], log) for log in rest)
        for owner, rest in waiting:
            while rest and _is_before(rest[0], node):
                yield whole.nodes[owner], rest.pop(0)
        yield node, None
        waiting.append((at, list(lines[at])))
    for owner, rest in reversed(waiting):
        yield from ((whole.nodes[owner], log) for log in rest)


def _is_before(log: LogRow, node: Node) -> bool:
    if node.span is not None and node.span.writer == log.writer:
        return log.seq < node.span.seq
    return log.time_ns < node.start_ns
