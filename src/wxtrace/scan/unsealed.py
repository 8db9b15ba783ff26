"""
What a question wants of a journal: records that are in no Parquet file yet.

A segment is not read record by record: the bytes that the question names are
searched for, and only the record around a hit is unpacked.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from wxtrace.errors import StoreDamaged
from wxtrace.record import FIXED_SIZE, MAGIC, MAX_LENGTH, META, SPAN, Unpacked, frames, length_at, unpack
from wxtrace.row import LogRow, SpanRow
from wxtrace.scan.question import Question
from wxtrace.store.journals import JournalWriter, rows
from wxtrace.store.lastwords import died, is_access, words_of
from wxtrace.store.sealed import Position

_HEAD = struct.Struct("<4sI")
_BLOCK = 64 << 10
_ZEROS = bytes(_BLOCK)


class Unsealed(NamedTuple):
    """The wanted rows of one writer's journal, and what of it cannot be read."""

    spans: tuple[SpanRow, ...]
    logs: tuple[LogRow, ...]
    damaged: tuple[str, ...]


class Recorded(NamedTuple):
    """
    How much a journal holds that is not sealed.

    `first_ns` is when its writer began, `oldest_ns` when the first record that is not
    sealed did, `last_ns` the last moment in it: nanoseconds, None where nothing tells.
    """

    first_ns: int | None
    oldest_ns: int | None
    last_ns: int | None
    records: int


def unsealed(writer: JournalWriter, sealed: Position, question: Question) -> Unsealed:
    """Return the rows of *writer* behind *sealed* that *question* wants; open spans are read first."""
    found = [record for record in writer.begun() if question.wants(record)]
    damaged = []
    for path, start in segments(writer, sealed):
        try:
            content = _written(path.read_bytes())
        except FileNotFoundError:
            continue  # sealed and unlinked since; Parquet is read after this
        except OSError as error:
            damaged.append(str(StoreDamaged(str(path), error.strerror or str(error))))
            continue
        if _is_noise(content):
            damaged.append(str(StoreDamaged(str(path), "there is no record in it")))
        found += [record for record in _hits(content, start, question.needles) if question.wants(record)]
    found += [record for record in _last_words(found, writer) if question.wants(record)]
    spans, logs = rows(found, writer)
    return Unsealed(tuple(spans), tuple(logs), tuple(damaged))


def _last_words(found: list[Unpacked], writer: JournalWriter) -> list[Unpacked]:
    """Return what the writer left of the requests among *found* that were in flight; the sealer makes the same."""
    if not any(is_access(record) for record in found):
        return []
    words = words_of(writer.folder, found, alive=writer.alive)
    if words is None:
        return []
    ended = {record.seq for record in found if record.type == SPAN}
    return [unpack(record) for record in died(words, found, ended)]


def segments(writer: JournalWriter, sealed: Position) -> Iterator[tuple[Path, int]]:
    """Yield the segments that are not sealed whole, and the offset from which each is not."""
    number, offset = sealed.segment, sealed.offset
    for path in writer.segments():
        own = int(path.stem) if path.stem.isdigit() else number + 1
        if own >= number:
            yield path, offset if own == number else 0


def recorded(writer: JournalWriter, sealed: Position) -> Recorded:
    """Count what *writer* recorded behind *sealed*, without unpacking or checking each record."""
    first_ns, oldest_ns, last_ns, records = None, None, None, 0
    for path, start in segments(writer, sealed):
        try:
            content = _written(path.read_bytes())
        except OSError:
            continue  # `unsealed` names it
        first_ns = first_ns or _started(content)
        begin = start or length_at(content, 0)
        first, last, count = _walk(content, begin)
        if count:
            records += count
            oldest_ns = oldest_ns or unpack(content, first).start_ns
            last_ns = max(last_ns or 0, _last_moment(content, begin, last))
    return Recorded(first_ns, oldest_ns, last_ns, records)


def _written(content: bytes) -> bytes:
    """Return what of a segment may hold records: each needle is searched for, and most segments end with zeros."""
    end = len(content)
    while end > _BLOCK and content[end - _BLOCK : end] == _ZEROS:
        end -= _BLOCK
    return content[: end + 2 * _BLOCK]  # a record may end with zeros, but not with more: JSON has none


def _hits(content: bytes, start: int, needles: tuple[bytes, ...]) -> Iterator[Unpacked]:
    if not needles:
        return (unpack(content, offset) for offset, _ in frames(content, start))
    offsets = {offset for needle in needles for offset in around(content, start, needle)}
    return (unpack(content, offset) for offset in sorted(offsets))


def around(content: Any, start: int, needle: bytes) -> Iterator[int]:
    """Yield the offset of each sound record that contains *needle*, once."""
    at = content.find(needle, start)
    while at >= 0:
        offset, end = _record_at(content, start, at)
        if offset >= 0 and at + len(needle) <= end:
            yield offset
        at = content.find(needle, max(at + 1, end))


def _record_at(content: Any, start: int, at: int) -> tuple[int, int]:
    """Return where the last sound record that begins before *at* begins and ends; -1 and *at* if none does."""
    floor = max(start, at - MAX_LENGTH)
    offset = content.rfind(MAGIC, floor, at)
    while offset >= 0:
        length = length_at(content, offset)
        if length:
            return offset, offset + length
        offset = content.rfind(MAGIC, floor, offset)
    return -1, at


def _walk(content: bytes, start: int) -> tuple[int, int, int]:
    """Return where the first and the last record begin, and how many there are, going by their lengths alone."""
    first, last, count, offset, end = -1, -1, 0, start, len(content) - FIXED_SIZE
    while 0 <= offset <= end:
        magic, length = _HEAD.unpack_from(content, offset)
        if magic == MAGIC and FIXED_SIZE <= length <= MAX_LENGTH:
            first, last, count = first if count else offset, offset, count + 1
            offset += length
        else:
            offset = content.find(MAGIC, offset + 1)  # damage, or the end
    return first, last, count


def _started(content: bytes) -> int | None:
    """Return when the writer of a segment began, as the segment's first record tells."""
    if not length_at(content, 0):
        return None
    first = unpack(content)
    if first.type != META:
        return first.start_ns
    try:
        return int(json.loads(first.attributes)["start_ns"])
    except (ValueError, KeyError, TypeError):
        return first.start_ns


def _last_moment(content: bytes, start: int, last: int) -> int:
    offset, _ = _record_at(content, start, last + len(MAGIC))
    record = unpack(content, max(offset, start))
    return record.start_ns if record.end_ns is None else record.end_ns


def _is_noise(content: bytes) -> bool:
    return content[: len(MAGIC)] not in (MAGIC, bytes(len(MAGIC))) and MAGIC not in content
