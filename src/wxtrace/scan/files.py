"""
The Parquet files of a store, wherever it is: what is there, and the bytes of one.

A folder and a bucket answer the same three questions; only this module knows
which of the two a store is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

import pyarrow as pa
from pyarrow import fs

from wxtrace.store import paths

_SUFFIX = ".parquet"


class StoredFile(NamedTuple):
    """A Parquet file as a listing shows it; what has this path, size and time never changes."""

    path: str
    size: int
    mtime_ns: int

    @property
    def name(self) -> str:
        """The file's name within its folder."""
        return self.path.rpartition("/")[2]


class Files(Protocol):
    """The files of one store."""

    def tables(self) -> list[str]:
        """Return which of the tables have a folder."""

    def days(self, table: str) -> list[str]:
        """Return the names of a table's day folders, oldest first."""

    def partition(self, table: str, partition: str, known: Mapping[str, StoredFile]) -> list[StoredFile]:
        """Return the Parquet files of a partition, by name; those *known* by path are not asked for."""

    def open(self, path: str) -> pa.NativeFile:
        """
        Open a file for reading.

        Raises:
            FileNotFoundError: It is gone.
            OSError: It cannot be read.
        """


def files_of(store: str) -> Files:
    """
    Return the files of *store*, a folder or a URL that `pyarrow.fs` takes.

    Raises:
        ValueError: The URL is none, or its scheme is not known.
    """
    if paths.is_url(store):
        return _Remote(*fs.FileSystem.from_uri(store))
    return _Local(str(paths.local_folder(store)))


class _Local:
    def __init__(self, root: str) -> None:
        self.root = root

    def tables(self) -> list[str]:
        return [table for table in paths.TABLES if Path(self.root, table).is_dir()]

    def days(self, table: str) -> list[str]:
        return sorted(entry.name for entry in _entries(f"{self.root}/{table}"))

    def partition(self, table: str, partition: str, known: Mapping[str, StoredFile]) -> list[StoredFile]:
        entries = [entry for entry in _entries(f"{self.root}/{table}/{partition}") if _is_data(entry.name)]
        found = [known.get(entry.path) or _stored(entry) for entry in sorted(entries, key=lambda entry: entry.name)]
        return [file for file in found if file is not None]

    def open(self, path: str) -> pa.NativeFile:
        return pa.memory_map(path)


class _Remote:
    def __init__(self, filesystem: fs.FileSystem, root: str) -> None:
        self.filesystem, self.root = filesystem, root

    def tables(self) -> list[str]:
        return [table for table in paths.TABLES if self._entries(table)]

    def days(self, table: str) -> list[str]:
        return sorted(entry.base_name for entry in self._entries(table))

    def partition(self, table: str, partition: str, known: Mapping[str, StoredFile]) -> list[StoredFile]:
        found = [
            StoredFile(entry.path, entry.size, entry.mtime_ns or 0)
            for entry in self._entries(f"{table}/{partition}")
            if entry.is_file and _is_data(entry.base_name)
        ]
        return sorted(found, key=lambda file: file.name)

    def open(self, path: str) -> pa.NativeFile:
        return self.filesystem.open_input_file(path)

    def _entries(self, folder: str) -> list[fs.FileInfo]:
        where = f"{self.root.rstrip('/')}/{folder}"
        return list(self.filesystem.get_file_info(fs.FileSelector(where, allow_not_found=True)))


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except (FileNotFoundError, NotADirectoryError):
        return


def _stored(entry: os.DirEntry[str]) -> StoredFile | None:
    try:
        status = entry.stat()
    except FileNotFoundError:
        return None  # compaction or retention took it while we listed
    return StoredFile(entry.path, status.st_size, status.st_mtime_ns)


def _is_data(name: str) -> bool:
    return name.endswith(_SUFFIX) and not name.startswith((".", "_"))
