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
"""A writer recorded all through the window and dropped nothing, and the push is not there."""

CANNOT_KNOW = "cannot_know"
"""Nobody recorded all through the window, or something was dropped or is unreadable."""


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

    def covers(self, from_ns: int, to_ns: int, now_ns: int) -> bool:
        """Say whether it demonstrably recorded from *from_ns* to *to_ns* and dropped nothing."""
        last_ns = now_ns if self.alive else self.last_ns
        if self.first_ns is None or last_ns is None or self.dropped:
            return False
        return self.first_ns <= from_ns and to_ns <= last_ns


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    What was looked at, and who was recording.

    `files` and `journals` count the Parquet files and the writers' journals that
    were looked at; `window` is the time asked about, (from, to) in nanoseconds;
    `damaged` names what could not be read; `reason` is None if the push was found,
    else `NEVER_ARRIVED` or `CANNOT_KNOW`.
    """

    writers: tuple[WriterSeen, ...]
    dropped: int
    files: int
    journals: int
    window: tuple[int, int]
    damaged: tuple[str, ...]
    reason: str | None


def in_journal(writer: JournalWriter, recorded: Recorded) -> WriterSeen:
    """Return a writer as its journal tells of it."""
    return WriterSeen(
        writer.writer,
        writer.host,
        writer.pid,
        writer.alive,
        recorded.first_ns,
        recorded.last_ns,
        recorded.records,
        writer.dropped,
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


def reason(writers: Iterable[WriterSeen], window: tuple[int, int], now_ns: int) -> str:
    """
    Say why nothing was found.

    Args:
        writers: All that were seen.
        window: The time asked about, (from, to), nanoseconds.
        now_ns: The time of the lookup; a living writer recorded up to then.
    """
    seen = list(writers)
    if any(writer.dropped for writer in seen):
        return CANNOT_KNOW
    return NEVER_ARRIVED if any(writer.covers(*window, now_ns) for writer in seen) else CANNOT_KNOW


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
