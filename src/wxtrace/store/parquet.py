"""
One Parquet file of the store, and the rows of it that a question wants.

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
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from wxtrace.errors import StoreDamaged
from wxtrace.record import LogRow, SpanRow
from wxtrace.store import paths
from wxtrace.store.column import rows_equal
from wxtrace.store.evidence import WriterSeen, in_file
from wxtrace.store.files import Files, StoredFile
from wxtrace.store.question import Bounds, Question
from wxtrace.store.rows import LOG_COLUMNS, SPAN_COLUMNS, to_log, to_span
from wxtrace.store.schema import read_metadata

FOOTERS_KEPT = 16 << 20
"""How many bytes of footers, as they lie in the files, stay in memory for the next lookup."""

_NEEDED = {paths.SPANS: ("trace_id", "start_ns"), paths.LOGS: ("time_ns",)}
_COLUMNS = {paths.SPANS: SPAN_COLUMNS, paths.LOGS: LOG_COLUMNS}
_NOTHING = Bounds(None, None, nulls=True)


class Rows(NamedTuple):
    """Rows of one file; one of the two is empty."""

    spans: tuple[SpanRow, ...]
    logs: tuple[LogRow, ...]


@dataclass(frozen=True, slots=True)
class Footer:
    """What a file's footer says: its columns, its statistics, and its writers."""

    file: StoredFile
    table: str
    metadata: pq.FileMetaData
    inputs: tuple[str, ...]
    writers: tuple[WriterSeen, ...]
    columns: dict[str, int]
    _bounds: dict[tuple[int, str], Bounds] = field(default_factory=dict, repr=False, compare=False)

    def bounds(self, group: int, column: str) -> Bounds:
        """Return what the statistics tell of a column in a row group."""
        found = self._bounds.get((group, column))
        if found is None:
            found = self._bounds[group, column] = self._read_bounds(group, column)
        return found

    def groups(self, question: Question) -> list[int]:
        """Return the numbers of the row groups that may hold what *question* wants."""
        return [
            group
            for group in range(self.metadata.num_row_groups)
            if question.may_lie(lambda column, group=group: self.bounds(group, column))  # type: ignore[misc]
        ]

    def _read_bounds(self, group: int, column: str) -> Bounds:
        if column not in self.columns:
            return _NOTHING
        chunk = self.metadata.row_group(group).column(self.columns[column])
        statistics = chunk.statistics
        if statistics is None:
            return Bounds(None, None, nulls=True, known=False)
        count = statistics.null_count  # None: not told
        nulls = count is None or count > 0
        if not statistics.has_min_max:
            return Bounds(None, None, nulls, known=count == chunk.num_values)
        return Bounds(statistics.min, statistics.max, nulls)


def read_footer(files: Files, file: StoredFile, table: str) -> Footer:
    """
    Return a file's footer, from memory if this process read it before.

    Raises:
        FileNotFoundError: The file is gone.
        StoreDamaged: It is not a Parquet file of this table, or of a newer schema.
    """
    footer = _kept.get(file)
    if footer is None:
        footer = _read_footer(files, file, table)
        _kept.put(footer)
    return footer


def read_rows(files: Files, footer: Footer, question: Question) -> Rows:
    """
    Return the rows of a file that *question* wants.

    Raises:
        FileNotFoundError: The file is gone.
        StoreDamaged: It cannot be read.
    """
    with _naming(footer.file.path):
        groups = footer.groups(question)
        if not groups:
            return Rows((), ())
        with pq.ParquetFile(files.open(footer.file.path), metadata=footer.metadata) as source:
            values = [one for number in groups for one in _wanted(_Group(source, footer, number), question)]
        if footer.table == paths.SPANS:
            return Rows(tuple(map(to_span, values)), ())
        return Rows((), tuple(map(to_log, values)))


@dataclass(frozen=True, slots=True)
class _Group:
    """The columns of one row group, as a question reads them."""

    source: pq.ParquetFile
    footer: Footer
    number: int
    _read: dict[str, pa.ChunkedArray] = field(default_factory=dict)

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

    def table(self) -> pa.Table:
        """Read every column that a row is made of."""
        there = [name for name in _COLUMNS[self.footer.table] if name in self.footer.columns]
        return self.source.read_row_group(self.number, columns=there, use_threads=False)

    def _column(self, name: str) -> pa.ChunkedArray | None:
        if name in self.footer.columns and name not in self._read:
            table = self.source.read_row_group(self.number, columns=[name], use_threads=False)
            self._read[name] = table.column(name)
        return self._read.get(name)


def _wanted(group: _Group, question: Question) -> Iterator[dict[str, Any]]:
    rows = question.rows(group)
    if rows:
        table = group.table()
        for first, last in _runs(rows):
            yield from table.slice(first, last - first + 1).to_pylist()


def _runs(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of each run of numbers that follow one another."""
    first = last = rows[0]
    for row in rows[1:]:
        if row != last + 1:
            yield first, last
            first = row
        last = row
    yield first, last


def _read_footer(files: Files, file: StoredFile, table: str) -> Footer:
    with _naming(file.path):
        with pq.ParquetFile(files.open(file.path)) as source:
            metadata = source.metadata
        columns = {name: number for number, name in enumerate(metadata.schema.names)}
        lacking = [name for name in _NEEDED[table] if name not in columns]
        if lacking:
            raise StoreDamaged(file.path, f"it has no column {lacking[0]}, so it is not of the table {table}")
        said = read_metadata(file.path, metadata.metadata)
        return Footer(file, table, metadata, said.inputs, tuple(map(in_file, said.writers)), columns)


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Turn what pyarrow raises for a file that it cannot read into an error that names it."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException, ValueError, TypeError) as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
        raise StoreDamaged(path, reason) from error


class _Kept:
    """The footers that were read last, up to `FOOTERS_KEPT` bytes."""

    def __init__(self) -> None:
        self._footers: OrderedDict[StoredFile, Footer] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, file: StoredFile) -> Footer | None:
        with self._lock:
            if file in self._footers:
                self._footers.move_to_end(file)
            return self._footers.get(file)

    def put(self, footer: Footer) -> None:
        with self._lock:
            if footer.file in self._footers:
                return
            self._footers[footer.file] = footer
            self._bytes += footer.metadata.serialized_size
            while self._bytes > FOOTERS_KEPT and len(self._footers) > 1:
                _, oldest = self._footers.popitem(last=False)
                self._bytes -= oldest.metadata.serialized_size


_kept = _Kept()
