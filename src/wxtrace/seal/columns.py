"""
Packed records to Arrow tables, column by column; nothing here is done record by record.

All strings of all records lie in the journal's own bytes. They become one Arrow
array over those bytes, without a copy (`Pool`); every column of strings is then
one `take` from it, which gathers and sorts in the same step. What has few values
(kinds, states, writers) is a dictionary.

Numbers reach Arrow as buffers: `pa.array` and `to_numpy` would import pandas.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wxtrace.record import FIXED_SIZE, KINDS, NO_STAMP, STATUS_CODES, STRINGS
from wxtrace.seal.batch import NOTHING, Records
from wxtrace.seal.packed import pick
from wxtrace.store import schema

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_PIECES: Final = len(STRINGS) + 2
"""Elements of the pool for each record: its fixed part, its strings, what lies before the next record."""

_HEX: Final = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), np.uint16)


class Pool:
    """
    Every string of the records as one Arrow array over the journal's bytes.

    Args:
        records: The records, in the order of their bytes.
    """

    def __init__(self, records: Records) -> None:
        bounds = np.empty((len(records.heads), _PIECES), np.int32)
        bounds[:, 0] = records.starts
        bounds[:, 1] = records.starts + FIXED_SIZE
        for piece, name in enumerate(STRINGS, 2):
            np.add(bounds[:, piece - 1], records.heads[name + "_len"], out=bounds[:, piece], casting="unsafe")
        size = len(records.content)
        offsets = np.concatenate([bounds.reshape(-1), np.array([size - len(NOTHING), size], np.int32)])
        buffers = [None, _buffer(offsets), _buffer(records.content)]
        self._array = pa.Array.from_buffers(pa.string(), len(offsets) - 1, buffers)
        self._heads, self._nothing = records.heads, bounds.size

    def strings(self, rows: Rows, name: str, *, nullable: bool = False) -> Any:
        """Return string *name* (of `record.STRINGS`) of each of *rows*; null for an empty one if *nullable*."""
        empty = self._heads[name + "_len"][rows] == 0 if nullable else None
        if empty is not None and empty.all():
            return pa.nulls(len(rows), pa.string())
        return _sound(self._array.take(_indices(self._elements(rows, name), empty)))

    def objects(self, rows: Rows, name: str) -> Any:
        """Return the JSON object *name* of each of *rows*; an empty one where there is none."""
        elements = self._elements(rows, name)
        elements[self._heads[name + "_len"][rows] == 0] = self._nothing
        return _sound(self._array.take(_indices(elements)))

    def _elements(self, rows: Rows, name: str) -> npt.NDArray[np.int32]:
        return (rows * _PIECES + (STRINGS.index(name) + 1)).astype(np.int32)


def spans(records: Records, pool: Pool, rows: Rows) -> Any:
    """Return the spans *rows* of *records* as a table with the contract's columns, in that order."""
    heads = pick(records.heads, rows)
    start, end = heads["start_ns"], heads["end_ns"]
    endless = end == NO_STAMP
    return _table(
        schema.SPANS,
        _tag(records, pool, rows)
        | {
            "layer": pool.strings(rows, "layer"),
            "module": pool.strings(rows, "module"),
            "name": pool.strings(rows, "name"),
            "trace_id": _hex(heads["trace_id"]),
            "span_id": _hex(heads["span_id"]),
            "parent_span_id": _hex(heads["parent_id"], nullable=True),
            "kind": words(KINDS, _within(heads["kind"], KINDS)),
            "start_ns": numbers(start),
            "end_ns": numbers(end, endless),
            "duration_ns": numbers(end - start, endless),
            "state": words(schema.STATES, records.states[rows]),
            "status_code": words(STATUS_CODES, _within(heads["status"], STATUS_CODES)),
            "status_message": pool.strings(rows, "message", nullable=True),
            "time": _times(start),
        }
        | _source(records, pool, rows),
    )


def logs(records: Records, pool: Pool, rows: Rows) -> Any:
    """Return the log lines *rows* of *records* as a table with the contract's columns, in that order."""
    heads = pick(records.heads, rows)
    return _table(
        schema.LOGS,
        _tag(records, pool, rows)
        | {
            "trace_id": _hex(heads["trace_id"], nullable=True),
            "span_id": _hex(heads["span_id"], nullable=True),
            "layer": pool.strings(rows, "layer", nullable=True),
            "module": pool.strings(rows, "module", nullable=True),
            "time_ns": numbers(heads["start_ns"]),
            "severity": pool.strings(rows, "severity"),
            "event": pool.strings(rows, "name"),
            "logger": pool.strings(rows, "logger", nullable=True),
            "time": _times(heads["start_ns"]),
        }
        | _source(records, pool, rows),
    )


def ranks(records: Records, pool: Pool) -> Rows:
    """Return a number for each record that sorts as its openid's bytes do, none last."""
    rows = np.arange(len(records.heads))
    encoded = pool.strings(records.tagged_by[rows], "openid").dictionary_encode()
    order = np.frombuffer(pc.sort_indices(encoded.dictionary).buffers()[1], np.uint64)
    rank = np.empty(len(order), np.int64)
    rank[order.astype(np.int64)] = np.arange(len(order))
    ranked = rank[np.frombuffer(encoded.indices.buffers()[1], np.int32)]
    ranked[records.heads["openid_len"][records.tagged_by] == 0] = len(order)
    return ranked


def numbers(values: npt.NDArray[Any], missing: Mask | None = None, form: Any = None) -> Any:
    """Return an Arrow array of *values*, null where *missing*; int64 unless *form* says otherwise."""
    form = form or pa.int64()
    data = np.ascontiguousarray(values, dtype=f"<i{form.bit_width // 8}")
    return pa.Array.from_buffers(form, len(data), [_validity(missing), _buffer(data)])


def words(choices: Sequence[str], chosen: npt.NDArray[Any]) -> Any:
    """Return ``choices[i]`` for each i of *chosen*, as a dictionary: it is written as one, unhashed."""
    ends = np.cumsum([0, *(len(choice.encode()) for choice in choices)]).astype(np.int32)
    buffers = [None, _buffer(ends), _buffer("".join(choices).encode())]
    dictionary = pa.Array.from_buffers(pa.string(), len(choices), buffers)
    return pa.DictionaryArray.from_arrays(numbers(chosen, form=pa.int32()), dictionary)


def _tag(records: Records, pool: Pool, rows: Rows) -> dict[str, Any]:
    tagged_by = records.tagged_by[rows]
    stamps = records.heads["stamp"][tagged_by]
    return {
        "openid": pool.strings(tagged_by, "openid", nullable=True),
        "stamp": numbers(stamps, stamps == NO_STAMP),
        "nonce": pool.strings(tagged_by, "nonce", nullable=True),
    }


def _source(records: Records, pool: Pool, rows: Rows) -> dict[str, Any]:
    sources, chosen = records.sources, records.source_of[rows]
    pids = np.array([source.pid for source in sources], np.int32)
    return {
        "service": words([source.service for source in sources], chosen),
        "host": words([source.host for source in sources], chosen),
        "pid": numbers(pids[chosen], form=pa.int32()),
        "writer": words([source.writer for source in sources], chosen),
        "seq": numbers(records.heads["seq"][rows]),
        "attributes": pool.objects(rows, "attributes"),
    }


def _table(form: Any, columns: dict[str, Any]) -> Any:
    return pa.Table.from_arrays([columns[name] for name in form.names], names=form.names)


def _hex(ids: npt.NDArray[Any], *, nullable: bool = False) -> Any:
    size = ids.dtype.itemsize
    raw = np.ascontiguousarray(ids).view(np.uint8).reshape(-1, size)
    missing = np.asarray(~raw.any(axis=1)) if nullable else None
    offsets = np.arange(len(raw) + 1, dtype=np.int32) * (2 * size)
    buffers = [_validity(missing), _buffer(offsets), _buffer(_HEX[raw])]
    return pa.Array.from_buffers(pa.string(), len(raw), buffers)


def _times(nanoseconds: npt.NDArray[np.int64]) -> Any:
    return numbers(nanoseconds // 1000, form=pa.timestamp("us", tz="UTC"))


def _within(values: npt.NDArray[Any], choices: Sequence[str]) -> npt.NDArray[Any]:
    return np.where(values < len(choices), values, 0)


def _indices(elements: npt.NDArray[np.int32], missing: Mask | None = None) -> Any:
    return pa.Array.from_buffers(pa.int32(), len(elements), [_validity(missing), _buffer(elements)])


def _buffer(data: Any) -> Any:
    return pa.py_buffer(data)


def _validity(missing: Mask | None) -> Any:
    return None if missing is None else _buffer(np.packbits(~missing, bitorder="little"))


def _sound(strings: Any) -> Any:
    """Return *strings*, with U+FFFD for what is no UTF-8: one bad byte would make the whole file unreadable."""
    try:
        strings.validate(full=True)
    except pa.ArrowInvalid:
        return _replaced(strings)
    return strings


def _replaced(strings: Any) -> Any:
    raw = strings.cast(pa.binary()).to_pylist()
    texts = [None if text is None else text.decode("utf-8", "replace").encode() for text in raw]
    missing = np.array([text is None for text in texts])
    offsets = np.cumsum([0, *(len(text or b"") for text in texts)]).astype(np.int32)
    data = _buffer(b"".join(text or b"" for text in texts))
    return pa.Array.from_buffers(pa.string(), len(texts), [_validity(missing), _buffer(offsets), data])
