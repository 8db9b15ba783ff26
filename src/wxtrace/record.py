"""
The packed record of a span or a log line.

The writing side makes `bytes` here and hands them on; the reading side gets
them back here, as rows. Nobody else knows the form, which is::

    MAGIC · length · crc32 │ how it ended │ how it began │ the strings of both

A record stands for itself alone: no dictionary, no reference to another, so
that a damaged one costs nothing but itself. Its fixed part has every field at
the same offset (`FIELDS`), so that many records are read as columns.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from zlib import crc32

MAGIC: Final = b"\xf5wx\x01"
"""Four bytes that begin every record; 0xf5 never occurs in UTF-8. The last is the form's version."""

NO_STAMP: Final = -(1 << 63)
"""Stands for "no stamp" and "no end" in the packed form."""

META, SPAN, OPEN, LOG = 0, 1, 2, 3
"""What a record is: the writer's own description, a span that ended, a span that began, a log line."""

UNSET, OK, ERROR = 0, 1, 2
STATUS_CODES: Final = ("UNSET", "OK", "ERROR")
KINDS: Final = ("INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
"""Names of OpenTelemetry's status codes and span kinds, by their numbers."""

IN_REQUEST: Final = 1
"""Flag: made inside a request whose tag may still be learned; the sealer waits for its access span."""

FIELDS: Final = (
    ("magic", "S4", "4s"),
    ("length", "<u4", "I"),
    ("crc", "<u4", "I"),
    # how it ended
    ("type", "u1", "B"),
    ("status", "u1", "B"),
    ("flags", "<u2", "H"),
    ("message_len", "<u4", "I"),
    ("attributes_len", "<u4", "I"),
    ("end_ns", "<i8", "q"),
    # how it began: itself,
    ("seq", "<i8", "q"),
    ("start_ns", "<i8", "q"),
    ("trace_id", "V16", "16s"),
    ("span_id", "V8", "8s"),
    ("parent_id", "V8", "8s"),
    # its request (`PackedTag.fixed`),
    ("stamp", "<i8", "q"),
    ("openid_len", "u1", "B"),
    ("nonce_len", "u1", "B"),
    # its place (`PackedPlace.fixed`)
    ("kind", "u1", "B"),
    ("layer_len", "u1", "B"),
    ("module_len", "u1", "B"),
    ("logger_len", "u1", "B"),
    ("severity_len", "u1", "B"),
    ("name_len", "<u2", "H"),
)
"""Name, numpy format and `struct` code of every fixed field, in order."""

STRINGS: Final = ("openid", "nonce", "layer", "module", "logger", "severity", "name", "message", "attributes")
"""The strings after the fixed part, in order; each has a field `<string>_len`, in bytes of UTF-8."""

_FRAME = struct.Struct("<" + "".join(code for _, _, code in FIELDS[:3]))
_ENDED = struct.Struct("<" + "".join(code for _, _, code in FIELDS[3:9]))
_ITSELF = struct.Struct("<" + "".join(code for _, _, code in FIELDS[9:14]))
_REQUEST = struct.Struct("<" + "".join(code for _, _, code in FIELDS[14:17]))
_PLACE = struct.Struct("<" + "".join(code for _, _, code in FIELDS[17:]))
_FIXED = struct.Struct("<" + "".join(code for _, _, code in FIELDS))

FIXED_SIZE: Final = _FIXED.size
MAX_LENGTH: Final = 1 << 20
"""No record is longer, in bytes; a length above it is damage."""
MAX_NAME: Final = 1024
"""A span's name is cut to so many bytes; a log line's event is not a name, and keeps up to 65,535."""
_FRAME_SIZE = _FRAME.size

_pack_frame, _pack_ended, _pack_itself = _FRAME.pack, _ENDED.pack, _ITSELF.pack


@dataclass(frozen=True, slots=True)
class Unpacked:
    """One record as it lies in a journal, before its writer's name, host and service are put to it."""

    type: int
    status: int
    flags: int
    end_ns: int | None
    seq: int
    start_ns: int
    stamp: int | None
    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    kind: int
    openid: str
    nonce: str
    layer: str
    module: str
    logger: str
    severity: str
    name: str
    message: str
    attributes: str


# ---------------------------------------------------------------- made


class PackedTag:
    """
    A tag, packed once a request.

    Args:
        openid, nonce: UTF-8, at most 255 bytes; empty for none.
        stamp: Unix seconds; `NO_STAMP` for none.

    Raises:
        struct.error: A string is too long; the caller cuts.
    """

    __slots__ = ("fixed", "strings")

    def __init__(self, openid: bytes = b"", stamp: int = NO_STAMP, nonce: bytes = b"") -> None:
        self.fixed = _REQUEST.pack(stamp, len(openid), len(nonce))
        self.strings = openid + nonce


def cut_to(most: int, text: bytes) -> bytes:
    """Return UTF-8 of *most* bytes at most, which ends where a character ends."""
    return text if len(text) <= most else text[:most].decode("utf-8", "ignore").encode()


class PackedPlace:
    """
    Where a span or a log line belongs, packed once for all of that place.

    Args:
        kind: Index into `KINDS`.
        layer, module, logger, severity: UTF-8, at most 255 bytes.
        name: UTF-8, at most 65,535 bytes.

    Raises:
        struct.error: A string is too long; the caller cuts.
    """

    __slots__ = ("fixed", "strings")

    def __init__(
        self, kind: int, layer: bytes, module: bytes, name: bytes, logger: bytes = b"", severity: bytes = b""
    ) -> None:
        self.fixed = _PLACE.pack(kind, len(layer), len(module), len(logger), len(severity), len(name))
        self.strings = layer + module + logger + severity + name


def began(
    seq: int, start_ns: int, trace_id: bytes, span_id: bytes, parent_id: bytes, tag: PackedTag, place: PackedPlace
) -> bytes:
    """
    Pack how a span began, or all of a log line but its attributes.

    Args:
        seq: The writer's running number.
        start_ns: Nanoseconds since the epoch.
        trace_id, span_id, parent_id: 16, 8 and 8 bytes; zeros for none.
        tag: The tag of its request.
        place: Where it belongs, and its name.
    """
    return b"".join(
        (
            _pack_itself(seq, start_ns, trace_id, span_id, parent_id),
            tag.fixed,
            place.fixed,
            tag.strings,
            place.strings,
        )
    )


def opened(
    seq: int,
    start_ns: int,
    trace_id: bytes,
    span_id: bytes,
    parent_id: bytes,
    tag: PackedTag,
    place: PackedPlace,
    flags: int,
) -> tuple[bytes, bytes]:
    """
    Pack how a span began: return what `began` does, and the framed `OPEN` record of it, in one step.

    Args:
        seq, start_ns, trace_id, span_id, parent_id, tag, place: As for `began`.
        flags: `IN_REQUEST` or 0.
    """
    begin = b"".join(
        (
            _pack_itself(seq, start_ns, trace_id, span_id, parent_id),
            tag.fixed,
            place.fixed,
            tag.strings,
            place.strings,
        )
    )
    body = (_BEGUN_IN_REQUEST if flags else _BEGUN) + begin
    return begin, _pack_frame(MAGIC, len(body) + _FRAME_SIZE, crc32(body)) + body


def finished(
    record_type: int,
    begin: bytes,
    end_ns: int = NO_STAMP,
    status: int = UNSET,
    flags: int = 0,
    message: bytes = b"",
    attributes: bytes = b"",
) -> bytes:
    """
    Frame a record: what `began` packed, how it ended, length and checksum.

    Args:
        record_type: `SPAN`, `OPEN`, `LOG` or `META`.
        begin: What `began` returned.
        end_ns: Nanoseconds since the epoch, `NO_STAMP` for none.
        status: Index into `STATUS_CODES`.
        flags: `IN_REQUEST` or 0.
        message: The status message, UTF-8.
        attributes: A JSON object, UTF-8; empty for none.
    """
    body = b"".join(
        (_pack_ended(record_type, status, flags, len(message), len(attributes), end_ns), begin, message, attributes)
    )
    return _pack_frame(MAGIC, len(body) + _FRAME_SIZE, crc32(body)) + body


def logged(
    seq: int,
    time_ns: int,
    trace_id: bytes,
    span_id: bytes,
    tag: PackedTag,
    place: PackedPlace,
    flags: int,
    attributes: bytes,
) -> bytes:
    """
    Frame the record of a log line: what `began` and `finished` make of it, in one step.

    Args:
        seq: The writer's running number.
        time_ns: Nanoseconds since the epoch.
        trace_id, span_id: Of the span it was made under; zeros for none.
        tag, place: As for `began`; the place's name is the event.
        flags: `IN_REQUEST` or 0.
        attributes: A JSON object, UTF-8; empty for none.
    """
    body = b"".join(
        (
            _pack_ended(LOG, UNSET, flags, 0, len(attributes), NO_STAMP),
            _pack_itself(seq, time_ns, trace_id, span_id, _NO_ID),
            tag.fixed,
            place.fixed,
            tag.strings,
            place.strings,
            attributes,
        )
    )
    return _pack_frame(MAGIC, len(body) + _FRAME_SIZE, crc32(body)) + body


_NO_ID: Final = bytes(8)
_BEGUN: Final = _pack_ended(OPEN, UNSET, 0, 0, 0, NO_STAMP)
_BEGUN_IN_REQUEST: Final = _pack_ended(OPEN, UNSET, IN_REQUEST, 0, 0, NO_STAMP)


# ---------------------------------------------------------------- read


def length_at(buffer: Any, offset: int) -> int:
    """
    Return the length in bytes of the sound record at *offset*, 0 if there is none.

    Sound means: the magic is there, all of it lies within *buffer*, and its checksum agrees.
    """
    if offset + FIXED_SIZE > len(buffer):
        return 0
    magic, length, checksum = _FRAME.unpack_from(buffer, offset)
    if magic != MAGIC or not FIXED_SIZE <= length <= MAX_LENGTH or offset + length > len(buffer):
        return 0
    return length if crc32(memoryview(buffer)[offset + _FRAME_SIZE : offset + length]) == checksum else 0


def frames(buffer: Any, start: int = 0) -> Iterator[tuple[int, int]]:
    """
    Yield (offset, length) of every sound record of *buffer* from *start* on.

    What is damaged is skipped up to the next sound record; the caller sees the
    gap between one record's end and the next one's offset. A tail with no sound
    record after it ends the iteration, be it zeros, torn, or still being written.
    """
    size, offset = len(buffer), start
    while offset < size:
        length = length_at(buffer, offset)
        if not length:
            offset = buffer.find(MAGIC, offset + 1)
            if offset < 0:
                return
            continue
        yield offset, length
        offset += length


def unpack(buffer: Any, offset: int = 0) -> Unpacked:
    """Read the sound record at *offset*; bytes that are no UTF-8 come back as U+FFFD."""
    fixed = dict(zip(_NAMES, _FIXED.unpack_from(buffer, offset), strict=True))
    at = offset + FIXED_SIZE
    texts = {}
    for name in STRINGS:
        end = at + fixed[name + "_len"]
        texts[name] = bytes(buffer[at:end]).decode("utf-8", "replace")
        at = end
    return Unpacked(
        type=fixed["type"],
        status=fixed["status"],
        flags=fixed["flags"],
        end_ns=_none(fixed["end_ns"]),
        seq=fixed["seq"],
        start_ns=fixed["start_ns"],
        stamp=_none(fixed["stamp"]),
        trace_id=fixed["trace_id"],
        span_id=fixed["span_id"],
        parent_id=fixed["parent_id"],
        kind=fixed["kind"],
        **texts,
    )


_NAMES = tuple(name for name, _, _ in FIELDS)


def _none(value: int) -> int | None:
    return None if value == NO_STAMP else value
