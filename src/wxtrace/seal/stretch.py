"""
The stretches of the journals that are not sealed yet, and how much of them the next write takes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from wxtrace.record import FIXED_SIZE, IN_REQUEST, LOG, META, NO_STAMP, SPAN, frames, length_at, unpack
from wxtrace.seal.batch import Part, Source, are_access, trace_ids
from wxtrace.seal.packed import Heads, Walked, pick, walk
from wxtrace.store import journals, paths
from wxtrace.store.sealed import Position, Range

MAX_BATCH: Final = 8 << 20
"""Bytes of journal after which a batch takes no further segment: the memory of a pass follows from it."""

HOLD_NS: Final = 60 * 10**9
"""How long a record waits for the access span of its trace to end, in nanoseconds."""

DUE_BYTES, DUE_NS = 8 << 20, 30 * 10**9
"""The follower seals when so much waits, or for so long."""

_PEEK = 1 << 13


@dataclass(frozen=True, slots=True)
class Stretch:
    """
    What a batch takes of one writer.

    Attributes:
        ranges, parts: The bytes taken, and the records in them.
        position: Where the writer stands when they are sealed.
        closing: It is dead, and this is the last of it.
        untold: It cannot tell any more how many records it dropped.
        torn_in: Of each range, whether its last record was cut short.
    """

    ranges: tuple[Range, ...] = ()
    parts: tuple[Part, ...] = ()
    position: Position = field(default_factory=Position)
    closing: bool = False
    untold: bool = False
    torn_in: tuple[bool, ...] = ()

    @property
    def torn(self) -> int:
        """How many last records were cut short."""
        return sum(self.torn_in)

    @property
    def damaged(self) -> int:
        """How many stretches before or between records are none."""
        return sum(_gaps(part) for part in self.parts)

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        return sum(part.end - part.start for part in self.ranges)


def source_of(writer: journals.JournalWriter, *, gone: bool) -> Source:
    """Return what the rows of *writer* say of it."""
    return Source(writer.writer, writer.host, writer.pid, writer.service, writer.dropped, gone)


def take(writer: journals.JournalWriter, position: Position, budget: int, hold_from_ns: int | None) -> Stretch:
    """
    Take what is there of *writer*, from *position* on.

    Args:
        writer: The writer; whether it lives was found out before.
        position: Everything before it is sealed.
        budget: Bytes after which no further segment is taken.
        hold_from_ns: Records that still wait for their tag are left, and what follows them, if
            they began after this (nanoseconds since the epoch); None takes all.
    """
    taken = Stretch(position=position)
    for path, _, complete in _from(writer, position):
        if taken.size >= budget:
            return taken
        taken = _and_segment(taken, writer, path, complete=complete)
        if not complete:
            break
    if not writer.alive:
        return replace(_gone(taken), closing=True, untold=writer.problem is not None)
    return taken if hold_from_ns is None else _before_held(taken, hold_from_ns)


def reread(journal: Path, ranges: tuple[Range, ...], sources: Mapping[str, Source]) -> list[Part]:
    """Read the records of *ranges* again; what somebody has deleted in the meantime is left out."""
    parts = []
    for part in ranges:
        path = journal / part.writer / paths.segment_name(part.segment)
        if part.writer in sources and path.exists():
            content = _read(path, part.start)[: part.end - part.start]
            parts.append(_part(sources[part.writer], content, walk(content)))
    return parts


def open_slots(folder: Path) -> tuple[dict[int, bytes], int]:
    """Return the spans that a dead writer had open, by seq, and how many slots are torn."""
    found, torn = {}, 0
    for table in sorted(folder.glob(paths.OPEN_PREFIX + "*")):
        content = table.read_bytes()
        for at in range(0, len(content), journals.SLOT_SIZE):
            slot = content[at : at + journals.SLOT_SIZE]
            length = length_at(slot, 0)
            if length:
                found[unpack(slot).seq] = slot[:length]
            torn += not length and any(slot[:4])
    return found, torn


def part_of(source: Source, records: list[bytes]) -> Part:
    """Return a part of loose records."""
    content = b"".join(records)
    return _part(source, content, walk(content))


def is_due(writer: journals.JournalWriter, position: Position, now_ns: int) -> bool:
    """Say whether the follower should seal for the sake of *writer*: it is dead, much waits, or waits long."""
    if not writer.alive:
        return True
    waiting = _from(writer, position)
    size = sum(path.stat().st_size - start for path, start, complete in waiting if complete)
    return size >= DUE_BYTES or any(_oldest(path, start) <= now_ns - DUE_NS for path, start, _ in waiting)


def waiting(writer: journals.JournalWriter, position: Position) -> int:
    """Return how many bytes of *writer* are not sealed, at most: a living one's segments end with zeros."""
    if position.gone:
        return 0
    return sum(max(0, path.stat().st_size - start) for path, start, _ in _from(writer, position))


def _from(writer: journals.JournalWriter, position: Position) -> list[tuple[Path, int, bool]]:
    """
    Return the segments from *position* on, where to begin in each, and whether it is complete.

    A living writer has the next segment ready before it needs it. So one is complete when a later
    one has records; this is found out before any of them is read.
    """
    segments = [path for path in writer.segments() if path.stem.isdigit() and int(path.stem) >= position.segment]
    found, complete = [], not writer.alive
    for path in reversed(segments):
        start = position.offset if int(path.stem) == position.segment else 0
        found.append((path, start, complete))
        complete = complete or _is_begun(path)
    return found[::-1]


def _is_begun(path: Path) -> bool:
    """Say whether a segment has more than the writer's own description."""
    content = _read(path, 0, _PEEK)
    length = length_at(content, 0)
    return any(content[length : length + FIXED_SIZE])


def _and_segment(taken: Stretch, writer: journals.JournalWriter, path: Path, *, complete: bool) -> Stretch:
    number = int(path.stem)
    start = taken.position.offset if number == taken.position.segment else 0
    content, walked, cut_short = _verified(path, start, complete=complete)
    part = _part(source_of(writer, gone=False), content, walked)
    return replace(
        taken,
        ranges=(*taken.ranges, Range(writer.writer, number, start, start + walked.end)),
        parts=(*taken.parts, part),
        position=Position(number + 1) if complete else Position(number, start + walked.end),
        torn_in=(*taken.torn_in, cut_short),
    )


def _verified(path: Path, start: int, *, complete: bool) -> tuple[bytes, Walked, bool]:
    """
    Read a segment, find its records, and say whether a complete one ends with half a record.

    What looks damaged is read once more: it may have been in the making.
    """
    for _ in range(2):
        content = _read(path, start)
        walked = walk(content)
        cut_short = complete and bool(np.frombuffer(content, np.uint8, offset=walked.end).any())
        if not (walked.damaged or cut_short):
            break
    return content, walked, cut_short


def _gone(taken: Stretch) -> Stretch:
    """The writer is dead: its last records are the last of it, and its starts without an end crashed."""
    parts = tuple(replace(part, source=replace(part.source, gone=True)) for part in taken.parts)
    return replace(taken, parts=parts, position=replace(taken.position, gone=True))


def _before_held(taken: Stretch, hold_from_ns: int) -> Stretch:
    """Cut *taken* before the first record that waits for its access span to end."""
    ended: set[bytes] = set()
    for part in taken.parts:
        finished = are_access(part.content, part.offsets, part.heads) & (part.heads["type"] == SPAN)
        ended.update(trace_ids(pick(part.heads, finished)))
    for index, part in enumerate(taken.parts):
        row = _first_held(part.heads, ended, hold_from_ns)
        if row is not None:
            return _cut(taken, index, int(taken.parts[index].offsets[row]))
    return taken


def _first_held(heads: Heads, ended: set[bytes], hold_from_ns: int) -> int | None:
    untagged = (heads["openid_len"] == 0) & (heads["flags"] & IN_REQUEST != 0)
    waiting = np.flatnonzero(untagged & (heads["start_ns"] > hold_from_ns))
    ids = trace_ids(pick(heads, waiting))
    return next((int(row) for row, trace in zip(waiting, ids, strict=True) if trace not in ended), None)


def _cut(taken: Stretch, index: int, end: int) -> Stretch:
    last, part = taken.ranges[index], taken.parts[index]
    left = part.offsets < end
    cut = replace(part, content=part.content[:end], offsets=part.offsets[left], heads=pick(part.heads, left))
    return replace(
        taken,
        ranges=(*taken.ranges[:index], replace(last, end=last.start + end)),
        parts=(*taken.parts[:index], cut),
        position=Position(last.segment, last.start + end),
        torn_in=(*taken.torn_in[:index], False),
    )


def _gaps(part: Part) -> int:
    """Return how many stretches of a part are no record: before one, or at its end."""
    ends = np.concatenate([[0], part.offsets + part.heads["length"]])
    return int((np.append(part.offsets, len(part.content)) != ends).sum())


def _part(source: Source, content: bytes, walked: Walked) -> Part:
    return Part(source, memoryview(content)[: walked.end], walked.offsets, walked.heads)


def _read(path: Path, start: int, size: int | None = None) -> bytes:
    with path.open("rb", buffering=0) as file:
        left = max(0, os.fstat(file.fileno()).st_size - start)
        return os.pread(file.fileno(), left if size is None else min(left, size), start)


def _oldest(path: Path, start: int) -> int:
    """Return when the first record from *start* on was made, in nanoseconds; far in the future if there is none."""
    content, end = _read(path, start, _PEEK), 0
    for offset, length in frames(content):
        first = unpack(content, offset)
        if first.type != META:
            return first.start_ns if first.type == LOG or first.end_ns is None else first.end_ns
        end = offset + length
    # something that is longer than what we looked at, or damaged, should not wait for what follows it
    return 0 if any(content[end : end + FIXED_SIZE]) else -NO_STAMP
