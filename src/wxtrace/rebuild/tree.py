"""
Rows into trees: each record once, in the writers' order, under its parent. Pure.

The order is the writer's running number, not the clock alone: two spans of one
nanosecond keep their order, and a clock that jumps back turns nothing round.
Nothing here recurses, so that a trace may be as deep as it likes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wxtrace.row import CARRIED, LogRow, SpanRow

_STATES = {"closed": 2, "crashed": 1, "open": 0}


@dataclass(frozen=True, slots=True)
class Order:
    """Where each record stands among all others, whichever process wrote it."""

    times: Mapping[tuple[str, int], int]

    def of(self, writer: str, seq: int, time_ns: int) -> tuple[int, str, int, int]:
        """Return the sort key of a record; within a writer it follows *seq*."""
        return (self.times.get((writer, seq), time_ns), writer, seq, time_ns)


def spans_once(spans: Iterable[SpanRow]) -> list[SpanRow]:
    """Return each span once by its identity: (writer, seq), where it has both; closed over crashed over open."""
    best: dict[tuple[str, object], SpanRow] = {}
    for span in spans:
        key = (span.writer, span.seq) if span.writer and span.seq >= 0 else (span.trace_id, span.span_id)
        if key not in best or _worth(span) > _worth(best[key]):
            best[key] = span
    return list(best.values())


def logs_once(logs: Iterable[LogRow]) -> list[LogRow]:
    """Return each log line once by its identity: (writer, seq), where it has both."""
    best: dict[tuple[object, ...], LogRow] = {}
    for log in logs:
        named = log.writer and log.seq >= 0
        key = (log.writer, log.seq) if named else (log.trace_id, log.span_id, log.time_ns, log.event)
        if key not in best or (log.time_ns, log.event) > (best[key].time_ns, best[key].event):
            best[key] = log
    return list(best.values())


def order_of(spans: Iterable[SpanRow], logs: Iterable[LogRow]) -> Order:
    """
    Return the order of all records.

    Each gets the latest time that its writer had reached by then, so that a
    writer's records stay in the order of their numbers when several are merged.
    """
    written: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for span in spans:
        written[span.writer].append((span.seq, span.start_ns))
    for log in logs:
        written[log.writer].append((log.seq, log.time_ns))
    times: dict[tuple[str, int], int] = {}
    for writer, records in written.items():
        reached = min(time_ns for _, time_ns in records)
        for seq, time_ns in sorted(records) if writer else ():
            reached = max(reached, time_ns)
            times[writer, seq] = reached
    return Order(times)


def in_order(spans: Iterable[SpanRow], order: Order) -> list[SpanRow]:
    """Return the spans in their *order*."""
    return sorted(spans, key=lambda span: (order.of(span.writer, span.seq, span.start_ns), span.span_id))


def parents_of(spans: Sequence[SpanRow]) -> list[int | None]:
    """
    Return, for each span, the place of its parent in *spans*, None for a lost one or none.

    A circle of parents is cut at its first span.
    """
    places: dict[tuple[str, str], int] = {}
    for place, span in enumerate(spans):
        places.setdefault((span.trace_id, span.span_id), place)
    parents = [places.get((span.trace_id, span.parent_span_id or "")) for span in spans]
    _cut_circles(parents)
    return parents


def outermost(spans: Sequence[SpanRow], parents: Sequence[int | None]) -> list[int]:
    """Return the places of the access spans by which requests arrived, and that lie in no other such span."""
    children = children_of(parents)
    heads: list[int] = []
    todo = [place for place, parent in enumerate(parents) if parent is None]
    while todo:
        place = todo.pop()
        if is_arrival(spans[place]):
            heads.append(place)
        else:
            todo.extend(children[place])
    return sorted(heads)


def is_access(span: SpanRow) -> bool:
    """Say whether a span is one by which a server received a request."""
    return span.layer == "access" and span.kind == "SERVER"


def is_arrival(span: SpanRow) -> bool:
    """Say whether an access span may be an attempt of its own: not that of a service behind."""
    return is_access(span) and not is_behind(span)


def is_behind(span: SpanRow) -> bool:
    """Say whether an access span is that of a service of ours behind the one that got the push."""
    return span.attributes.get(CARRIED) is True


def children_of(parents: Sequence[int | None]) -> list[list[int]]:
    """Return, for each place, the places of its children, in order."""
    children: list[list[int]] = [[] for _ in parents]
    for place, parent in enumerate(parents):
        if parent is not None:
            children[parent].append(place)
    return children


def _worth(span: SpanRow) -> tuple[int, int, int, str, str]:
    return (_STATES.get(span.state, -1), span.end_ns or 0, span.start_ns, span.span_id, span.name)


def _cut_circles(parents: list[int | None]) -> None:
    seen = [False] * len(parents)
    for start in range(len(parents)):
        path: dict[int, None] = {}
        place: int | None = start
        while place is not None and not seen[place]:
            seen[place] = True
            path[place] = None
            place = parents[place]
        if place is not None and place in path:
            walked = list(path)
            parents[min(walked[walked.index(place) :])] = None
