"""
Many packed records at once: a journal's bytes as numpy columns of their fixed fields.

Python walks from frame to frame and checks each checksum, and does nothing else
record by record.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final
from zlib import crc32

import numpy as np
import numpy.typing as npt

from wxtrace.record import FIELDS, FIXED_SIZE, MAGIC, MAX_LENGTH, STRINGS, length_at

HEADER: Final = np.dtype([(name, form) for name, form, _ in FIELDS])
"""The fixed fields of a record, packed as they lie in the journal."""

Heads = npt.NDArray[Any]
Offsets = npt.NDArray[np.int64]

_FRAME = struct.Struct("<" + "".join(code for _, _, code in FIELDS[:3]))
_BLOCK = np.dtype(f"V{FIXED_SIZE}")


@dataclass(frozen=True, slots=True)
class Walked:
    """
    The sound records of a stretch of bytes.

    `offsets` is where each begins, `end` where the last of them ends, `damaged` how many
    stretches between two of them are neither.
    """

    offsets: list[int]
    end: int
    damaged: int


def walk(content: bytes) -> Walked:
    """Find the sound records of *content*, and where they end; what follows the last one is not judged."""
    offsets: list[int] = []
    found, unpack, view, size = offsets.append, _FRAME.unpack_from, memoryview(content), len(content)
    offset = end = damaged = 0
    last, frame = size - FIXED_SIZE, _FRAME.size
    while offset <= last:
        magic, length, checksum = unpack(content, offset)
        if (
            magic == MAGIC
            and FIXED_SIZE <= length <= MAX_LENGTH
            and offset + length <= size
            and crc32(view[offset + frame : offset + length]) == checksum
        ):
            damaged += offset != end
            found(offset)
            offset = end = offset + length
        else:
            offset = _next_sound(content, offset + 1)
    return Walked(offsets, end, damaged)


def heads_at(content: bytes, offsets: Offsets) -> Heads:
    """Return the fixed fields of the records of *content* that begin at *offsets*."""
    if not len(offsets):
        return np.empty(0, HEADER)
    every = np.ndarray((len(content) - FIXED_SIZE + 1,), _BLOCK, content, strides=(1,))
    return every[offsets].view(HEADER)


def lengths_agree(heads: Heads) -> npt.NDArray[np.bool_]:
    """Say of each record whether the lengths of its strings add up to its own."""
    total = np.full(len(heads), FIXED_SIZE, np.int64)
    for name in STRINGS:
        total += heads[name + "_len"]
    return total == heads["length"]


def _next_sound(content: bytes, offset: int) -> int:
    offset = content.find(MAGIC, offset)
    while offset >= 0 and not length_at(content, offset):
        offset = content.find(MAGIC, offset + 1)
    return offset if offset >= 0 else len(content)
