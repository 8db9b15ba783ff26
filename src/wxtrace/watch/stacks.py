"""
The file that `faulthandler` writes to: `stacks.txt` in the writer's folder.

`faulthandler` holds a number of a descriptor, no more. So that number is kept for life, and what it
leads to is changed: to the file of the next journal, or, in a forked child that has none yet, to nowhere.
Before each use it is looked at whether the number is still ours: an app may close descriptors, and open others.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Final

from wxtrace.store import oom, paths
from wxtrace.store.stacks import HEADER_SIZE, Header

MAX_SIZE: Final = 1 << 20
"""Bytes of the file that are looked at."""
_MAX_ROOTS: Final = 64
_FLAGS: Final = os.O_CREAT | os.O_APPEND | os.O_CLOEXEC

_Identity = tuple[int, int]


class Target:
    """What `faulthandler` is given. It alone keeps it: when it is gone, somebody else has taken over."""

    __slots__ = ("__weakref__", "_descriptor")

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor

    def flush(self) -> None:
        """Do nothing: nothing waits."""


class Stacks:
    """The descriptor, and the file that it leads to."""

    def __init__(self) -> None:
        self.descriptor = -1
        self._identity: _Identity | None = None
        self.path: Path | None = None
        self._header = Header()

    def lead_to(self, folder: Path) -> bool:
        """
        Make the file in *folder*, and lead the descriptor there; return whether its number is a new one.

        Raises:
            OSError: It cannot be made.
        """
        path = folder / paths.STACKS
        self._header = Header(_roots(), _pythons(), oom.kills_now(socket.gethostname()))
        fresh = os.open(path, os.O_WRONLY | _FLAGS, 0o600)
        try:
            if os.fstat(fresh).st_size == 0:
                os.write(fresh, self._header.packed())
            is_new = self._move(fresh)
        finally:
            if self.descriptor != fresh:
                os.close(fresh)
        self.path = path
        return is_new

    def lead_nowhere(self) -> None:
        """Lead the descriptor to nowhere: in a forked child, and when nothing is recorded any more."""
        self.path = None
        if self.is_held():
            nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
            try:
                self._move(nowhere)
            finally:
                os.close(nowhere)

    def _move(self, fresh: int) -> bool:
        is_new = not self.is_held()
        if is_new:
            self.descriptor = fresh
        else:
            os.dup2(fresh, self.descriptor, inheritable=False)
        self._identity = _identity(self.descriptor)
        return is_new

    def is_held(self) -> bool:
        """Say whether the descriptor is still ours."""
        return self.descriptor >= 0 and _identity(self.descriptor) == self._identity

    def is_there(self) -> bool:
        """Say whether the file is where it was made, and the descriptor leads there."""
        if self.path is None or not self.is_held():
            return False
        try:
            found = os.stat(self.path)
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == self._identity

    def note_kills(self) -> None:
        """
        Note how often the kernel has killed by now, where that has changed.

        Raises:
            OSError: The file cannot be written to.
        """
        noted = self._header.kills
        now = None if noted is None else oom.again(noted)
        if now is None or now == noted or self.path is None:
            return
        self._header = Header(self._header.roots, self._header.pythons, now)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.pwrite(descriptor, self._header.packed(), 0)
        finally:
            os.close(descriptor)

    def written(self) -> tuple[str, Header, int] | None:
        """
        Return what was put into the file, what it is to be read by and when it was written; None for nothing.

        Raises:
            OSError: The file is gone.
        """
        if self.path is None or os.stat(self.path).st_size <= HEADER_SIZE:
            return None
        with self.path.open("rb") as file:
            written_ns = os.fstat(file.fileno()).st_mtime_ns
            content = os.pread(file.fileno(), MAX_SIZE, HEADER_SIZE)
        return content.decode("ascii", "replace"), self._header, written_ns

    def empty(self) -> None:
        """
        Take away what was put into the file.

        Raises:
            OSError: The file is gone.
        """
        if self.path is not None:
            os.truncate(self.path, HEADER_SIZE)


def _identity(descriptor: int) -> _Identity | None:
    try:
        found = os.fstat(descriptor)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _roots() -> tuple[str, ...]:
    """Return the folders that Python imports from, as prefixes of what it calls its files."""
    entries = dict.fromkeys(os.path.abspath(entry) for entry in sys.path if isinstance(entry, str))
    return tuple(os.path.join(entry, "") for entry in entries if len(entry) > 1)[:_MAX_ROOTS]


def _pythons() -> tuple[str, ...]:
    """Return the folders of Python's own modules, and of wxtrace."""
    ours = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return os.path.join(os.path.dirname(os.path.abspath(os.__file__)), ""), os.path.join(ours, "")
