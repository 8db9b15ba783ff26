"""
What the workers did, written down by themselves, and not by wxtrace.

A line is one `os.write` to a file opened with O_APPEND: when it is there, what it tells of has happened, whatever
became of the process afterwards::

    <pid> began|ended <openid> <span id>     a job: in the hands of a worker, done
    <pid> said <openid> <number>             a log call that has returned
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

VARIABLE: Final = "JOBS_LEDGER"
"""The environment variable with the ledger's path."""


def note(verb: str, *words: str) -> None:
    """Write a line into the ledger of this run."""
    os.write(_file(), (" ".join((str(os.getpid()), verb, *words)) + "\n").encode())


@cache
def _file() -> int:
    return os.open(os.environ[VARIABLE], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


@dataclass(frozen=True, slots=True)
class Entries:
    """What a ledger holds: jobs as (openid, span id), lines as (openid, number), jobs in hand by process."""

    began: frozenset[tuple[str, str]]
    ended: frozenset[tuple[str, str]]
    said: frozenset[tuple[str, str]]
    in_hand: dict[int, frozenset[tuple[str, str]]]

    @property
    def done(self) -> frozenset[str]:
        """The openids whose job was done at least once."""
        return frozenset(openid for openid, _ in self.ended)


def read(path: Path) -> Entries:
    """Read a ledger as it is by now."""
    told: dict[str, set[tuple[str, str]]] = {"began": set(), "ended": set(), "said": set()}
    by_process: dict[int, set[tuple[str, str]]] = {}
    text = path.read_text("ascii") if path.exists() else ""
    for line in text[: text.rfind("\n") + 1].splitlines():  # the last line may just be being written
        pid, verb, openid, what = line.split()
        told[verb].add((openid, what))
        if verb == "began":
            by_process.setdefault(int(pid), set()).add((openid, what))
    ended = frozenset(told["ended"])
    in_hand = {pid: frozenset(jobs - ended) for pid, jobs in by_process.items()}
    return Entries(frozenset(told["began"]), ended, frozenset(told["said"]), in_hand)
