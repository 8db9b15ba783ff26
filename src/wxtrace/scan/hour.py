"""
One partition of the spans as columns: the requests that came in some time, with all their rows that lie there.

Where most rows of an hour are wanted, a Python object of each would cost more
than all else. So they stay in Arrow. Few columns say which requests came, and
the rest is read only of the row groups that hold rows of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import compute

from wxtrace.errors import StoreDamaged
from wxtrace.row import SpanRow
from wxtrace.scan.footer import Footer, naming
from wxtrace.scan.partition import footers
from wxtrace.scan.rows import SPAN_COLUMNS, to_spans
from wxtrace.scan.stores import OpenStore, Seen
from wxtrace.scan.window import ACCESS, SERVER, Arrived
from wxtrace.store import paths, schema

pc: Any = compute  # its stubs know no plain values

COLUMNS: Final = pa.schema([schema.SPANS.field(name) for name in SPAN_COLUMNS])
"""The columns of a part: those of which a row is made."""

_KEYS: Final = pa.schema([COLUMNS.field(name) for name in ("start_ns", "stamp", "layer", "kind", "trace_id")])


class Part(NamedTuple):
    """
    What of a partition belongs to a window.

    `traces` are those of the requests that came, `table` all rows of them, and `untagged` the rows
    without a stamp from that time on, which may belong to requests of the hours beside.
    """

    traces: frozenset[str]
    table: pa.Table
    untagged: pa.Table


@dataclass(frozen=True, slots=True)
class _Group:
    """A row group, of which the keys are read."""

    source: pq.ParquetFile
    footer: Footer
    number: int
    keys: pa.Table

    def rows(self) -> pa.Table:
        """Return all columns."""
        there = [name for name in SPAN_COLUMNS if name in self.footer.columns and name not in _KEYS.names]
        rest = self.source.read_row_group(self.number, columns=there, use_threads=False)
        columns = [_column(rest if name in there else self.keys, name) for name in SPAN_COLUMNS]
        return pa.Table.from_arrays(columns, schema=COLUMNS)


def read_part(
    opened: Iterable[OpenStore], partition: str, asked: Arrived, besides: frozenset[str], seen: Seen
) -> Part:
    """
    Return what of a partition belongs to a window.

    Args:
        opened: The stores that are there.
        partition: Its name.
        asked: Which requests are meant, by the time when they came.
        besides: Traces whose rows are wanted too.
        seen: Takes the files, the writers, and what is damaged.
    """
    groups = [group for store in opened for group in _groups(store, partition, seen)]
    keys = pa.concat_tables([group.keys for group in groups]) if groups else _KEYS.empty_table()
    traces = besides | {trace for trace in _came(keys, asked).to_pylist() if trace}
    known = pa.array(list(traces), pa.string())
    timely = pc.greater_equal(keys["start_ns"], asked.first_ns)
    untagged = pc.and_(pc.is_null(keys["stamp"]), timely)
    return Part(traces, *_read(groups, pc.is_in(keys["trace_id"], known), untagged, seen))


def rows_of(table: pa.Table) -> list[SpanRow]:
    """Return a table of `COLUMNS` as rows."""
    return to_spans({name: table[name].to_pylist() for name in SPAN_COLUMNS}, len(table))


def _groups(store: OpenStore, partition: str, seen: Seen) -> Iterator[_Group]:
    for footer in footers(store.files, paths.SPANS, partition, seen):
        try:
            with naming(footer.file.path):
                source = pq.ParquetFile(store.files.open(footer.file.path), metadata=footer.metadata)
                numbers = range(footer.metadata.num_row_groups)
                groups = [_Group(source, footer, number, _keys(source, footer, number)) for number in numbers]
        except FileNotFoundError:
            continue  # replaced or retired since it was listed; the next listing shows by what
        except StoreDamaged as error:
            seen.damage(str(error))
            continue
        yield from groups


def _keys(source: pq.ParquetFile, footer: Footer, number: int) -> pa.Table:
    there = [name for name in _KEYS.names if name in footer.columns]
    read = source.read_row_group(number, columns=there, use_threads=False)
    return pa.Table.from_arrays([_column(read, name) for name in _KEYS.names], schema=_KEYS)


def _column(table: pa.Table, name: str) -> pa.ChunkedArray[Any]:
    """Return a column in the type that the schema has for it; nulls if it is missing."""
    kind = COLUMNS.field(name).type
    if name not in table.column_names:
        return pa.chunked_array([pa.nulls(len(table), kind)])
    column = table[name]
    return column if column.type == kind else column.cast(kind)


def _came(keys: pa.Table, asked: Arrived) -> pa.ChunkedArray[Any]:
    """Return the traces of the access spans that began in the time that is asked about."""
    told = (
        pc.greater_equal(keys["start_ns"], asked.first_ns),
        pc.less(keys["start_ns"], asked.until_ns),
        pc.equal(keys["layer"], ACCESS),
        pc.equal(keys["kind"], SERVER),
    )
    return keys["trace_id"].filter(reduce(pc.and_, told))


def _read(
    groups: Iterable[_Group], own: pa.ChunkedArray[Any], untagged: pa.ChunkedArray[Any], seen: Seen
) -> tuple[pa.Table, pa.Table]:
    """Return the rows that are *own*, and those that are *untagged*: a yes or no for each row of all groups."""
    found: tuple[list[pa.Table], list[pa.Table]] = ([COLUMNS.empty_table()], [COLUMNS.empty_table()])
    first = 0
    for group in groups:
        masks = [mask.slice(first, len(group.keys)) for mask in (own, untagged)]
        first += len(group.keys)
        if any(pc.any(mask).as_py() for mask in masks):
            try:
                with naming(group.footer.file.path):
                    rows = group.rows()
            except FileNotFoundError:
                continue
            except StoreDamaged as error:
                seen.damage(str(error))
                continue
            for tables, mask in zip(found, masks, strict=True):
                tables.append(rows.filter(mask))
    return pa.concat_tables(found[0]), pa.concat_tables(found[1])
