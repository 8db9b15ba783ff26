"""
What one write to Parquet takes from the journals: stretches of several writers, as one set of records.

Here is decided what each record becomes: whose state, whose tag, which table and which hour.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from wxtrace.record import FIXED_SIZE, KINDS, LOG, META, NO_STAMP, OPEN, SPAN
from wxtrace.seal.packed import Buffer, Heads, Offsets, joined, lengths_agree, pick
from wxtrace.store import paths

CLOSED, CRASHED, STILL_OPEN = 0, 1, 2
"""Indexes into `schema.STATES`."""

NOTHING = b"{}"
"""The attributes of a record that has none."""

_ACCESS = np.frombuffer(b"access", np.uint8)
_SERVER = KINDS.index("SERVER")
_DAY_NS = 86_400 * 10**9
_HOURS_A_DAY = 25
"""Hours in the number of a partition; the 25th is the one for absurd stamps."""


@dataclass(frozen=True, slots=True)
class Source:
    """The writer of a stretch: what its rows say of where they come from."""

    writer: str
    host: str
    pid: int
    service: str
    dropped: int
    gone: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Sound records of one writer: bytes, where in them each record begins, and their fixed fields."""

    source: Source
    content: Buffer
    offsets: Offsets
    heads: Heads


@dataclass(frozen=True, slots=True)
class Records:
    """
    The records of a batch, as columns of equal length.

    Attributes:
        content: Their bytes, and at the very end `NOTHING`.
        starts: Where in *content* each begins.
        heads: Their fixed fields.
        sources, source_of: The writers, and which of them wrote each record.
        states: Index into `schema.STATES`.
        kept: Is it a row? Not the writer's own description, nor a start whose end is here too.
        tagged_by: The record whose tag it bears: itself, or the access span of its trace.
    """

    content: bytes
    starts: Offsets
    heads: Heads
    sources: tuple[Source, ...]
    source_of: npt.NDArray[np.int32]
    states: npt.NDArray[np.uint8]
    kept: npt.NDArray[np.bool_]
    tagged_by: Offsets


def gather(parts: list[Part], skipped: Mapping[str, int] = MappingProxyType({})) -> Records:
    """Put the records of *parts* together, decide what each becomes, and count as dropped what was *skipped*."""
    by_name = {part.source.writer: part.source for part in parts}
    sources = tuple(replace(one, dropped=one.dropped + skipped.get(name, 0)) for name, one in by_name.items())
    number = {source.writer: index for index, source in enumerate(sources)}
    bases = np.cumsum([0, *(len(part.content) for part in parts)])
    content = b"".join([*(part.content for part in parts), NOTHING])
    starts = np.concatenate([part.offsets + base for part, base in zip(parts, bases, strict=False)])
    heads = joined([part.heads for part in parts])
    source_of = np.repeat([number[part.source.writer] for part in parts], [len(part.offsets) for part in parts])
    sound = lengths_agree(heads)
    if not sound.all():
        starts, heads, source_of = starts[sound], pick(heads, sound), source_of[sound]
    source_of = source_of.astype(np.int32)
    gone = np.array([source.gone for source in sources], np.bool_)[source_of]
    return Records(
        content,
        starts,
        heads,
        sources,
        source_of,
        states=np.where(heads["type"] == OPEN, np.where(gone, CRASHED, STILL_OPEN), CLOSED).astype(np.uint8),
        kept=(heads["type"] == SPAN) | (heads["type"] == LOG) | _unended(heads, source_of),
        tagged_by=_tagged_by(content, starts, heads, source_of),
    )


def partitions(records: Records) -> Iterator[tuple[str, str, Offsets]]:
    """Yield table, partition and rows of each file that the batch becomes, in a settled order."""
    numbers = _partition_numbers(records.heads["stamp"][records.tagged_by], records.heads["start_ns"])
    is_log = records.heads["type"] == LOG
    for table, of_table in ((paths.SPANS, ~is_log), (paths.LOGS, is_log)):
        rows = np.flatnonzero(records.kept & of_table)
        for number in np.unique(numbers[rows]):
            yield table, _partition_name(int(number)), rows[numbers[rows] == number]


def in_order(records: Records, rows: Offsets, ranks: Offsets) -> Offsets:
    """Return *rows* sorted by openid (as *ranks* has it), stamp, trace and start; nulls last."""
    push = _push_numbers(ranks[rows], records.heads["stamp"][records.tagged_by[rows]])
    start = records.heads["start_ns"][rows]
    order = np.lexsort((start, push))
    high, low = _trace_words(records.heads, rows[order])
    of_push = push[order]
    # most pushes have one trace, and are in order now; only the others need their traces compared
    same = of_push[1:] == of_push[:-1]
    several = same & ((high[1:] != high[:-1]) | (low[1:] != low[:-1]))
    at = np.flatnonzero(np.isin(of_push, of_push[1:][several]))
    order[at] = order[at[np.lexsort((start[order[at]], low[at], high[at], of_push[at]))]]
    return rows[order]


def are_access(content: Buffer, starts: Offsets, heads: Heads) -> npt.NDArray[np.bool_]:
    """Say of each record whether it is an access span of a request."""
    found = (heads["kind"] == _SERVER) & (heads["layer_len"] == len(_ACCESS)) & (heads["type"] != LOG)
    at = starts[found] + FIXED_SIZE + heads["openid_len"][found] + heads["nonce_len"][found]
    layers = np.frombuffer(content, np.uint8)[at[:, None] + np.arange(len(_ACCESS))]
    found[found] = (layers == _ACCESS).all(axis=1)
    return np.asarray(found)


def trace_ids(heads: Heads) -> list[bytes]:
    """Return the trace id of each record, as bytes that can be looked up."""
    raw = np.ascontiguousarray(heads["trace_id"]).tobytes()
    return [raw[at : at + 16] for at in range(0, len(raw), 16)]


def unended(records: Records, source: int) -> Mapping[int, bytes]:
    """Return the records of begun spans of a writer that have no end here, by seq."""
    rows = np.flatnonzero(records.kept & (records.heads["type"] == OPEN) & (records.source_of == source))
    return {
        int(records.heads["seq"][row]): records.content[
            records.starts[row] : records.starts[row] + int(records.heads["length"][row])
        ]
        for row in rows
    }


def ended(records: Records, source: int) -> set[int]:
    """Return the seqs of the spans of a writer that end here."""
    rows = (records.heads["type"] == SPAN) & (records.source_of == source)
    return set(records.heads["seq"][rows].tolist())


def _push_numbers(ranks: Offsets, stamps: Offsets) -> Offsets:
    """Return a number for each record that sorts as (rank, stamp) does, no stamp last."""
    stampless = stamps == NO_STAMP
    lowest, highest = int(stamps.min(where=~stampless, initial=0)), int(stamps.max(initial=0))
    if lowest >= 0 and highest < 1 << 40:
        return ranks << 41 | np.where(stampless, 1 << 40, stamps)  # a batch has fewer than 2^22 records
    _, numbers = np.unique(np.where(stampless, np.iinfo(np.int64).max, stamps), return_inverse=True)
    return ranks << 32 | numbers


def _trace_words(heads: Heads, rows: Offsets) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Return the trace ids of *rows* as two numbers each; those of log lines that have none are the highest."""
    words = np.ascontiguousarray(heads["trace_id"][rows]).view(">u8").reshape(-1, 2).astype(np.uint64)
    words[~words.any(axis=1) & (heads["type"][rows] == LOG)] = np.iinfo(np.uint64).max
    return words[:, 0], words[:, 1]


def _unended(heads: Heads, source_of: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Say which records are starts without an end; of several with one seq the first."""
    found = heads["type"] == OPEN
    if not found.any():
        return np.asarray(found)
    closed = heads["type"] == SPAN
    seen = set(zip(source_of[closed].tolist(), heads["seq"][closed].tolist(), strict=True))
    for row in np.flatnonzero(found):
        key = (int(source_of[row]), int(heads["seq"][row]))
        found[row] = key not in seen
        seen.add(key)
    return np.asarray(found)


def _tagged_by(content: bytes, starts: Offsets, heads: Heads, source_of: npt.NDArray[np.int32]) -> Offsets:
    """Return for each record the one whose tag it bears: the access span of its trace, if it has none itself."""
    by = np.arange(len(heads))
    untagged = np.flatnonzero((heads["openid_len"] == 0) & (heads["type"] <= LOG) & (heads["type"] != META))
    if not len(untagged):
        return by
    tagged = np.flatnonzero(are_access(content, starts, heads) & (heads["openid_len"] > 0))
    access = _access_spans(content, starts, heads, source_of, tagged)
    keys = zip(source_of[untagged].tolist(), trace_ids(pick(heads, untagged)), strict=True)
    by[untagged] = [access.get(key, row) for key, row in zip(keys, untagged, strict=True)]
    return by


def _access_spans(
    content: bytes, starts: Offsets, heads: Heads, source_of: npt.NDArray[np.int32], tagged: Offsets
) -> dict[tuple[int, bytes], int]:
    """Return the access span of each trace, by writer and trace id; none where two of them differ in their tag."""
    found: dict[tuple[int, bytes], int] = {}
    tags: dict[tuple[int, bytes], tuple[bytes, int]] = {}
    keys = zip(source_of[tagged].tolist(), trace_ids(pick(heads, tagged)), strict=True)
    for key, row in zip(keys, tagged.tolist(), strict=True):
        at = int(starts[row]) + FIXED_SIZE
        tag = content[at : at + int(heads["openid_len"][row])], int(heads["stamp"][row])
        if tags.setdefault(key, tag) == tag:
            found.setdefault(key, row)
        else:
            found.pop(key, None)
    return found


def _partition_numbers(stamps: Offsets, starts: Offsets) -> Offsets:
    """Return day * 25 + hour of each record; the rule is that of `paths.partition`."""
    second = 10**9
    absurd = (stamps > (starts + _DAY_NS) // second) | (stamps < -((_DAY_NS - starts) // second))
    stampless = stamps == NO_STAMP
    days, rest = np.divmod(np.where(absurd | stampless, starts // second, stamps), 86_400)
    hours = np.where(absurd & ~stampless, _HOURS_A_DAY - 1, rest // 3600)
    numbers: Offsets = days * _HOURS_A_DAY + hours
    return numbers


def _partition_name(number: int) -> str:
    day, hour = divmod(number, _HOURS_A_DAY)
    named = time.strftime("day=d%Y%m%d/", time.gmtime(day * 86_400))
    return named + (paths.OTHER_HOUR if hour == _HOURS_A_DAY - 1 else f"hour=h{hour:02d}")
