"""
Who was recording when: what a lookup that finds nothing can still say.

Evidence is gathered from the journals and from what Parquet files say of their
writers in their metadata; rows are not needed for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from wxtrace.scan.unsealed import Recorded
from wxtrace.store.journals import JournalWriter
from wxtrace.store.schema import FileWriter

NEVER_ARRIVED = "never_arrived"
"""Every host recorded all through the window and dropped nothing, and the push is not there."""

CANNOT_KNOW = "cannot_know"
"""A host did not record all through the window, nobody is known at all, or something was lost or is unreadable."""


@dataclass(frozen=True, slots=True)
class WriterSeen:
    """
    One process that recorded, as far as the files that were looked at tell.

    `first_ns` and `last_ns` are its first and last sign of life, `sealed_ns` the
    latest end of its sealed rows; nanoseconds since the epoch, None where nothing
    tells. `records` counts what it has in the files looked at and in its journal.
    """

    writer: str
    host: str
    pid: int
    alive: bool
    first_ns: int | None
    last_ns: int | None
    records: int
    dropped: int
    sealed_ns: int | None


@dataclass(frozen=True, slots=True)
class HostSeen:
    """
    What one host recorded, all its writers together.

    A host is listed if any writer of it is known within an hour of the time asked about.
    `writers` are their names, and `alive` how many of them still run. `first_ns` and `last_ns`
    are when the first began and the last was seen, the moment of the lookup where one is alive;
    None where nothing tells. `gaps` are the stretches (from, to) of the window in which none
    of them recorded. All in nanoseconds.
    """

    host: str
    writers: tuple[str, ...]
    alive: int
    records: int
    dropped: int
    first_ns: int | None
    last_ns: int | None
    gaps: tuple[tuple[int, int], ...]

    @property
    def longest_gap(self) -> tuple[int, int] | None:
        """The longest of its gaps, (from, to)."""
        return max(self.gaps, key=lambda gap: gap[1] - gap[0], default=None)


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    What was looked at, and who was recording.

    `files` and `journals` count the Parquet files and the writers' journals that
    were looked at; `window` is the time asked about, (from, to) in nanoseconds;
    `damaged` names what could not be read; `reason` is None if the push was found,
    else `NEVER_ARRIVED` or `CANNOT_KNOW`. `hosts` is empty where the hours around the
    window were not looked at, as they need not be for a push that is found. `kept` tells, where no
    host is known to have been in service then, from when to when records are here, (from, to) in
    nanoseconds, the hour by which they are stored; None: none are.
    """

    writers: tuple[WriterSeen, ...]
    dropped: int
    files: int
    journals: int
    window: tuple[int, int]
    damaged: tuple[str, ...]
    reason: str | None
    hosts: tuple[HostSeen, ...] = ()
    kept: tuple[int, int] | None = None

    def last_records(self) -> dict[str, int]:
        """Return each writer's last sign of life, nanoseconds since the epoch."""
        signs = ((seen.writer, seen.first_ns if seen.last_ns is None else seen.last_ns) for seen in self.writers)
        return {writer: last_ns for writer, last_ns in signs if last_ns is not None}


def in_journal(writer: JournalWriter, recorded: Recorded, skipped: int = 0) -> WriterSeen:
    """
    Return a writer as its journal tells of it.

    Args:
        writer: Its folder.
        recorded: What is in it and not sealed.
        skipped: How many of its records were damaged, and passed over when they were to be sealed.
    """
    return WriterSeen(
        writer.writer,
        writer.host,
        writer.pid,
        writer.alive,
        recorded.first_ns,
        recorded.last_ns,
        recorded.records,
        writer.dropped + skipped,
        sealed_ns=None,
    )


def merged(seen: Iterable[WriterSeen], sealed: Iterable[FileWriter]) -> tuple[WriterSeen, ...]:
    """
    Return every writer once, by name.

    Args:
        seen: Writers as their journals tell of them.
        sealed: Writers as the metadata of Parquet files tells of them, once a file.
    """
    by_name: defaultdict[str, list[WriterSeen]] = defaultdict(list)
    for one in seen:
        by_name[one.writer].append(one)
    in_files: defaultdict[str, list[FileWriter]] = defaultdict(list)
    for told in sealed:
        in_files[told.writer].append(told)
    for name, files in in_files.items():
        by_name[name].append(_in_files(files))
    return tuple(_merge(by_name[name]) for name in sorted(by_name))


def _in_files(told: list[FileWriter]) -> WriterSeen:
    last_ns = max(one.last_ns for one in told)
    return WriterSeen(
        told[0].writer,
        told[0].host,
        told[0].pid,
        alive=False,
        first_ns=min(one.first_ns for one in told),
        last_ns=last_ns,
        records=sum(one.records for one in told),
        dropped=max(one.dropped for one in told),
        sealed_ns=last_ns,
    )


def _merge(same: list[WriterSeen]) -> WriterSeen:
    return WriterSeen(
        same[0].writer,
        same[0].host,
        same[0].pid,
        alive=any(one.alive for one in same),
        first_ns=min((one.first_ns for one in same if one.first_ns is not None), default=None),
        last_ns=max((one.last_ns for one in same if one.last_ns is not None), default=None),
        records=sum(one.records for one in same),
        dropped=max(one.dropped for one in same),
        sealed_ns=max((one.sealed_ns for one in same if one.sealed_ns is not None), default=None),
    )
