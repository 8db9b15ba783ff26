"""
From when on the records of a store are kept: what retention has removed proves nothing.

A writer opens its journal at its first record. So where the oldest hour of
Parquet is later than that, and the record is not in the journal any more, it
is gone, and others with it.
"""

from __future__ import annotations

from calendar import timegm
from collections.abc import Iterable, Mapping
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


def _oldest_hour(files: Files) -> int | None:
    days = {table: frozenset(files.days(table)) for table in paths.TABLES}
    for day in sorted(frozenset().union(*days.values())):
        began_ns = _day_ns(day)
        tables = [table for table in paths.TABLES if began_ns is not None and day in days[table]]
        for number, hour in enumerate(_HOURS):
            if began_ns is not None and any(files.partition(table, f"{day}/{hour}", {}) for table in tables):
                return began_ns + number * HOUR * 10**9
    return None


def _day_ns(day: str) -> int | None:
    try:
        return timegm(strptime(day, "day=d%Y%m%d")) * 10**9
    except ValueError:
        return None
