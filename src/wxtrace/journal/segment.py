"""
What records are appended to: a mapped file, or a file with a thread that writes it.

A mapped file gets zeros in every page first. That makes the filesystem own up
to a full disk here, in the background, by an error; a sparse or truncated file
would do so by SIGBUS, in the app. So it is never sparse and never truncated.
"""

from __future__ import annotations

import atexit
import contextlib
import mmap
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from wxtrace.record import frames

_CHUNK: Final = bytes(1 << 18)
_PAUSE_SECONDS: Final = 0.1
_GRACE_SECONDS: Final = 2.0


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

    __slots__ = ("_descriptor", "_inode", "map", "path", "size", "write")

    def __init__(self, path: Path, size: int, head: bytes = b"") -> None:
        self.path, self.size = path, size
        self._inode = 0
        self.map, self._descriptor = _prewritten(path, size)
        self.write: Callable[[bytes], int] = self.map.write
        self.write(head)

    def is_gone(self) -> bool:
        """Say whether somebody deleted or replaced the file; what is written to it then goes with the process."""
        if not self._inode:
            self._inode = os.fstat(self._descriptor).st_ino
            os.close(self._descriptor)
        try:
            return os.stat(self.path).st_ino != self._inode
        except (FileNotFoundError, NotADirectoryError):
            return True

    def seal_off(self) -> None:
        """Let every further `write` fail, also by a thread that took hold of it before."""
        self.map.seek(0, os.SEEK_END)

    def again(self) -> Callable[[], None]:
        """
        Make the deleted file anew, and return what goes on in it with all that the mapping still holds.

        The first part waits for the disk, the returned one does not.

        Raises:
            OSError: The disk is full, gone or broken.
        """
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)  # somebody put another in its place
        return partial(self._move_to, *_prewritten(self.path, self.size))

    def _move_to(self, fresh: mmap.mmap, descriptor: int) -> None:
        position = self.map.tell()
        self.seal_off()
        with memoryview(self.map) as held:
            fresh[:] = held
        fresh.seek(_end_of_records(fresh, position))
        self.map, self._descriptor, self._inode, self.write = fresh, descriptor, 0, fresh.write

    def follow(self, retired: Mapped | Queued) -> None:
        """Take over from *retired*, of which every record is in the kernel's memory."""


class Stalled(ValueError):
    """The disk takes nothing for now, and no more may wait for it."""


class Queued:
    """
    The same for a disk whose mapped pages cannot be trusted: a thread appends to the file.

    What waits for the disk goes with the process; a disk that fails is tried again.

    Args:
        path: Where to make it.
        size: Bytes after which `write` fails, so that the next file is begun.
        head: What it begins with.

    Raises:
        OSError: The file cannot be made.
    """

    MAX_WAITING: Final = 8192
    """Records that may wait for the disk."""

    def __init__(self, path: Path, size: int, head: bytes = b"") -> None:
        self.path, self.size = path, size
        self._left = size - len(head)
        self._turn = threading.RLock()
        self._waiting: deque[bytes] = deque([head])
        self._wake = threading.Event()
        self._before: threading.Thread | None = None
        self._is_sealed_off = False
        self._pid = os.getpid()
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._thread = threading.Thread(target=self._drain, name="wxtrace-writer", daemon=True)
        self._thread.start()
        self._wake.set()
        atexit.register(self._finish)

    def write(self, record: bytes) -> int:
        """
        Hand *record* to the thread.

        Raises:
            Stalled: Too much waits for the disk.
            ValueError: The file is full.
        """
        with self._turn:  # held for an append in memory, never for the disk
            if len(record) > self._left:
                raise ValueError("full")
            if len(self._waiting) >= self.MAX_WAITING:
                raise Stalled("too much waits")
            self._left -= len(record)
            self._waiting.append(record)
        self._wake.set()
        return len(record)

    def is_gone(self) -> bool:
        """Say whether somebody deleted the file."""
        return not self.path.exists()

    def seal_off(self) -> None:
        """Let every further `write` fail, and the thread end once it has written what waits."""
        with self._turn:
            self._left = -1
            self._is_sealed_off = True
        self._wake.set()

    def again(self) -> Callable[[], None]:
        """
        Make the deleted file anew, and return what goes on in it; what the deleted one held is gone with it.

        Raises:
            OSError: The file cannot be made.
        """
        fresh = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        return partial(self._move_to, fresh)

    def _move_to(self, fresh: int) -> None:
        os.dup2(fresh, self._descriptor, inheritable=False)
        os.close(fresh)

    def follow(self, retired: Mapped | Queued) -> None:
        """Write nothing before *retired* is whole: a reader takes it for complete as soon as there is more here."""
        if isinstance(retired, Queued):
            self._before = retired._thread

    def _drain(self) -> None:
        while not (self._is_sealed_off and not self._waiting):
            self._wake.wait()
            self._wake.clear()
            while self._waiting:
                if self._before is not None:
                    self._before.join()
                    self._before = None
                self._put(self._waiting[0])
                self._waiting.popleft()
        os.close(self._descriptor)
        atexit.unregister(self._finish)

    def _finish(self) -> None:
        """Give the disk a moment to take what waits: the process ends."""
        if os.getpid() != self._pid:
            return  # a forked child has neither the thread nor a share in the file
        self.seal_off()
        self._thread.join(_GRACE_SECONDS)

    def _put(self, record: bytes) -> None:
        rest = memoryview(record)
        while rest:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except OSError:  # full or broken; what cannot wait any longer is dropped and counted by `Journal`
                time.sleep(_PAUSE_SECONDS)


def _prewritten(path: Path, size: int) -> tuple[mmap.mmap, int]:
    """
    Return the mapping and the descriptor, which is for later.

    As few calls as can be: at each return from the kernel we wait for the GIL, 5 ms in a busy process, and a
    second in one that gives it away and takes it back at every turn of its event loop.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        left = size
        while left:
            whole, part = divmod(left, len(_CHUNK))
            left -= os.writev(descriptor, [_CHUNK] * min(whole, 1000) + [_CHUNK[:part]])
        return mmap.mmap(descriptor, size), descriptor
    except BaseException:
        os.close(descriptor)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        raise


def _end_of_records(content: mmap.mmap, position: int) -> int:
    """Return where the next record goes: a thread may have written after we took *position*."""
    for offset, length in frames(content, position):
        position = offset + length
    return position
