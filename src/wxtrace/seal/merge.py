"""
Rows of several sorted files as sorted tables, one range of openids after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wxtrace.store import schema

ROWS_A_RANGE: Final = 40_000
"""Rows that are merged at once, about: the memory of a compaction follows from it."""

Bound = str | None


def merged(table: str, files: Sequence[Any]) -> Iterator[tuple[Any, int]]:
    """
    Yield the rows of *files* in the order of the store, and how many doubles were left out of them.

    Args:
        table: `paths.SPANS` or `paths.LOGS`.
        files: `ParquetFile`s of that table; a column that one lacks reads as null.
    """
    bounds: list[Bound] = [None, *_bounds(files), None]
    for low, high in pairwise(bounds):
        yield from _sorted(table, [_between(table, file, low, high) for file in files])
    yield from _sorted(table, [_without_openid(table, file) for file in files])


def count(rows: Any, counted: dict[str, int]) -> None:
    """Add to *counted* how many of *rows* each writer has."""
    found = rows.column("writer").combine_chunks().value_counts()
    for name, number in zip(found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True):
        counted[name or ""] = counted.get(name or "", 0) + number


def _bounds(files: Sequence[Any]) -> list[str]:
    """Return openids that part the rows into ranges of about equal size."""
    chunks = [chunk for file in files for chunk in file.read(columns=["openid"]).column(0).chunks]
    openids = pa.chunked_array(chunks, pa.string()).combine_chunks().drop_null()
    if len(openids) <= ROWS_A_RANGE:
        return []
    order = _numbers(pc.sort_indices(openids), np.uint64)
    every = (openids[int(order[at])].as_py() for at in range(ROWS_A_RANGE, len(order), ROWS_A_RANGE))
    return list(dict.fromkeys(every))


def _between(table: str, file: Any, low: Bound, high: Bound) -> Any:
    rows = _read(table, file, [group for group in _groups(file) if _touches(file, group, low, high)])
    openid = rows.column("openid")
    wanted = openid.is_valid()
    if low is not None:
        wanted = pc.and_kleene(wanted, pc.greater_equal(openid, _literal(low)))
    if high is not None:
        wanted = pc.and_kleene(wanted, pc.less(openid, _literal(high)))
    return rows.filter(wanted)


def _without_openid(table: str, file: Any) -> Any:
    rows = _read(table, file, list(_groups(file)))
    return rows.filter(rows.column("openid").is_null())


def _groups(file: Any) -> range:
    return range(file.metadata.num_row_groups)


def _touches(file: Any, group: int, low: Bound, high: Bound) -> bool:
    """Say whether a row group may have openids from *low* to below *high*; bytes sort as code points do."""
    said = file.metadata.row_group(group).column(file.schema_arrow.get_field_index("openid")).statistics
    if said is None or not said.has_min_max:
        return True
    return (low is None or said.max >= low) and (high is None or said.min < high)


def _read(table: str, file: Any, groups: list[int]) -> Any:
    form = schema.SCHEMAS[table]
    rows = file.read_row_groups(groups, columns=[name for name in form.names if name in file.schema_arrow.names])
    columns = [
        rows.column(field.name).cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(len(rows), field.type)
        for field in form
    ]
    return pa.Table.from_arrays(columns, schema=form)


def _sorted(table: str, parts: list[Any]) -> Iterator[tuple[Any, int]]:
    rows = pa.concat_tables(parts).combine_chunks()
    if not len(rows):
        return
    known = rows.filter(_best(rows))
    keys: Any = [(name, "ascending") for name in schema.SORTED_BY[table]]
    order = pc.sort_indices(known, sort_keys=keys)  # nulls last
    yield known.take(order), len(rows) - len(known)


def _best(rows: Any) -> Any:
    """Return a mask: of the rows with one (writer, seq) the one that knows most; all, where these are missing."""
    writers, seqs = rows.column("writer").combine_chunks(), rows.column("seq").combine_chunks()
    keep = np.ones(len(rows), np.bool_)
    if not (writers.null_count or seqs.null_count):
        writer, seq = _codes(writers), _numbers(seqs, np.int64)
        order = np.lexsort((_state_ranks(rows), seq, writer))
        again = (writer[order][1:] == writer[order][:-1]) & (seq[order][1:] == seq[order][:-1])
        keep[order[1:][again]] = False
    packed = np.packbits(keep, bitorder="little")
    return pa.Array.from_buffers(pa.bool_(), len(keep), [None, pa.py_buffer(packed.tobytes())])


def _state_ranks(rows: Any) -> npt.NDArray[Any]:
    if "state" not in rows.column_names:
        return np.zeros(len(rows), np.int8)
    encoded = rows.column("state").combine_chunks().fill_null(_literal("open")).dictionary_encode()
    states = encoded.dictionary.to_pylist()
    ranks = [schema.STATES.index(state) if state in schema.STATES else len(schema.STATES) for state in states]
    ranked: npt.NDArray[Any] = np.array(ranks)[_numbers(encoded.indices, np.int32)]
    return ranked


def _codes(strings: Any) -> npt.NDArray[np.int32]:
    return _numbers(strings.dictionary_encode().indices, np.int32)


def _numbers(array: Any, form: Any) -> npt.NDArray[Any]:
    """Return the values of an Arrow array without nulls; its `to_numpy` would import pandas."""
    values: npt.NDArray[Any] = np.frombuffer(array.buffers()[1], form)
    return values[array.offset : array.offset + len(array)]


def _literal(text: str) -> Any:
    """Return *text* as an Arrow scalar; `pa.scalar` would import pandas."""
    data = text.encode()
    offsets = pa.py_buffer(np.array([0, len(data)], np.int32).tobytes())
    return pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(data)])[0]
