"""The packed record: there and back, cut and damaged."""

from __future__ import annotations

import struct

import journal_maker
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import record_values

from wxtrace import record
from wxtrace.record import (
    FIELDS,
    FIXED_SIZE,
    IN_REQUEST,
    LOG,
    MAGIC,
    MAX_LENGTH,
    NO_STAMP,
    OPEN,
    SPAN,
    PackedPlace,
    PackedTag,
    Unpacked,
    began,
    finished,
    frames,
    length_at,
    logged,
    opened,
    unpack,
)
from wxtrace.row import SpanRow

RECORDS = [journal_maker.span(seq, attributes={"a": "x" * seq}) for seq in range(1, 6)]
CONTENT = b"".join(RECORDS)
STARTS = [len(b"".join(RECORDS[:number])) for number in range(len(RECORDS))]


def packed(value: Unpacked) -> bytes:
    """Return *value* as a record."""
    tag = PackedTag(value.openid.encode(), NO_STAMP if value.stamp is None else value.stamp, value.nonce.encode())
    place = PackedPlace(
        value.kind,
        value.layer.encode(),
        value.module.encode(),
        value.name.encode(),
        value.logger.encode(),
        value.severity.encode(),
    )
    begin = began(value.seq, value.start_ns, value.trace_id, value.span_id, value.parent_id, tag, place)
    end_ns = NO_STAMP if value.end_ns is None else value.end_ns
    message, attributes = value.message.encode(), value.attributes.encode()
    return finished(value.type, begin, end_ns, value.status, value.flags, message, attributes)


@given(record_values())
def test_there_and_back(value):
    """Whatever a record holds comes back, and nothing else does."""
    content = packed(value)

    assert value == unpack(content)
    assert [(0, len(content))] == list(frames(content))
    assert len(content) == length_at(content, 0)


@given(record_values(), st.sampled_from([0, IN_REQUEST]))
def test_the_short_ways_make_the_same(value, flags):
    """A span that begins and a log line are packed in one step as they would be in two."""
    tag, place = PackedTag(b"oA", 5, b"n"), PackedPlace(1, b"logic", b"menu", b"reply")
    itself = (value.seq, value.start_ns, value.trace_id, value.span_id)
    begin = began(*itself, value.parent_id, tag, place)
    line = began(*itself, bytes(8), tag, place)
    attributes = value.attributes.encode()

    assert (begin, finished(OPEN, begin, flags=flags)) == opened(*itself, value.parent_id, tag, place, flags)
    assert finished(LOG, line, flags=flags, attributes=attributes) == logged(*itself, tag, place, flags, attributes)


@given(st.integers(0, len(CONTENT)))
def test_cut_at_any_byte(at):
    """Of a journal that is cut anywhere, every record before the cut is read."""
    whole = [start for start, content in zip(STARTS, RECORDS, strict=True) if start + len(content) <= at]

    assert whole == [offset for offset, _ in frames(CONTENT[:at])]


@given(st.integers(0, len(CONTENT) - 1), st.integers(1, 255))
def test_any_byte_flipped(at, change):
    """A byte that is changed costs the record that it stands in, and no other."""
    damaged = bytearray(CONTENT)
    damaged[at] ^= change
    hit = max(start for start in STARTS if start <= at)

    assert [start for start in STARTS if start != hit] == [offset for offset, _ in frames(bytes(damaged))]


@given(st.binary(max_size=300))
@example(MAGIC * 40)
@example(MAGIC + struct.pack("<II", MAX_LENGTH + 1, 0) + bytes(200))
@example(MAGIC + struct.pack("<II", 0, 0) + bytes(200))
def test_noise_before_and_behind(noise):
    """Noise between records, be it like the beginning of one, hides none of them."""
    content = noise + RECORDS[0] + noise + RECORDS[1] + noise

    assert [RECORDS[0], RECORDS[1]] == [content[offset : offset + length] for offset, length in frames(content)]


def test_zeros_end_a_segment():
    """The zeros of a prepared segment are no records."""
    assert STARTS == [offset for offset, _ in frames(CONTENT + bytes(1 << 16))]
    assert STARTS[2:] == [offset for offset, _ in frames(CONTENT, STARTS[2])]
    assert [] == list(frames(bytes(1 << 16)))
    assert [] == list(frames(b""))


@pytest.mark.parametrize("buffer", [bytes, bytearray, memoryview])
def test_any_buffer(buffer):
    """A record is read from bytes, from a mapped page, from a view of either."""
    content = buffer(CONTENT)

    assert len(RECORDS[1]) == length_at(content, STARTS[1])
    assert 2 == unpack(content, STARTS[1]).seq


def test_text_that_is_no_utf8():
    """Bytes of a string that are no UTF-8 are shown as such."""
    begin = began(1, 2, bytes(16), bytes(8), bytes(8), PackedTag(b"o\xff"), PackedPlace(0, b"", b"\xfe", b""))

    assert ("o\ufffd", "\ufffd") == (unpack(finished(SPAN, begin)).openid, unpack(finished(SPAN, begin)).module)


@pytest.mark.parametrize(
    "make",
    [
        lambda: PackedTag(b"o" * 256),
        lambda: PackedTag(stamp=1 << 63),
        lambda: PackedTag(nonce=b"n" * 256),
        lambda: PackedPlace(0, b"l" * 256, b"", b""),
        lambda: PackedPlace(0, b"", b"", b"n" * 65536),
    ],
)
def test_what_a_record_cannot_hold(make):
    """A string or stamp that is too long raises where it is packed: the caller cuts."""
    with pytest.raises(struct.error):
        make()


def test_fields_lie_as_they_are_described():
    """The fixed part is what `FIELDS` says, byte by byte: readers take it as columns."""
    size = sum(struct.calcsize("<" + code) for _, _, code in FIELDS)
    values = dict(zip((name for name, _, _ in FIELDS), record._FIXED.unpack_from(RECORDS[0]), strict=True))

    assert FIXED_SIZE == size == record._FIXED.size
    assert (MAGIC, len(RECORDS[0]), 1) == (values["magic"], values["length"], values["seq"])
    assert len(record.STRINGS) == sum(name.endswith("_len") for name in values)


def test_the_length_of_a_span():
    """A span that has no end has no duration."""
    row = dict.fromkeys(SpanRow.__slots__)

    assert 5 == SpanRow(**row | {"start_ns": 2, "end_ns": 7}).duration_ns
    assert None is SpanRow(**row | {"start_ns": 2}).duration_ns
