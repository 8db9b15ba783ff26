"""
A store behind a URL: each file is put once, whole.
"""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

from pyarrow import fs

from wxtrace.store.paths import HALF

_CHUNK = 8 << 20


class RemotePlace:
    """
    Files of any filesystem that pyarrow knows.

    Object stores show an object when it is whole; where the filesystem has renames instead, a
    temporary name is used.

    Args:
        url: What `pyarrow.fs.FileSystem.from_uri` takes.
    """

    def __init__(self, url: str) -> None:
        self._fs, root = fs.FileSystem.from_uri(url.rstrip("/"))
        self._root = root.rstrip("/")

    def put(self, name: str, content: Any) -> None:
        """Write *content* as the file *name*."""
        self._put(name, lambda stream: stream.write(content))

    def put_file(self, name: str, source: Path) -> None:
        """Write what is in *source*, and remove it with its folder."""

        def copy(stream: Any) -> None:
            with source.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    stream.write(chunk)

        self._put(name, copy)
        source.unlink()
        source.parent.rmdir()

    def exists(self, name: str) -> bool:
        """Say whether the file is there."""
        return bool(self._fs.get_file_info(self._path(name)).type == fs.FileType.File)

    def listed(self, folder: str) -> list[tuple[str, int]]:
        """Return the files of a folder; none if there is no such folder."""
        return [(f"{folder}/{info.base_name}", info.size) for info in self._infos(folder, fs.FileType.File)]

    def folders(self, folder: str) -> list[str]:
        """Return the folders of a folder; none if there is no such folder."""
        return [f"{folder}/{info.base_name}" for info in self._infos(folder, fs.FileType.Directory)]

    def opened(self, name: str) -> Any:
        """Return the file, open, able to seek."""
        return self._fs.open_input_file(self._path(name))

    def remove(self, name: str) -> None:
        """Delete the file; nothing happens if it is not there."""
        with contextlib.suppress(FileNotFoundError):
            self._fs.delete_file(self._path(name))

    def remove_folder(self, folder: str) -> None:
        """Delete the folder and what is in it."""
        with contextlib.suppress(FileNotFoundError):
            self._fs.delete_dir(self._path(folder))

    def scratch(self, folder: str) -> Path:
        """Make a temporary folder on this machine; it goes with the file that is put from it."""
        return Path(tempfile.mkdtemp(prefix="wxtrace-"))

    def _put(self, name: str, write: Any) -> None:
        folder, _, last = self._path(name).rpartition("/")
        self._fs.create_dir(folder, recursive=True)
        half = HALF if self._fs.type_name in ("local", "hdfs") else ""
        with self._fs.open_output_stream(f"{folder}/{half}{last}") as stream:
            write(stream)
        if half:
            self._fs.move(f"{folder}/{half}{last}", f"{folder}/{last}")

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _infos(self, folder: str, kind: Any) -> list[Any]:
        found = self._fs.get_file_info(fs.FileSelector(self._path(folder), allow_not_found=True))
        return sorted((info for info in found if info.type == kind), key=lambda info: str(info.base_name))
