"""
How often the kernel has killed for want of memory: of this process' group, or else of the host.

A process that is killed so leaves no word of its own. The count is noted while it lives, and
compared when it is gone, on the same host and for the same group only.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

GROUP, HOST = "group", "host"
"""Whose processes are counted."""

_COUNT: Final = re.compile(r"^oom_kill (\d{1,18})$", re.MULTILINE)
_VMSTAT: Final = "/proc/vmstat"


class Kills(NamedTuple):
    """How many processes the kernel killed for memory: of whom, by which file (of which inode), on which host."""

    of: str
    kills: int
    file: str
    inode: int
    host: str


def kills_now(host: str, cgroups: str = "/proc/self/cgroup", mounted: str = "/sys/fs/cgroup") -> Kills | None:
    """
    Return the count as it stands; None where the kernel tells none.

    Args:
        host: The name of this host.
        cgroups: The kernel's list of this process' groups.
        mounted: Where the groups are mounted.
    """
    for of, file in (*((GROUP, file) for file in _files(cgroups, mounted)), (HOST, _VMSTAT)):
        found = _count(file)
        if found is not None:
            return Kills(of, *found, host)
    return None


def again(noted: Kills) -> Kills | None:
    """Return the count of the same file as it stands now; None where that is gone, or another one."""
    found = _count(noted.file)
    return None if found is None or found[2] != noted.inode else noted._replace(kills=found[0])


def kills_since(noted: Kills | None, host: str) -> Kills | None:
    """Return by how much the count has grown since it was *noted*; None where it has not, or nobody can tell."""
    if noted is None or noted.host != host:
        return None
    now = again(noted)
    return None if now is None or now.kills <= noted.kills else now._replace(kills=now.kills - noted.kills)


def _count(file: str) -> tuple[int, str, int] | None:
    try:
        with open(file, encoding="ascii", errors="replace") as opened:
            found, inode = _COUNT.search(opened.read()), os.fstat(opened.fileno()).st_ino
    except OSError:
        return None
    return None if found is None else (int(found[1]), file, inode)


def _files(cgroups: str, mounted: str) -> Iterator[str]:
    """Yield where the count of this process' group may stand: as it is named, and as a container sees it."""
    try:
        with open(cgroups, encoding="utf-8", errors="replace") as listed:
            lines = [line.rstrip("\n").split(":", 2) for line in listed]
    except OSError:
        return
    for _, controllers, group in (fields for fields in lines if len(fields) == 3):
        if not controllers:
            yield from _once(f"{mounted}{group.rstrip('/')}/memory.events", f"{mounted}/memory.events")
        elif "memory" in controllers.split(","):
            root = f"{mounted}/memory"
            yield from _once(f"{root}{group.rstrip('/')}/memory.oom_control", f"{root}/memory.oom_control")


def _once(*files: str) -> list[str]:
    return list(dict.fromkeys(files))
