"""How much of the disk the journals may take, and what kind of disk it is."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

DEFAULT_BOUND: Final = 2 << 30
"""Bytes that all journals of a host may take together; ``WXTRACE_JOURNAL_MAX_BYTES`` sets another."""

_KEEP_FREE_AT_MOST: Final = 256 << 20
_NETWORK: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "lustre", "virtiofs"}
)
_COPY_ON_WRITE: Final = frozenset({"btrfs", "zfs", "bcachefs"})


def room_for(journal: Path, size: int) -> str:
    """
    Say why *size* more bytes may not be written under *journal*; an empty string if they may.

    Two bounds: what all writers of the host take together, and a share of the
    disk left free (1 %, at most 256 MiB), so that the app's own files still fit.

    Raises:
        OSError: The folder is not there.
    """
    bound = int(os.environ.get("WXTRACE_JOURNAL_MAX_BYTES") or DEFAULT_BOUND)
    taken = _taken(journal)
    if taken + size > bound:
        return f"the journals hold {taken >> 20} MiB of at most {bound >> 20} MiB (WXTRACE_JOURNAL_MAX_BYTES)"
    disk = os.statvfs(journal)
    free, spare = disk.f_bavail * disk.f_frsize, min(disk.f_blocks * disk.f_frsize // 100, _KEEP_FREE_AT_MOST)
    if free < size + spare:
        return f"only {free >> 20} MiB of the disk are free"
    return ""


def can_map(folder: Path) -> bool:
    """
    Say whether a mapped, pre-written page of *folder*'s filesystem can be trusted.

    Not on a network, where the page is the server's, nor where a written page
    is copied elsewhere (a full disk would then be a signal, not an error).
    """
    if not sys.platform.startswith("linux"):
        return False
    return _filesystem(folder.resolve()) not in _NETWORK | _COPY_ON_WRITE


def _filesystem(folder: Path) -> str:
    """Read the type of the longest mount point above *folder* from the kernel's list."""
    best, kind = "", ""
    with open("/proc/self/mounts", encoding="utf-8", errors="replace") as mounts:
        for line in mounts:
            fields = line.split(" ")
            point = fields[1].replace("\\040", " ")
            if len(point) >= len(best) and (point == "/" or f"{folder}/".startswith(point + "/")):
                best, kind = point, fields[2]
    return kind.removeprefix("fuse.")


def _taken(journal: Path) -> int:
    total = 0
    for folder in os.scandir(journal):
        if folder.is_dir(follow_symlinks=False):
            total += _size(folder.path)
    return total


def _size(folder: str) -> int:
    try:
        return sum(entry.stat(follow_symlinks=False).st_size for entry in os.scandir(folder))
    except FileNotFoundError:
        return 0  # the sealer was faster
