"""
What a lookup has found so far: every row once, however often it is stored.

A row can be in a table of open spans, in a segment, and in several Parquet
files at the same time. Its identity is (writer, seq); a closed span holds
before a crashed one, that before an open one, and one with a tag before one without.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from wxtrace.row import LogRow, SpanRow
from wxtrace.scan.rows import NO_SEQ

Identity = tuple[str, int]

_RANKS = {"closed": 2, "crashed": 1, "open": 0}


class Found:
    """Rows of both tables by their identity."""

    def __init__(self) -> None:
        self._spans: dict[tuple[object, ...], SpanRow] = {}
        self._logs: dict[tuple[object, ...], LogRow] = {}

    def add(self, spans: Iterable[SpanRow], logs: Iterable[LogRow]) -> None:
        """Take rows in; of two with the same identity the better known one stays."""
        for span in spans:
            identity = _identity(span, span.trace_id, span.span_id, span.start_ns)
            other = self._spans.get(identity)
            if other is None or _rank(span) > _rank(other):
                self._spans[identity] = span
        for log in logs:
            identity = _identity(log, log.trace_id, log.span_id, log.time_ns, log.event)
            known = self._logs.get(identity)
            if known is None or (known.openid is None and log.openid is not None):
                self._logs[identity] = log

    def bury(self, writers: Iterable[str]) -> None:
        """Call the open spans of *writers*, which are dead, crashed: nobody will end them."""
        dead = frozenset(writers)
        for identity, span in self._spans.items():
            if span.state == "open" and span.writer in dead:
                self._spans[identity] = replace(span, state="crashed")

    def spans(self) -> tuple[SpanRow, ...]:
        """Return the spans by start, writer and seq."""
        return tuple(sorted(self._spans.values(), key=lambda row: (row.start_ns, row.writer, row.seq)))

    def logs(self) -> tuple[LogRow, ...]:
        """Return the log lines by time, writer and seq."""
        return tuple(sorted(self._logs.values(), key=lambda row: (row.time_ns, row.writer, row.seq)))

    def traces(self) -> frozenset[str]:
        """Return the ids of the traces that have a row here."""
        of_logs = {log.trace_id for log in self._logs.values() if log.trace_id}
        return frozenset({span.trace_id for span in self._spans.values() if span.trace_id} | of_logs)

    def closed_spans(self) -> frozenset[Identity]:
        """Return the identities of the spans that nothing can make better known."""
        return frozenset((row.writer, row.seq) for row in self._spans.values() if row.state == "closed")

    def log_identities(self) -> frozenset[Identity]:
        """Return the identities of the log lines."""
        return frozenset((row.writer, row.seq) for row in self._logs.values())

    def is_empty(self) -> bool:
        """Say whether there is no row."""
        return not (self._spans or self._logs)

    def moments(self) -> tuple[int, int]:
        """
        Return the first start and the last sign of life, nanoseconds.

        Raises:
            ValueError: There is no row.
        """
        starts = [row.start_ns for row in self._spans.values()] + [row.time_ns for row in self._logs.values()]
        ends = [row.end_ns for row in self._spans.values() if row.end_ns is not None]
        return min(starts), max(starts + ends)


def _rank(row: SpanRow) -> tuple[int, bool]:
    return _RANKS.get(row.state, 0), row.openid is not None


def _identity(row: SpanRow | LogRow, *otherwise: object) -> tuple[object, ...]:
    """Return what makes a row itself; *otherwise* for files of somebody who wrote no `writer` or `seq`."""
    return (row.writer, row.seq) if row.writer and row.seq != NO_SEQ else otherwise
