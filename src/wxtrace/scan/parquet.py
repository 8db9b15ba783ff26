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
from wxtrace.scan.column import rows_equal
from wxtrace.scan.files import Files
from wxtrace.scan.footer import Footer, naming
from wxtrace.scan.question import Question
from wxtrace.scan.rows import LOG_COLUMNS, SPAN_COLUMNS, to_log, to_span
from wxtrace.store import paths

GROUPS_KEPT = 16
"""How many row groups of a store stay in memory during a lookup."""

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
            values = [one for group in self._asked(footer, question) for one in group.wanted(question)]
            if footer.table == paths.SPANS:
                return Rows(tuple(map(to_span, values)), ())
            return Rows((), tuple(map(to_log, values)))

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
        return [None if column is None else column[row].as_py() for row in rows]

    def wanted(self, question: Question) -> Iterator[dict[str, Any]]:
        """Yield the rows that *question* wants; only for them all columns are read."""
        rows = question.rows(self)
        if not rows:
            return
        there = [name for name in _COLUMNS[self.footer.table] if name in self.footer.columns]
        self._read_columns([name for name in there if name not in self._read])
        table = pa.Table.from_arrays([self._read[name] for name in there], names=there)
        for first, last in _runs(rows):
            yield from table.slice(first, last - first + 1).to_pylist()

    def _column(self, name: str) -> pa.ChunkedArray[Any] | None:
        if name in self.footer.columns and name not in self._read:
            self._read_columns([name])
        return self._read.get(name)

    def _read_columns(self, names: list[str]) -> None:
        table = self.source.read_row_group(self.number, columns=names, use_threads=False)
        self._read.update(zip(table.column_names, table.columns, strict=True))


def _runs(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of each run of numbers that follow one another."""
    first = last = rows[0]
    for row in rows[1:]:
        if row != last + 1:
            yield first, last
            first = row
        last = row
    yield first, last
