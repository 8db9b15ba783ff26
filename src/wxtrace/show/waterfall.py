"""
The waterfall of an attempt: which spans and log lines are shown, folded into one row, or left out. Pure.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from wxtrace.answer import Answer, Judged
from wxtrace.explain.verdict import REPLIED
from wxtrace.rebuild.attempt import Node, Timeline
from wxtrace.row import LogRow
from wxtrace.show.alike import folds_of, homes_of, tells
from wxtrace.show.axis import path_of

MOST_NODES: Final = 60
MOST_LINES: Final = 40
"""So many rows of spans and of log lines are shown to people, who then see them on one screen or two."""
MOST_ATTEMPTS: Final = 20
"""So many attempts are shown to people, those with a fault first."""


@dataclass(frozen=True, slots=True)
class Row:
    """
    A row of a waterfall: a span, a log line of one, or many alike siblings at once.

    `place` is that of `node` among the nodes of the whole, `depth` how far the row is indented. With `log`, the row
    is that line, which stands under `node`. With `folded`, it stands for all of these siblings, in their order, and
    for what lies below them; `node` is the first of them.
    """

    node: Node
    depth: int
    place: int
    log: LogRow | None = None
    folded: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """What of an attempt or a job is shown, in order, and how many spans and log lines are left out."""

    rows: tuple[Row, ...]
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


def shown(whole: Timeline, *, full: bool = False) -> Shown:
    """
    Return the rows of *whole* in the order of time, each span with its log lines among its children.

    Alike siblings are folded into one row, with their ordinary lines. Of what is then too much the faults and the
    longest are kept, and of the lines those that warn.

    Args:
        whole: An attempt, or a job by itself.
        full: Fold nothing, and leave nothing out.
    """
    nodes = whole.nodes
    folds = {} if full else folds_of(whole, on_path(whole))
    homes = homes_of(nodes, folds)
    kept = set(range(len(nodes))) if full else _kept(nodes, homes, folds)
    lines = _lines(whole, homes, kept, len(whole.lines) if full else MOST_LINES)
    left = sum((place if home is None else home) not in kept for place, home in enumerate(homes))
    return Shown(tuple(_rows(nodes, kept, folds, lines)), left, len(whole.lines) - sum(map(len, lines.values())))


def on_path(whole: Timeline) -> frozenset[int]:
    """Return the places of the nodes that were waited for at some time: the critical path. A job has none."""
    found: set[int] = set()
    for section in path_of(whole):
        place = section.place
        while place is not None and place not in found:
            found.add(place)
            place = whole.nodes[place].parent
    return frozenset(found)


def below(row: Row, whole: Timeline) -> Iterator[Node]:
    """Yield the nodes of *whole* that lie below the siblings of a folded row, in order; none for any other row."""
    nodes, siblings, inside = whole.nodes, set(map(id, row.folded)), set[int]()
    has_any = row.place + 1 < len(nodes) and nodes[row.place + 1].parent == row.place
    for place in range(row.place, len(nodes)) if siblings and has_any else ():
        if id(nodes[place]) in siblings:
            inside.add(place)
        elif nodes[place].parent in inside:
            inside.add(place)
            yield nodes[place]


def _kept(nodes: Sequence[Node], homes: Sequence[int | None], folds: Mapping[int, Sequence[int]]) -> set[int]:
    """Return the places that have a row of their own: each with all that it lies under, the faults first."""
    rows = [place for place, home in enumerate(homes) if home is None or home == place]
    if len(rows) <= MOST_NODES:
        return set(rows)
    length = {place: sum(map(_length_ns, _at(nodes, folds.get(place, (place,))))) for place in rows}
    by_length = sorted(rows, key=lambda place: -length[place])
    faults = [place for place in by_length if _is_fault(nodes[place])]
    kept: set[int] = set()
    for place in (*faults[: MOST_NODES // 2], *by_length):
        way = _way_to(place, nodes, kept)
        if len(kept) + len(way) <= MOST_NODES:
            kept |= way
    return kept


def _way_to(place: int, nodes: Sequence[Node], kept: set[int]) -> set[int]:
    """Return a place with all above it that are not kept yet; not all of what is too deep to be kept."""
    way: set[int] = set()
    at: int | None = place
    while at is not None and at not in kept and len(way) <= MOST_NODES:
        way.add(at)
        at = nodes[at].parent
    return way


def _at(nodes: Sequence[Node], places: Iterable[int]) -> Iterator[Node]:
    return (nodes[place] for place in places)


def _length_ns(node: Node) -> int:
    return node.end_ns - node.start_ns


def _is_fault(node: Node) -> bool:
    return node.span is not None and (node.span.status_code == "ERROR" or node.span.state != "closed")


def _lines(
    whole: Timeline, homes: Sequence[int | None], kept: Collection[int], most: int
) -> Mapping[int, Sequence[LogRow]]:
    """Return the log lines that are shown, by the place that they stand under; those that warn go before others."""
    told = [at for at, place in enumerate(whole.line_nodes) if homes[place] is None]
    chosen = sorted(told, key=lambda at: not tells(whole.lines[at]))[:most]
    lines: dict[int, list[LogRow]] = defaultdict(list)
    for at in sorted(chosen):
        place = whole.line_nodes[at]
        while place not in kept:
            place = whole.nodes[place].parent or 0
        lines[place].append(whole.lines[at])
    return lines


def _rows(
    nodes: Sequence[Node],
    kept: set[int],
    folds: Mapping[int, Sequence[int]],
    lines: Mapping[int, Sequence[LogRow]],
) -> Iterator[Row]:
    """Yield spans and lines; a line stands before the children that began after it."""
    waiting: list[tuple[int, deque[LogRow]]] = []
    for place in sorted(kept):
        node = nodes[place]
        while waiting and nodes[waiting[-1][0]].depth >= node.depth:
            yield from _line_rows(nodes, *waiting.pop())
        for owner, rest in waiting:
            early = deque[LogRow]()
            while rest and _is_before(rest[0], node):
                early.append(rest.popleft())
            yield from _line_rows(nodes, owner, early)
        yield Row(node, node.depth, place, folded=tuple(_at(nodes, folds.get(place, ()))))
        if lines.get(place):
            waiting.append((place, deque(lines[place])))
    for owner, rest in reversed(waiting):
        yield from _line_rows(nodes, owner, rest)


def _line_rows(nodes: Sequence[Node], owner: int, lines: Iterable[LogRow]) -> Iterator[Row]:
    return (Row(nodes[owner], nodes[owner].depth + 1, owner, log) for log in lines)


def _is_before(log: LogRow, node: Node) -> bool:
    if node.span is not None and node.span.writer == log.writer:
        return log.seq < node.span.seq
    return log.time_ns < node.start_ns
