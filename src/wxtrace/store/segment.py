"""
What records are appended to: a mapped file, or a file with a thread that writes it.

A mapped file gets zeros in every page first. That makes the filesystem own up
to a full disk here, in the background, by an error; a sparse or truncated file
would do so by SIGBUS, in the app. So it is never sparse and never truncated.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from wxtrace.record import frames

_CHUNK: Final = bytes(1 << 18)


class Mapped:
    """
    A pre-written, mapped file.

    `write` appends in one call of C under the GIL: two threads never mix their
    records, and a signal handler or a destructor that logs cannot deadlock.

    Args:
        path: Where to make it; it must not be there yet.
        size: Bytes, fixed for life.
        head: What it begins with.

    Raises:
        OSError: The disk is full, gone or broken; nothing is left behind.
    """

    __slots__ = ("inode", "map", "path", "size", "write")

    def __init__(self, path: Path, size: int, head: bytes = b"") -> None:
        self.path, self.size = path, size
        self.map, self.inode = _prewritten(path, size)
        self.write: Callable[[bytes], int] = self.map.write
        self.write(head)

    def is_gone(self) -> bool:
        """Say whether somebody deleted or replaced the file; what is written to it then goes with the process."""
        try:
            return os.stat(self.path).st_ino != self.inode
        except FileNotFoundError:
            return True

    def seal_off(self) -> None:
        """Let every further `write` fail, also by a thread that took hold of it before."""
        self.map.seek(0, os.SEEK_END)

    def remake(self) -> None:
        """
        Write what the mapping of a deleted file still holds into a new file of its name.

        Raises:
            OSError: The disk is full, gone or broken.
        """
        fresh, inode = _prewritten(self.path, self.size)
        position = self.map.tell()
        self.seal_off()
        with memoryview(self.map) as held:
            fresh[:] = held
        fresh.seek(_end_of_records(fresh, position))
        self.map, self.inode, self.write = fresh, inode, fresh.write

    def stop(self) -> None:
        """Do nothing: a mapping ends with its last user."""


class Queued:
    """
    The same for a disk whose mapped pages cannot be trusted: a thread appends to the file.

    Args:
        path: Where to make it.
        size: Bytes after which `write` fails, so that the next file is begun.
        head: What it begins with.

    Raises:
        OSError: The file cannot be made.
    """

    MAX_WAITING: Final = 8192
    """Records that may wait for the disk; `write` fails beyond."""

    def __init__(self, path: Path, size: int, head: bytes = b"") -> None:
        self.path, self.size = path, size
        self._left = size
        self._waiting: deque[bytes] = deque([head])
        self._wake = threading.Event()
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._stopped = False
        self._thread = threading.Thread(target=self._drain, name="wxtrace-writer", daemon=True)
        self._thread.start()
        self._wake.set()

    def write(self, record: bytes) -> int:
        """Hand *record* to the thread; ValueError when the file or the queue is full."""
        self._left -= len(record)
        if self._left < 0 or len(self._waiting) >= self.MAX_WAITING:
            raise ValueError("full")
        self._waiting.append(record)
        self._wake.set()
        return len(record)

    def is_gone(self) -> bool:
        """Say whether somebody deleted the file."""
        return not self.path.exists()

    def seal_off(self) -> None:
        """Let every further `write` fail."""
        self._left = -1

    def remake(self) -> None:
        """
        Begin the file anew; what the old one held is gone with it.

        Raises:
            OSError: The file cannot be made.
        """
        fresh = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        os.dup2(fresh, self._descriptor, inheritable=False)
        os.close(fresh)

    def stop(self) -> None:
        """Let the thread end once it has written what waits."""
        self._stopped = True
        self._wake.set()

    def _drain(self) -> None:
        while not (self._stopped and not self._waiting):
            self._wake.wait()
            self._wake.clear()
            while self._waiting:
                os.write(self._descriptor, self._waiting[0])
                self._waiting.popleft()
        os.close(self._descriptor)


def _prewritten(path: Path, size: int) -> tuple[mmap.mmap, int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        left = size
        while left:  # one call for all of it: each return from the kernel may wait 5 ms for the GIL
            whole, part = divmod(left, len(_CHUNK))
            left -= os.writev(descriptor, [_CHUNK] * min(whole, 1000) + [_CHUNK[:part]])
        return mmap.mmap(descriptor, size), os.fstat(descriptor).st_ino
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        raise
    finally:
        os.close(descriptor)


def _end_of_records(content: mmap.mmap, position: int) -> int:
    """Return where the next record goes: a thread may have written after we took *position*."""
    for offset, length in frames(content, position):
        position = offset + length
    return position
