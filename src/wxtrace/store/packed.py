"""
Many packed records at once: a journal's bytes as numpy columns of their fixed fields.

Python walks from frame to frame and checks each checksum, and does nothing else
record by record.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final
from zlib import crc32

import numpy as np
import numpy.typing as npt

from wxtrace.record import FIELDS, FIXED_SIZE, MAGIC, MAX_LENGTH, STRINGS, length_at

HEADER: Final = np.dtype([(name, form) for name, form, _ in FIELDS])
"""The fixed fields of a record, packed as they lie in the journal."""

Heads = npt.NDArray[Any]
Offsets = npt.NDArray[np.int64]

Buffer = bytes | memoryview

_LONG_RUN, _SHORT_RUN = 1 << 16, 64
"""Records that are checked at once: many, but few where damage has been seen, lest much damage cost its square."""

_LENGTH = struct.Struct("<4xI")
_FRAME_SIZE = struct.calcsize("<" + "".join(code for _, _, code in FIELDS[:3]))
_BLOCK = np.dtype(f"V{FIXED_SIZE}")


@dataclass(frozen=True, slots=True)
class Walked:
    """
    The sound records of a stretch of bytes.

    Attributes:
        offsets: Where each begins.
        heads: Their fixed fields.
        end: Where the last of them ends.
        damaged: How many stretches between two of them are neither.
    """

    offsets: Offsets
    heads: Heads
    end: int
    damaged: int


def walk(content: bytes) -> Walked:
    """Find the sound records of *content*, and where they end; what follows the last one is not judged."""
    runs: list[tuple[Offsets, Heads]] = []
    offset = end = damaged = 0
    limit = _LONG_RUN
    while offset < len(content):
        starts, heads, after = _run(content, offset, limit)
        if len(starts):
            damaged += offset != end
            runs.append((starts, heads))
            end = after
        whole = len(starts) == limit
        limit = 2 * limit if whole else _SHORT_RUN
        offset = after if whole else _next_sound(content, after + 1)
    offsets = np.concatenate([np.empty(0, np.int64), *(starts for starts, _ in runs)])
    return Walked(offsets, joined([heads for _, heads in runs]), end, damaged)


def pick(heads: Heads, rows: Any) -> Heads:
    """Return ``heads[rows]``; as blocks of bytes they are copied three times as fast as field by field."""
    picked: Heads = heads.view(_BLOCK)[rows].view(HEADER)
    return picked


def joined(parts: Sequence[Heads]) -> Heads:
    """Return the fixed fields of all *parts*, one after the other."""
    whole: Heads = np.concatenate([np.empty(0, _BLOCK), *(heads.view(_BLOCK) for heads in parts)]).view(HEADER)
    return whole


def lengths_agree(heads: Heads) -> npt.NDArray[np.bool_]:
    """Say of each record whether the lengths of its strings add up to its own."""
    total = np.full(len(heads), FIXED_SIZE, np.int64)
    for name in STRINGS:
        total += heads[name + "_len"]
    agree: npt.NDArray[np.bool_] = total == heads["length"]
    return agree


def _run(content: bytes, offset: int, limit: int) -> tuple[Offsets, Heads, int]:
    """Return the sound records, at most *limit*, that lie back to back from *offset* on, and where they end."""
    bounds = _chain(content, offset, limit)
    starts = np.array(bounds[:-1], np.int64)
    if not len(starts):
        return starts, np.empty(0, HEADER), offset
    every: Heads = np.ndarray((len(content) - FIXED_SIZE + 1,), _BLOCK, content, strides=(1,))
    heads = every[starts].view(HEADER)
    checksums = [crc32(content[begin + _FRAME_SIZE : end]) for begin, end in pairwise(bounds)]
    unsound = np.flatnonzero((heads["crc"] != np.array(checksums, np.uint32)) | (heads["magic"] != MAGIC))
    sound = int(unsound[0]) if len(unsound) else len(starts)
    return starts[:sound], heads[:sound], bounds[sound]


def _chain(content: bytes, offset: int, limit: int) -> list[int]:
    """Return where records begin if each is as long as it says, and where the last of them ends."""
    bounds = [offset]
    bound, unpack, last = bounds.append, _LENGTH.unpack_from, len(content) - FIXED_SIZE
    while offset <= last and limit:
        (length,) = unpack(content, offset)
        offset += length
        if not FIXED_SIZE <= length <= MAX_LENGTH or offset > len(content):
            break
        bound(offset)
        limit -= 1
    return bounds


def _next_sound(content: bytes, offset: int) -> int:
    offset = content.find(MAGIC, offset)
    while offset >= 0 and not length_at(content, offset):
        offset = content.find(MAGIC, offset + 1)
    return offset if offset >= 0 else len(content)
