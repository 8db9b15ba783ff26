"""
From when on the records of a store are kept: what retention has removed proves nothing.

A writer opens its journal at its first record. So where the oldest hour of
Parquet is later than that, and the record is not in the journal any more, it
is gone, and others with it.
"""

from __future__ import annotations

from calendar import timegm
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from time import strptime

from wxtrace.errors import StoreDamaged
from wxtrace.scan.files import Files
from wxtrace.scan.hours import HOUR
from wxtrace.scan.stores import OpenStore, Seen
from wxtrace.store import paths

_HOURS = [f"hour=h{hour:02d}" for hour in range(24)]  # not of absurd stamps: those hours outlast the others


def kept_since(stores: Iterable[OpenStore], seen: Seen) -> Mapping[str, int]:
    """
    Return, by writer, from when on what it recorded is there, in nanoseconds; only of those with sealed records.

    Where no Parquet is left, that is from the lookup on.

    Args:
        stores: Where to look.
        seen: Has the writers whose journals were read; takes what cannot be listed.
    """
    oldest: dict[Path, int] = {}
    asked = frozenset(seen.sealed_in_part.values())
    for store in stores:
        if store.journal not in asked:
            continue
        try:
            since_ns = _oldest_hour(store.files)
        except OSError as error:
            seen.damage(str(StoreDamaged(paths.SPANS, str(error))))
            since_ns = None
        oldest[store.journal] = max(oldest.get(store.journal, 0), seen.began_ns if since_ns is None else since_ns)
    return {writer: oldest[journal] for writer, journal in seen.sealed_in_part.items() if journal in oldest}


def kept_between(stores: Iterable[OpenStore], seen: Seen) -> tuple[int, int] | None:
    """
    Return from when to when there are records, in nanoseconds, of Parquet by the hour; None where there are none.

    Args:
        stores: Where to look.
        seen: Has the writers whose journals were read; takes what cannot be listed.
    """
    moments = [ns for writer in seen.writers() for ns in (writer.first_ns, writer.last_ns) if ns is not None]
    for store in stores:
        try:
            oldest_ns, newest_ns = _oldest_hour(store.files), next(_hours(store.files, newest_first=True), None)
        except OSError as error:
            seen.damage(str(StoreDamaged(paths.SPANS, str(error))))
            continue
        if oldest_ns is not None and newest_ns is not None:
            moments += oldest_ns, min(newest_ns + HOUR * 10**9, max(newest_ns, seen.began_ns))
    return (min(moments), max(moments)) if moments else None


def _oldest_hour(files: Files) -> int | None:
    return next(_hours(files), None)


def _hours(files: Files, *, newest_first: bool = False) -> Iterator[int]:
    """Yield when each hour begins that has files, in nanoseconds."""
    days = {table: frozenset(files.days(table)) for table in paths.TABLES}
    numbers = sorted(range(len(_HOURS)), reverse=newest_first)
    for day in sorted(frozenset().union(*days.values()), reverse=newest_first):
        if (began_ns := _day_ns(day)) is None:
            continue
        tables = [table for table in paths.TABLES if day in days[table]]
        for number in numbers:
            if any(files.partition(table, f"{day}/{_HOURS[number]}", {}) for table in tables):
                yield began_ns + number * HOUR * 10**9


def _day_ns(day: str) -> int | None:
    try:
        return timegm(strptime(day, "day=d%Y%m%d")) * 10**9
    except ValueError:
        return None
