"""
The footer of a Parquet file: what can be known of its rows without reading them.

Files never change, so the footers that were read last are kept for the next
lookup of the same process.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import pyarrow as pa
import pyarrow.parquet as pq

from wxtrace.errors import StoreDamaged
from wxtrace.scan.files import Files, StoredFile
from wxtrace.scan.question import Bounds, Question
from wxtrace.store import paths
from wxtrace.store.schema import FileMetadata, read_metadata

FOOTERS_KEPT = 16 << 20
"""How many bytes of footers, as they lie in the files, stay in memory for the next lookup."""

_NEEDED = {paths.SPANS: ("trace_id", "start_ns"), paths.LOGS: ("time_ns",)}
_NOTHING = Bounds(None, None, nulls=True)


class Footer:
    """What a file's footer says: its columns, its statistics, and what the file says of itself."""

    def __init__(
        self, file: StoredFile, table: str, metadata: pq.FileMetaData, said: FileMetadata, columns: dict[str, int]
    ) -> None:
        self.file, self.table, self.metadata, self.said, self.columns = file, table, metadata, said, columns
        self._bounds: dict[tuple[int, str], Bounds] = {}

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


def forget() -> None:
    """Keep no footer: the next lookup reads them all, as the first of a process does."""
    _kept.clear()


@contextmanager
def naming(path: str) -> Iterator[None]:
    """
    Turn what pyarrow raises for a file that it cannot read into an error that names *path*.

    Raises:
        FileNotFoundError: The file is gone.
        StoreDamaged: Anything else.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException, ValueError, TypeError, KeyError) as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
        raise StoreDamaged(path, reason) from error


def _read_footer(files: Files, file: StoredFile, table: str) -> Footer:
    with naming(file.path):
        with pq.ParquetFile(files.open(file.path)) as source:
            metadata = source.metadata
        columns = {name: number for number, name in enumerate(metadata.schema.names)}
        lacking = [name for name in _NEEDED[table] if name not in columns]
        if lacking:
            raise StoreDamaged(file.path, f"it has no column {lacking[0]}, so it is not of the table {table}")
        said = read_metadata(file.path, metadata.metadata)
        return Footer(file, table, metadata, said, columns)


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

    def clear(self) -> None:
        with self._lock:
            self._footers.clear()
            self._bytes = 0

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
