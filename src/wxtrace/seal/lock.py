"""
One process at a time: a POSIX record lock on a file, which goes with the process, whatever happens to it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from wxtrace.errors import SealBusy

_PAUSE_S: Final = 0.05


@contextlib.contextmanager
def held(path: Path, wait_s: float) -> Iterator[None]:
    """
    Hold the lock *path* against other processes.

    Args:
        path: The file; made if it is not there, never removed.
        wait_s: How long to wait for it, in seconds; 0 tries once.

    Raises:
        SealBusy: It was not free in that time.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + wait_s
        while not _locked(descriptor):
            if time.monotonic() >= deadline:
                raise SealBusy(path, wait_s)
            time.sleep(_PAUSE_S)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
