"""
The journals of a host as a reader finds them: writers, living or dead, and their records.

A reader takes the table of open spans first and the segments after it, so that
a span that ends in between is seen at least once; (writer, seq) makes it once.
"""

from __future__ import annotations

import fcntl
import json
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wxtrace.record import FIXED_SIZE, KINDS, LOG, OPEN, SPAN, STATUS_CODES, Unpacked, frames, length_at, unpack
from wxtrace.row import LogRow, SpanRow, attributes_of
from wxtrace.store import paths

SLOT_SIZE = 512
"""Bytes of a slot in the table of open spans; a longer start goes to the journal."""

COUNTERS_AT = 2048
"""Where in the file `writer` the counters stand, after the JSON: dropped (u64)."""
COUNTERS = struct.Struct("<Q")

held_here: set[tuple[int, str]] = set()
"""Process id and writer of every folder that this process has locked itself; a forked child has locked none."""

_RETRIES = 5


@dataclass(frozen=True, slots=True)
class JournalWriter:
    """
    One process that records, or recorded, and what it left in the journal.

    `problem` says why its file `writer` cannot be read; `dropped` is not known then.
    """

    folder: Path
    writer: str
    host: str
    pid: int
    service: str
    alive: bool
    dropped: int
    problem: str | None = None

    def segments(self) -> list[Path]:
        """Return the segments that are there, oldest first; none if the folder is sealed and gone."""
        return self._there("*" + paths.SEGMENT_SUFFIX)

    def begun(self) -> list[Unpacked]:
        """Return the spans that had begun and not ended, as the table of open spans has them."""
        return [record for table in self._tables() for record in _slots(table)]

    def torn_slots(self) -> int:
        """Return how many slots of the table of open spans hold something that is no record."""
        return sum(_torn(table) for table in self._tables())

    def _tables(self) -> list[Path]:
        return self._there(paths.OPEN_PREFIX + "*")

    def _there(self, pattern: str) -> list[Path]:
        try:
            return sorted(self.folder.glob(pattern))
        except FileNotFoundError:  # it went between two looks of `glob`
            return []


def writers(journal: Path) -> list[JournalWriter]:
    """
    Return every writer that has a folder in *journal*, oldest name first; none if there is no journal.

    A folder with a dot is one that is being made: even a look at its lock could get in the way.
    """
    return [_read_writer(folder) for folder in _folders(journal)]


def count(journal: Path) -> int:
    """Return how many writers have a folder in *journal*, without a look into any; 0 if none can be listed."""
    try:
        return len(_folders(journal))
    except OSError:
        return 0


def records(segment: bytes, start: int = 0) -> Iterator[Unpacked]:
    """Yield the sound records of a segment's bytes; what is damaged is passed over."""
    for offset, _ in frames(segment, start):
        yield unpack(segment, offset)


def damaged_bytes(segment: bytes, start: int = 0, *, tail: bool = False) -> int:
    """
    Return how many bytes from *start* to the last sound record belong to none.

    Args:
        segment: The bytes of a segment.
        start: Where a record begins.
        tail: Count what follows the last record too, up to where nothing but zeros are left.
    """
    lost, expected = 0, start
    for offset, length in frames(segment, start):
        lost += offset - expected
        expected = offset + length
    return lost + (len(segment[expected:].rstrip(b"\0")) if tail else 0)


def span_row(record: Unpacked, writer: JournalWriter) -> SpanRow:
    """Return a packed span as a row; one that has no end is `open`, or `crashed` if its writer is gone."""
    unfinished = "open" if writer.alive else "crashed"
    return SpanRow(
        openid=record.openid or None,
        stamp=record.stamp,
        nonce=record.nonce or None,
        layer=record.layer,
        module=record.module,
        name=record.name,
        trace_id=record.trace_id.hex(),
        span_id=record.span_id.hex(),
        parent_span_id=record.parent_id.hex() if any(record.parent_id) else None,
        kind=KINDS[record.kind] if record.kind < len(KINDS) else KINDS[0],
        start_ns=record.start_ns,
        end_ns=record.end_ns,
        state="closed" if record.type == SPAN else unfinished,
        status_code=STATUS_CODES[record.status] if record.status < len(STATUS_CODES) else STATUS_CODES[0],
        status_message=record.message or None,
        service=writer.service,
        host=writer.host,
        pid=writer.pid,
        writer=writer.writer,
        seq=record.seq,
        attributes=attributes_of(record.attributes),
    )


def log_row(record: Unpacked, writer: JournalWriter) -> LogRow:
    """Return a packed log line as a row."""
    return LogRow(
        openid=record.openid or None,
        stamp=record.stamp,
        nonce=record.nonce or None,
        trace_id=record.trace_id.hex() if any(record.trace_id) else None,
        span_id=record.span_id.hex() if any(record.span_id) else None,
        layer=record.layer or None,
        module=record.module or None,
        time_ns=record.start_ns,
        severity=record.severity,
        event=record.name,
        logger=record.logger or None,
        service=writer.service,
        host=writer.host,
        pid=writer.pid,
        writer=writer.writer,
        seq=record.seq,
        attributes=attributes_of(record.attributes),
    )


def rows(found: list[Unpacked], writer: JournalWriter) -> tuple[list[SpanRow], list[LogRow]]:
    """Return the rows of *found*, each (type-wise closed before open) record once by its seq."""
    ended = {record.seq for record in found if record.type == SPAN}
    once = {
        (record.type, record.seq): record
        for record in found
        if record.type in (SPAN, LOG) or (record.type == OPEN and record.seq not in ended)
    }
    spans = [span_row(record, writer) for record in once.values() if record.type != LOG]
    logs = [log_row(record, writer) for record in once.values() if record.type == LOG]
    return spans, logs


def is_alive(folder: Path) -> bool:
    """
    Say whether the process that writes into *folder* still runs.

    It holds a POSIX record lock on its file `lock`. A process loses such a lock
    when it closes *any* descriptor of the file, so its own is never opened here.
    """
    if (os.getpid(), folder.name) in held_here:
        return True
    try:
        descriptor = os.open(folder / paths.LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _folders(journal: Path) -> list[Path]:
    try:
        return sorted(entry for entry in journal.iterdir() if entry.is_dir() and entry.name[0] != ".")
    except (FileNotFoundError, NotADirectoryError):
        return []


def _read_writer(folder: Path) -> JournalWriter:
    host, pid = _host_and_pid(folder.name)
    service, dropped, problem = "", 0, None
    try:
        content = (folder / paths.WRITER).read_bytes()
        described = json.loads(content[:COUNTERS_AT].rstrip(b"\0"))
        host, pid, service = str(described["host"]), int(described["pid"]), str(described["service"])
        (dropped,) = COUNTERS.unpack_from(content, COUNTERS_AT)
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        problem = repr(error)  # the folder's name says who it was; its records are read all the same
    return JournalWriter(folder, folder.name, host, pid, service, is_alive(folder), dropped, problem)


def _host_and_pid(name: str) -> tuple[str, int]:
    parts = name.rsplit("-", 3)
    return (parts[0], int(parts[1])) if len(parts) == 4 and parts[1].isdigit() else (name, 0)


def _slots(table: Path) -> Iterator[Unpacked]:
    try:
        content = table.read_bytes()
    except OSError:
        return
    for offset in range(0, len(content) - FIXED_SIZE, SLOT_SIZE):
        slot = content[offset : offset + SLOT_SIZE]
        for _ in range(_RETRIES):
            if slot[:4] == b"\0\0\0\0" or length_at(slot, 0):
                break
            slot = _slot_again(table, offset)  # it was being written as we read
        if length_at(slot, 0):
            yield unpack(slot)


def _torn(table: Path) -> int:
    try:
        content = table.read_bytes()
    except OSError:
        return 0
    slots = (content[at : at + SLOT_SIZE] for at in range(0, len(content), SLOT_SIZE))
    return sum(any(slot[:4]) and not length_at(slot, 0) for slot in slots)


def _slot_again(table: Path, offset: int) -> bytes:
    with table.open("rb", buffering=0) as file:
        file.seek(offset)
        return file.read(SLOT_SIZE)
