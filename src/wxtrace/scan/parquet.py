"""
The rows of one Parquet file that a question wants.

A file is sorted by openid and stamp, so its footer's statistics leave one or
two row groups; of those the key columns are read first, and all columns only
where a wanted row lies. A file that somebody else wrote may be in any order
and lack any column that may be null: that costs time, not rows.

No call here may import pandas: `pyarrow.compute` with Python values,
`Table.filter` and `read_table` do.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from wxtrace.row import LogRow, SpanRow
from wxtrace.scan.column import indices, rows_equal
from wxtrace.scan.files import Files
from wxtrace.scan.footer import Footer, naming
from wxtrace.scan.question import Question
from wxtrace.scan.rows import LOG_COLUMNS, SPAN_COLUMNS, to_logs, to_spans
from wxtrace.store import paths

GROUPS_KEPT = 16
"""How many row groups of a store stay in memory during a lookup."""

MANY_RUNS = 8
"""Rows that lie in more runs than so many are taken together: a slice costs more than its row."""

_SPARSE = 20  # a value alone costs as much as so many in a row
_COLUMNS = {paths.SPANS: SPAN_COLUMNS, paths.LOGS: LOG_COLUMNS}


class Rows(NamedTuple):
    """Rows of one file; one of the two is empty."""

    spans: tuple[SpanRow, ...]
    logs: tuple[LogRow, ...]


class Reader:
    """
    Reads the rows of one store's files for one lookup, each column of a row group once.

    A lookup asks the same row groups twice, by tag and by trace; the `GROUPS_KEPT`
    that were read last stay in memory until it ends.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._groups: OrderedDict[tuple[str, int], _Group] = OrderedDict()

    def rows(self, footer: Footer, question: Question) -> Rows:
        """
        Return the rows of a file that *question* wants.

        Raises:
            FileNotFoundError: The file is gone.
            StoreDamaged: It cannot be read.
        """
        with naming(footer.file.path):
            tables = [table for group in self._asked(footer, question) if (table := group.wanted(question))]
            if footer.table == paths.SPANS:
                return Rows(tuple(row for table in tables for row in to_spans(*_values(table))), ())
            return Rows((), tuple(row for table in tables for row in to_logs(*_values(table))))

    def _asked(self, footer: Footer, question: Question) -> Iterator[_Group]:
        source = None
        for number in footer.groups(question):
            key = (footer.file.path, number)
            if key not in self._groups:
                source = source or pq.ParquetFile(self._files.open(footer.file.path), metadata=footer.metadata)
                self._groups[key] = _Group(source, footer, number)
            self._groups.move_to_end(key)
            yield self._groups[key]
            if len(self._groups) > GROUPS_KEPT:
                self._groups.popitem(last=False)


class _Group:
    """The columns of one row group, as a question reads them."""

    def __init__(self, source: pq.ParquetFile, footer: Footer, number: int) -> None:
        self.source, self.footer, self.number = source, footer, number
        self._read: dict[str, pa.ChunkedArray[Any]] = {}

    def equal(self, name: str, values: Collection[str]) -> list[int]:
        column = self._column(name)
        return [] if column is None else rows_equal(column, values)

    def between(self, name: str, low: int, high: int) -> list[int]:
        column = self._column(name)
        values = [] if column is None else column.to_pylist()
        return [row for row, value in enumerate(values) if value is not None and low <= value <= high]

    def values(self, name: str, rows: Sequence[int]) -> list[Any]:
        column = self._column(name) if rows else None
        if column is None:
            return [None] * len(rows)
        if len(rows) * _SPARSE < len(column):
            return [column[row].as_py() for row in rows]
        whole = column.to_pylist()
        return [whole[row] for row in rows]

    def read(self, *names: str) -> None:
        self._read_columns([name for name in names if name in self.footer.columns and name not in self._read])

    def wanted(self, question: Question) -> pa.Table | None:
        """Return the rows that *question* wants, None for none; only for them all columns are read."""
        rows = question.rows(self)
        if not rows:
            return None
        self.read(*_COLUMNS[self.footer.table])
        there = [name for name in _COLUMNS[self.footer.table] if name in self.footer.columns]
        table = pa.Table.from_arrays([self._read[name] for name in there], names=there)
        runs = list(_runs(rows))
        if len(runs) > MANY_RUNS:
            return table.take(indices(rows))
        return pa.concat_tables([table.slice(first, last - first + 1) for first, last in runs])

    def _column(self, name: str) -> pa.ChunkedArray[Any] | None:
        self.read(name)
        return self._read.get(name)

    def _read_columns(self, names: list[str]) -> None:
        if not names:
            return
        table = self.source.read_row_group(self.number, columns=names, use_threads=False)
        self._read.update(zip(table.column_names, table.columns, strict=True))


def _values(table: pa.Table) -> tuple[dict[str, list[Any]], int]:
    return {name: column.to_pylist() for name, column in zip(table.column_names, table.columns, strict=True)}, len(
        table
    )


def _runs(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of each run of numbers that follow one another."""
    first = last = rows[0]
    for row in rows[1:]:
        if row != last + 1:
            yield first, last
            first = row
        last = row
    yield first, last
