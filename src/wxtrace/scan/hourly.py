"""
All requests of a window with all their spans, an hour after the other, as columns.

A push and its retries share a stamp, and so a partition. So each partition is
read once, and its requests are told as soon as the next one has been read:
what was recorded of them without a stamp may lie there, or in the one before.
Journals are read first, and whole: what is in them is Python's rows.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from wxtrace.record import LOG, Unpacked
from wxtrace.row import SpanRow
from wxtrace.scan.absence import evidence_of
from wxtrace.scan.arrivals import MARGIN_S
from wxtrace.scan.evidence import Evidence
from wxtrace.scan.found import Found
from wxtrace.scan.hour import COLUMNS, Part, read_part, rows_of
from wxtrace.scan.question import Bounds, Columns
from wxtrace.scan.stores import OpenStore, Seen, listed, open_stores
from wxtrace.scan.sweep import sweep
from wxtrace.scan.window import Arrived
from wxtrace.store import paths
from wxtrace.store.progress import Progress, silent

BESIDE_NS: Final = 30 * 10**9
"""How long before and after the window attempts of its pushes are looked for: four take some twenty seconds."""

_HOURS: Final = tuple(f"hour=h{hour:02d}" for hour in range(24))
_SECOND_NS: Final = 10**9
_LIFE_NS: Final = 3600 * _SECOND_NS  # so long after its arrival spans of a request are looked for in journals


class Hour(NamedTuple):
    """
    Requests of one partition.

    `table` has their spans that lie there, by the store's schema, some perhaps twice; `rows` has the other
    spans of the same requests: of journals, and those without a stamp of the hours beside. `dead` are the
    writers that will end no span any more, and `evidence` is what is known so far.
    """

    table: pa.Table
    rows: tuple[SpanRow, ...]
    dead: frozenset[str]
    evidence: Evidence


class Recorded(NamedTuple):
    """What of journals belongs to a window: every span that began from *first_ns* to *last_ns*."""

    first_ns: int
    last_ns: int

    @property
    def needles(self) -> tuple[bytes, ...]:
        """None: every record is looked at."""
        return ()

    def may_lie(self, bounds: Callable[[str], Bounds]) -> bool:
        """Say no: Parquet is read as columns."""
        return False

    def rows(self, columns: Columns) -> list[int]:
        """Return none."""
        return []

    def wants(self, record: Unpacked) -> bool:
        """Go by the kind of record and its time."""
        return record.type != LOG and self.first_ns <= record.start_ns <= self.last_ns


def scan_hours(
    stores: Sequence[str], first_ns: int, until_ns: int, *, progress: Progress = silent
) -> Iterator[Hour]:
    """
    Yield all requests that came from *first_ns*, and before *until_ns*, by the hour of their stamp.

    Those of `BESIDE_NS` before and after come too, and no log lines.

    Args:
        stores: Folders or URLs; each is looked at, with the journals beside it.
        first_ns: Nanoseconds since the epoch.
        until_ns: Nanoseconds since the epoch.
        progress: Is told how many partitions are done, and of how many.

    Raises:
        StoreMissing: None of the stores is there.
    """
    seen, found = Seen(), Found()
    opened = open_stores(stores, seen)
    asked = Arrived(first_ns - BESIDE_NS, until_ns + BESIDE_NS)
    sweep(opened, {paths.SPANS: Recorded(asked.first_ns, asked.until_ns + _LIFE_NS)}, (), found, seen)
    unsealed = _Unsealed(found.spans(), asked)
    partitions = _partitions(opened, asked, unsealed.partitions, seen)
    before, now = COLUMNS.empty_table(), None
    for number, partition in enumerate([*partitions, None]):
        after = read_part(opened, partition, asked, unsealed.arrived(partition), seen) if partition else None
        if now is not None and now.traces:
            rows = _elsewhere(now, [before, *([] if after is None else [after.untagged])], unsealed)
            yield Hour(now.table, rows, frozenset(seen.dead), evidence_of(seen, (first_ns, until_ns)))
        progress(number, len(partitions))
        before, now = before if now is None else now.untagged, after


class _Unsealed:
    """The rows of journals: by trace, and the traces of requests that came, by their partition."""

    def __init__(self, rows: Iterable[SpanRow], asked: Arrived) -> None:
        self.by_trace: defaultdict[str, list[SpanRow]] = defaultdict(list)
        self._arrived: defaultdict[str, set[str]] = defaultdict(set)
        for row in rows:
            self.by_trace[row.trace_id].append(row)
            if asked.came(row):
                self._arrived[paths.partition(row.stamp, row.start_ns)].add(row.trace_id)

    @property
    def partitions(self) -> frozenset[str]:
        """The partitions in which requests of them will lie."""
        return frozenset(self._arrived)

    def arrived(self, partition: str) -> frozenset[str]:
        """Return the traces of the requests of a partition."""
        return frozenset(self._arrived.get(partition, ()))


def _partitions(opened: Iterable[OpenStore], asked: Arrived, besides: frozenset[str], seen: Seen) -> list[str]:
    """Return the partitions of the time that is asked about, the earliest first, those of absurd stamps last."""
    first = paths.partition(None, max(0, asked.first_ns - MARGIN_S * _SECOND_NS))
    last = paths.partition(None, asked.until_ns + MARGIN_S * _SECOND_NS)
    found = set(besides)
    for store in opened:
        for day in listed(functools.partial(store.files.days, paths.SPANS), paths.SPANS, seen):
            found.update(name for hour in _HOURS if first <= (name := f"{day}/{hour}") <= last)
            if first.split("/")[0] <= day <= last.split("/")[0]:
                found.add(f"{day}/{paths.OTHER_HOUR}")
    return sorted(found, key=lambda name: (name.endswith(paths.OTHER_HOUR), name))


def _elsewhere(now: Part, beside: Iterable[pa.Table], unsealed: _Unsealed) -> tuple[SpanRow, ...]:
    """Return what of the requests of a partition lies elsewhere: in journals, and without a stamp *beside* it."""
    rows = [row for trace in now.traces & unsealed.by_trace.keys() for row in unsealed.by_trace[trace]]
    traces = pa.array(list(now.traces), pa.string())
    for untagged in beside:
        rows += rows_of(untagged.filter(pc.is_in(untagged["trace_id"], traces)))
    return tuple(rows)
