"""
Finding values in a column of a row group, without making a Python object of each row.

pyarrow's own comparison lives in `pyarrow.compute`, which costs 20 ms to import
and, given a Python value, pandas. The bytes of a column of strings lie end to
end, so one search through them finds the rows.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import pyarrow as pa

FEW = 8
"""With more values than so many, looking at every row is cheaper than searching for each."""


def indices(rows: Sequence[int]) -> pa.Array[Any]:
    """Return row numbers as `take` wants them; `pyarrow.array` would import pandas."""
    return pa.Array.from_buffers(pa.int64(), len(rows), [None, pa.py_buffer(array("q", rows))])


def rows_equal(column: pa.ChunkedArray[Any], values: Collection[str]) -> list[int]:
    """Return the numbers of the rows whose string is one of *values*, ascending."""
    if len(values) > FEW or column.type != pa.string():
        wanted = frozenset(values)
        return [row for row, value in enumerate(column.to_pylist()) if value in wanted]
    rows: list[int] = []
    first = 0
    for chunk in column.chunks:
        rows += sorted(first + row for value in values for row in _search(chunk, value.encode("utf-8", "replace")))
        first += len(chunk)
    return rows


def _search(chunk: pa.Array[Any], value: bytes) -> Iterator[int]:
    """Yield the rows of *chunk* that are *value*, by where its bytes lie."""
    _, offsets, content = chunk.buffers()
    if content is None or offsets is None or not value:
        return
    ends = memoryview(offsets).cast("i")[chunk.offset : chunk.offset + len(chunk) + 1]
    text = content.to_pybytes()
    at = text.find(value, ends[0], ends[-1])
    while at >= 0:
        row = bisect_right(ends, at) - 1
        if ends[row] == at and ends[row + 1] == at + len(value) and chunk[row].is_valid:
            yield row
        at = text.find(value, at + 1, ends[-1])
