"""
The newest pushes of a store, and how its writers are doing: what there is to see before any alarm.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wxtrace.row import SpanRow
from wxtrace.scan.evidence import WriterSeen
from wxtrace.scan.footer import Footer
from wxtrace.scan.found import Found
from wxtrace.scan.partition import add_rows, footers
from wxtrace.scan.stores import OpenStore, Seen, open_stores
from wxtrace.scan.sweep import look_around, positions, sweep
from wxtrace.scan.unsealed import recorded
from wxtrace.scan.window import Arrived
from wxtrace.store import paths
from wxtrace.store.journals import writers
from wxtrace.store.sealed import Position

_LATEST = 1 << 62
_WIDTHS_NS = (10 * 10**9, 300 * 10**9, _LATEST)
"""An hour is looked at from its end, ever further back, until there is enough."""


@dataclass(frozen=True, slots=True)
class Newest:
    """
    The newest pushes, and the state of the store.

    `pushes` are access spans with a stamp, newest first. `writers` are those that have a
    journal, and those of the Parquet files looked at. `seal_lag_ns` is the age of the
    oldest record that is not in Parquet yet, 0 if there is none.
    """

    pushes: tuple[SpanRow, ...]
    writers: tuple[WriterSeen, ...]
    dropped: int
    seal_lag_ns: int
    damaged: tuple[str, ...]


def newest(stores: Sequence[str], count: int) -> Newest:
    """
    Return the *count* newest pushes of *stores*, and the state of their writers.

    Raises:
        StoreMissing: None of the stores is there.
    """
    seen, found = Seen(), Found()
    opened = open_stores(stores, seen)
    sweep(opened, {paths.SPANS: _since(0)}, (), found, seen)
    for store in opened:
        look_around([store], (f"{day}/{paths.OTHER_HOUR}" for day in store.files.days(paths.LOGS)), seen)
        _add_newest(store, count, found, seen)
    seen_writers = seen.writers()
    return Newest(
        pushes=tuple(reversed(found.spans()))[:count],
        writers=seen_writers,
        dropped=sum(writer.dropped for writer in seen_writers),
        seal_lag_ns=_lag(opened, seen, time.time_ns()),
        damaged=seen.damaged,
    )


def _add_newest(store: OpenStore, count: int, found: Found, seen: Seen) -> None:
    """Add pushes of the newest hours, going back until there are *count* of this store."""
    own = Found()
    for partition in _hours_back(store):
        look_around([store], [partition], seen)  # the log lines of a writer count too
        met = list(footers(store.files, paths.SPANS, partition, seen))
        last_ns = max((_last_start(footer) for footer in met), default=0)
        for width in _WIDTHS_NS:
            for footer in met:
                add_rows(store.reader, footer, _since(max(0, last_ns - width)), own, seen)
            if len(own.spans()) >= count:
                break
        if len(own.spans()) >= count:
            break
    found.add(own.spans(), ())


def _since(first_ns: int) -> Arrived:
    return Arrived(first_ns, _LATEST, stamped=True)


def _hours_back(store: OpenStore) -> Iterator[str]:
    for day in reversed(store.files.days(paths.SPANS)):
        for hour in range(23, -1, -1):
            yield f"{day}/hour=h{hour:02d}"


def _last_start(footer: Footer) -> int:
    bounds = [footer.bounds(group, "start_ns") for group in range(footer.metadata.num_row_groups)]
    return max((bound.high for bound in bounds if bound.high is not None), default=0)


def _lag(opened: Sequence[OpenStore], seen: Seen, now_ns: int) -> int:
    oldest = []
    for journal in dict.fromkeys(store.journal for store in opened):
        sealed = positions(journal, seen)
        for writer in writers(journal):
            began_ns = recorded(writer, sealed.get(writer.writer, Position())).oldest_ns
            if began_ns is not None:
                oldest.append(began_ns)
    return max(0, now_ns - min(oldest)) if oldest else 0
