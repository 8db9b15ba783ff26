"""
Where sealed files are put: a local folder, or whatever `pyarrow.fs` takes.

A file appears whole or not at all. Names are relative to the store, with slashes.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any, Protocol

from wxtrace.store import paths
from wxtrace.store.sealed import sync_folder


class Place(Protocol):
    """The files of a store, for those who write them."""

    def put(self, name: str, content: Any) -> None:
        """Write *content* (bytes or a buffer) as the file *name*, which appears when it is whole and synced."""

    def put_file(self, name: str, source: Path) -> None:
        """Do the same with what is in the local file *source*, which is gone afterwards."""

    def exists(self, name: str) -> bool:
        """Say whether the file *name* is there."""

    def listed(self, folder: str) -> list[tuple[str, int]]:
        """Return the names, relative to the store, and sizes in bytes of the files right in *folder*, sorted."""

    def folders(self, folder: str) -> list[str]:
        """Return the names, relative to the store, of the folders right in *folder*, sorted."""

    def opened(self, name: str) -> Any:
        """Return the file *name*, for pyarrow to read."""

    def remove(self, name: str) -> None:
        """Remove a file; nothing happens if it is not there."""

    def remove_folder(self, folder: str) -> None:
        """Remove a folder of files and what is in it."""

    def scratch(self, folder: str) -> Path:
        """Return a local folder for the one file that `put_file` will put into *folder*."""


class LocalPlace:
    """
    Files in a local folder; 0600, in folders of 0700.

    Args:
        root: The store.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, name: str, content: Any) -> None:
        """Write the file under a temporary name, sync it, rename it, sync the folder."""
        path = self.root / name
        half = path.with_name(paths.HALF + path.name)
        make_folders(path.parent)
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb", buffering=0) as file:
            left = memoryview(content)
            while left:
                left = left[file.write(left) :]
            os.fsync(descriptor)
        os.replace(half, path)
        sync_folder(path.parent)

    def put_file(self, name: str, source: Path) -> None:
        """Sync the file, rename it, sync the folder."""
        path = self.root / name
        descriptor = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(source, path)
        sync_folder(path.parent)

    def exists(self, name: str) -> bool:
        """Say whether the file is there."""
        return (self.root / name).exists()

    def listed(self, folder: str) -> list[tuple[str, int]]:
        """Return the files of a folder; none if there is no such folder."""
        found = [(f"{folder}/{path.name}", path.stat().st_size) for path in self._within(folder) if path.is_file()]
        return sorted(found)

    def folders(self, folder: str) -> list[str]:
        """Return the folders of a folder; none if there is no such folder."""
        return sorted(f"{folder}/{path.name}" for path in self._within(folder) if path.is_dir())

    def opened(self, name: str) -> Any:
        """Return the path: pyarrow opens it itself."""
        return str(self.root / name)

    def remove(self, name: str) -> None:
        """Unlink the file."""
        (self.root / name).unlink(missing_ok=True)

    def remove_folder(self, folder: str) -> None:
        """Unlink the files and remove the folder, and the day's folder when that was its last hour."""
        for name, _ in self.listed(folder):
            self.remove(name)
        path = self.root / folder
        with contextlib.suppress(OSError):  # somebody may be writing there; then both stay
            path.rmdir()
            path.parent.rmdir()

    def scratch(self, folder: str) -> Path:
        """Return the folder itself: a rename does not leave its filesystem."""
        return self.root / folder

    def _within(self, folder: str) -> list[Path]:
        try:
            return list((self.root / folder).iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []


def place_of(store: str) -> Place:
    """Return the place of *store*; nothing is made until the first file is put."""
    if paths.is_url(store):
        from wxtrace.seal.remote import RemotePlace  # pyarrow.fs; a local store need not load it

        return RemotePlace(store)
    return LocalPlace(paths.local_folder(store))


def make_folders(folder: Path) -> None:
    """Make *folder* and those above it that are missing, for nobody else to read, and sync their names."""
    if folder.is_dir():
        return
    make_folders(folder.parent)
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, 0o700)
    sync_folder(folder.parent)
