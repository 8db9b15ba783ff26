"""
What is kept: whole hours go, the oldest first, when they are too old or all of them too many bytes.
"""

from __future__ import annotations

import os
import time
from calendar import timegm
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from wxtrace.errors import BadInput
from wxtrace.seal.place import Place, place_of
from wxtrace.store import paths

KEEP_DAYS: Final = 7.0
KEEP_BYTES: Final = 10 << 30
"""What is kept unless something else is said: days, and bytes of all tables together."""

DAYS_SETTING, BYTES_SETTING = "WXTRACE_KEEP_DAYS", "WXTRACE_KEEP_BYTES"

_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Retained:
    """What went: hours of a table or both, and their bytes; and the bytes that are left."""

    hours: int
    removed_bytes: int
    left_bytes: int


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of an hour in one of the tables: its name, how many files it has, and their bytes."""

    name: str
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class Hour:
    """A partition: when it ends (unix seconds), and its folders in the tables."""

    name: str
    end_s: int
    folders: tuple[Folder, ...]

    @property
    def size(self) -> int:
        """Its bytes."""
        return sum(folder.size for folder in self.folders)


def retain(
    store: str,
    *,
    max_age_days: float | None = None,
    max_bytes: int | None = None,
    now_ns: int | None = None,
) -> Retained:
    """
    Remove the hours that ended too long ago, then the oldest until the rest is small enough.

    Args:
        store: A folder or URL; nothing happens if it is not there.
        max_age_days: Else ``WXTRACE_KEEP_DAYS``, else `KEEP_DAYS`.
        max_bytes: Else ``WXTRACE_KEEP_BYTES``, else `KEEP_BYTES`.
        now_ns: Nanoseconds since the epoch; now.

    Raises:
        BadInput: A setting is not a number.
    """
    age = _setting(DAYS_SETTING, KEEP_DAYS) if max_age_days is None else max_age_days
    limit = _setting(BYTES_SETTING, KEEP_BYTES) if max_bytes is None else max_bytes
    oldest = (time.time_ns() if now_ns is None else now_ns) / 10**9 - age * _DAY_S
    place = place_of(store)
    found = hours(place)
    left, gone = sum(hour.size for hour in found), []
    for hour in found:
        if hour.end_s < oldest or left > limit:
            for folder in hour.folders:
                place.remove_folder(folder.name)
            left -= hour.size
            gone.append(hour)
    return Retained(len(gone), sum(hour.size for hour in gone), left)


def hours(place: Place) -> list[Hour]:
    """Return the partitions of a store, oldest first; folders that are named otherwise are not ours."""
    folders: dict[str, list[str]] = {}
    for folder in _partition_folders(place):
        folders.setdefault(folder.partition("/")[2], []).append(folder)
    found = []
    for name, of_hour in folders.items():
        end_s = _end(name)
        if end_s is not None:
            found.append(Hour(name, end_s, tuple(_folder(place, folder) for folder in of_hour)))
    return sorted(found, key=lambda hour: (hour.end_s, hour.name))


def _folder(place: Place, name: str) -> Folder:
    sizes = [size for _, size in place.listed(name)]
    return Folder(name, len(sizes), sum(sizes))


def _partition_folders(place: Place) -> Iterator[str]:
    for table in paths.TABLES:
        for day in place.folders(table):
            yield from place.folders(day)


def _end(name: str) -> int | None:
    """Return when a partition ends, in unix seconds; None if the name is not one of ours."""
    day, _, hour = name.partition("/")
    try:
        begin = timegm(time.strptime(day, "day=d%Y%m%d"))
        return begin + (_DAY_S if hour == paths.OTHER_HOUR else (int(hour.removeprefix("hour=h")) + 1) * 3600)
    except ValueError:
        return None


def _setting(name: str, default: float) -> float:
    text = os.environ.get(name, "").strip()
    try:
        return float(text) if text else default
    except ValueError:
        raise BadInput(name, text, "Give a number, or leave it out.") from None
