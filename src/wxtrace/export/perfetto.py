"""
Attempts as a trace of events in JSON, the old form of Chrome's: Perfetto's viewer opens it, and ``vizviewer``.

What that viewer's engine was found to do is heeded here: it reads times as floats, so they count from a moment near
by; it drops what begins before that moment, what overlaps on a thread, an arrow back in time, and null.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import wxtrace
from wxtrace.answer import Answer
from wxtrace.export.lanes import Lane, Lanes
from wxtrace.export.plain import attempts_of, dumped, plain, trees_of
from wxtrace.rebuild.attempt import Attempt, Node, Timeline
from wxtrace.row import LogRow, SpanRow
from wxtrace.show.times import moment

Event = dict[str, Any]

_DEADLINE_NS: Final = 5 * 10**9
_DEADLINE: Final = "WeChat's deadline: 5 s"
_SENT: Final = frozenset(("PRODUCER", "CLIENT"))
_TAKEN: Final = frozenset(("CONSUMER", "SERVER"))
_MOST_PIDS: Final = 1 << 22
"""No process of Linux has a greater number: from here on numbers are made up."""


def render(answer: Answer) -> str:
    """
    Return all attempts of an answer, with what was left to workers, as one trace for Perfetto.

    Each writer is a process, and has as many threads as it did things at once. Times count from the first span;
    what was recorded, in nanoseconds since the epoch, is among the arguments. A span that ends before it
    begins lasts no time. Log lines and the end of WeChat's five seconds are instants, calls and jobs are arrows.
    """
    attempts = list(attempts_of(answer))
    first_ns = min((first_of(attempt) for attempt in attempts), default=0)
    return "".join(pieces([attempts], first_ns))


def first_of(attempt: Attempt) -> int:
    """Return when the first of all spans and log lines of an attempt was, nanoseconds since the epoch."""
    starts = [node.start_ns for part in trees_of(attempt) for node in part.nodes]
    return min([attempt.start_ns, *starts, *(line.time_ns for line in attempt.logs)])


def pieces(batches: Iterable[Iterable[Attempt]], first_ns: int) -> Iterator[str]:
    """
    Yield the trace of many attempts piece by piece.

    Args:
        batches: The attempts, as many at a time as memory holds.
        first_ns: The moment that times count from, nanoseconds since the epoch; what was before is put there.
    """
    told = {"by": f"wxtrace {wxtrace.__version__}", "first_ns": str(first_ns)}
    yield '{"displayTimeUnit":"ns","otherData":' + dumped(told) + ',"traceEvents":['
    drawing, glue = _Drawing(first_ns), "\n"
    for batch in batches:
        for attempt in batch:
            for event in drawing.events_of(attempt):
                yield glue + dumped(event)
                glue = ",\n"
    yield "\n]}\n"


class _Track(NamedTuple):
    """A process and a thread of the trace."""

    pid: int
    tid: int


class _Placed(NamedTuple):
    """A span where it is drawn."""

    node: Node
    span: SpanRow
    track: _Track


class _Drawing:
    """What has been told of processes and threads, and where there is room on them."""

    def __init__(self, first_ns: int) -> None:
        self._first_ns = first_ns
        self._lanes = Lanes()
        self._pids: dict[str, int] = {}
        self._tids: dict[Lane, int] = {}

    def events_of(self, attempt: Attempt) -> Iterator[Event]:
        """Yield the events of an attempt, each behind what names its process and thread."""
        parts, placed = trees_of(attempt), list[dict[int, _Placed]]()
        for part in parts:
            lanes = self._lanes.place(part.nodes)
            drawn = {}
            for place, lane in lanes.items():
                node = part.nodes[place]
                if node.span is not None:
                    yield from self._named(node.span, lane)
                    drawn[place] = _Placed(node, node.span, _Track(self._pids[lane[0]], self._tids[lane]))
            placed.append(drawn)
        yield from self._spans([one for drawn in placed for _, one in sorted(drawn.items())])
        for part, drawn in zip(parts, placed, strict=True):
            yield from self._lines(part, drawn)
        yield from self._deadline(attempt, placed[0])

    def _named(self, row: SpanRow | LogRow, lane: Lane) -> Iterator[Event]:
        if row.writer not in self._pids:
            taken = self._pids.values()
            is_free = 0 < row.pid < _MOST_PIDS and row.pid not in taken
            pid = self._pids[row.writer] = row.pid if is_free else _MOST_PIDS + len(taken)
            name = f"{row.service}@{row.host}" if is_free else f"{row.service}@{row.host} pid {row.pid}"
            yield {"ph": "M", "pid": pid, "name": "process_name", "args": {"name": name}}
            yield {"ph": "M", "pid": pid, "name": "process_labels", "args": {"labels": row.writer}}
        if lane not in self._tids:
            self._tids[lane] = len(self._tids) + 1
            track = {"ph": "M", "pid": self._pids[row.writer], "tid": self._tids[lane]}
            yield {**track, "name": "thread_name", "args": {"name": "lane"}}  # a viewer adds the number
            yield {**track, "name": "thread_sort_index", "args": {"sort_index": lane[1]}}

    def _spans(self, placed: Sequence[_Placed]) -> Iterator[Event]:
        """Yield spans, each with the ends of its arrows right behind it: they are bound to what was told last."""
        known = {(one.span.trace_id, one.span.span_id): one for one in placed}
        senders: dict[tuple[str, str], list[_Placed]] = {}
        for one in placed:
            above = (one.span.trace_id, one.span.parent_span_id or "")
            sender = known.get(above)
            if sender is not None and _is_arrow(sender, one):
                senders.setdefault(above, []).append(one)
        taken = {id(one) for some in senders.values() for one in some}
        for one in placed:
            yield self._span(one)
            for other in senders.get((one.span.trace_id, one.span.span_id), ()):
                yield self._arrow("s", one, other)
            if id(one) in taken:
                yield {**self._arrow("f", one, one), "bp": "e"}

    def _arrow(self, phase: str, end: _Placed, taker: _Placed) -> Event:
        where = {"pid": end.track.pid, "tid": end.track.tid, "ts": self._time(end.node.start_ns)}
        return {"ph": phase, "id": taker.span.span_id, "name": taker.span.name, "cat": "call", **where}

    def _span(self, one: _Placed) -> Event:
        return {
            "ph": "X",
            "name": one.span.name,
            "cat": one.span.layer,
            "pid": one.track.pid,
            "tid": one.track.tid,
            "ts": self._time(one.node.start_ns),
            "dur": (self._since(one.node.end_ns) - self._since(one.node.start_ns)) / 1000,
            "args": _arguments(one.span, one.node),
        }

    def _lines(self, part: Timeline, drawn: Mapping[int, _Placed]) -> Iterator[Event]:
        for line, place in zip(part.lines, part.line_nodes, strict=True):
            holder = drawn.get(place) or next(iter(drawn.values()), None)
            if holder is None:
                lane = line.writer, 0
                yield from self._named(line, lane)
                track = _Track(self._pids[line.writer], self._tids[lane])
            else:
                track = holder.track
            yield self._instant(line.event, "log", track, line.time_ns, _told(line))

    def _deadline(self, attempt: Attempt, drawn: Mapping[int, _Placed]) -> Iterator[Event]:
        """Yield the end of the five seconds, if the attempt was still under way."""
        top = drawn.get(0)
        if top is not None and attempt.recorded and attempt.duration_ns >= _DEADLINE_NS:
            at_ns = attempt.start_ns + _DEADLINE_NS
            yield self._instant(_DEADLINE, "wechat", top.track, at_ns, {"trace_id": attempt.trace_id})

    def _instant(self, name: str, category: str, track: _Track, at_ns: int, told: Event) -> Event:
        where = {"pid": track.pid, "tid": track.tid, "ts": self._time(at_ns)}
        return {"ph": "i", "s": "t", "name": name, "cat": category, **where, "args": told}

    def _time(self, ns: int) -> float:
        """Return microseconds since the first moment, exact to the nanosecond below a hundred days."""
        return self._since(ns) / 1000

    def _since(self, ns: int) -> int:
        return max(0, ns - self._first_ns)


def _is_arrow(sender: _Placed, taker: _Placed) -> bool:
    """Say whether one span called the other; an arrow back in time, by clocks that are off, cannot be drawn."""
    is_call = sender.span.kind in _SENT and taker.span.kind in _TAKEN
    return is_call and sender.node.start_ns <= taker.node.start_ns


def _arguments(span: SpanRow, node: Node) -> Event:
    told = {
        "openid": span.openid,
        "stamp": span.stamp,
        "nonce": span.nonce,
        "module": span.module,
        "state": span.state,
        "status": span.status_code,
        "message": span.status_message,
        "kind": span.kind,
        "time": moment(span.start_ns),
        "start_ns": span.start_ns,
        "end_ns": span.end_ns,
        "end_estimated": True if node.end_estimated else None,
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "parent_span_id": span.parent_span_id,
        "writer": span.writer,
        "seq": span.seq,
        "attributes": span.attributes or None,
    }
    return _known(told)


def _told(line: LogRow) -> Event:
    told = {
        "severity": line.severity,
        "logger": line.logger,
        "openid": line.openid,
        "stamp": line.stamp,
        "layer": line.layer,
        "module": line.module,
        "time": moment(line.time_ns),
        "time_ns": line.time_ns,
        "trace_id": line.trace_id,
        "span_id": line.span_id,
        "writer": line.writer,
        "seq": line.seq,
        "attributes": line.attributes or None,
    }
    return _known(told)


def _known(told: Event) -> Event:
    return {name: plain(value) for name, value in told.items() if value is not None}
