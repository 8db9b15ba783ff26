"""
A writer's folder: made under a name that readers skip, locked, and taken back when somebody deletes it.

The lock is a POSIX record lock on the file `lock`: it lives as long as the process, whatever becomes of it.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import socket
import time
from pathlib import Path
from typing import Final

from wxtrace.store import paths
from wxtrace.store.journals import COUNTERS, COUNTERS_AT, held_here

_NO_LOCK: Final = -1


class Claim:
    """
    The folder of this process among the journals.

    Args:
        root: The journals' folder of the store; made if it is not there.
        service: The name of the service.
    """

    def __init__(self, root: Path, service: str) -> None:
        self.root = root
        self._host, self._pid, self._service = socket.gethostname(), os.getpid(), service[:256]
        self._started_ns = time.time_ns()
        self.writer = f"{self._host}-{self._pid}-{self._started_ns // 10**6}-{secrets.token_hex(2)}"
        self.folder = root / self.writer
        self._lock = _NO_LOCK
        self._told = 0

    def take(self, dropped: int) -> None:
        """
        Make the folder, and have it locked before anybody sees it; segments that are left in it stay.

        Args:
            dropped: Records that were dropped so far.

        Raises:
            OSError: The folder cannot be made or written to; nothing is left behind.
        """
        self.let_go()
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self.root / f".new-{self.writer}"
        new.mkdir(mode=0o700)
        try:
            self._lock = os.open(new / paths.LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.lockf(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            descriptor = os.open(new / paths.WRITER, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(self.description().ljust(COUNTERS_AT, b"\0") + COUNTERS.pack(dropped))
            for left in self.folder.glob("*[0-9]*"):
                left.rename(new / left.name)
            shutil.rmtree(self.folder, ignore_errors=True)
            held_here.add((self._pid, self.writer))
            new.rename(self.folder)
        except BaseException:
            self.let_go()
            shutil.rmtree(new, ignore_errors=True)
            raise
        self._told = dropped

    def is_lost(self) -> bool:
        """Say whether the folder is not ours any more, or never was."""
        own = (self.folder / paths.LOCK, self.folder / paths.WRITER)
        return self._lock == _NO_LOCK or not all(path.exists() for path in own)

    def let_go(self) -> None:
        """Close the lock; in a forked child this leaves the parent's lock alone."""
        lock, self._lock = self._lock, _NO_LOCK
        if lock != _NO_LOCK:
            os.close(lock)
            held_here.discard((os.getpid(), self.writer))

    def give_up(self) -> None:
        """Let go, and leave nothing behind."""
        self.let_go()
        shutil.rmtree(self.folder, ignore_errors=True)

    def tell_dropped(self, dropped: int) -> None:
        """
        Write how many records were dropped where readers see it.

        Raises:
            OSError: The file is gone or broken.
        """
        if dropped == self._told:
            return
        descriptor = os.open(self.folder / paths.WRITER, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.pwrite(descriptor, COUNTERS.pack(dropped), COUNTERS_AT)
        finally:
            os.close(descriptor)
        self._told = dropped

    def description(self, segment: int = 0) -> bytes:
        """Return who writes here, as JSON."""
        about = {
            "version": 1,
            "writer": self.writer,
            "host": self._host,
            "pid": self._pid,
            "service": self._service,
            "start_ns": self._started_ns,
        }
        return json.dumps(about | ({"segment": segment} if segment else {})).encode()
