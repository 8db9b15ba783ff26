"""
The stores that a lookup reads, and what it meets in them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

from wxtrace.errors import StoreDamaged, StoreMissing
from wxtrace.scan.evidence import WriterSeen, merged
from wxtrace.scan.files import Files, StoredFile, files_of
from wxtrace.scan.parquet import Reader
from wxtrace.store import paths
from wxtrace.store.schema import FileWriter

_T = TypeVar("_T")


class OpenStore(NamedTuple):
    """A store that is there, during one lookup: its files, and the folder of its journals."""

    files: Files
    reader: Reader
    journal: Path


class Seen:
    """What sweeps have met on their way, besides rows: files, writers, and damage."""

    def __init__(self) -> None:
        self.began_ns = time.time_ns()
        """What is recorded later is not met."""
        self.listed: dict[str, StoredFile] = {}
        self.files: set[str] = set()
        self.journals: set[str] = set()
        self.dead: set[str] = set()
        self.recorders: list[WriterSeen] = []
        self.sealed: list[FileWriter] = []
        self.sealed_in_part: dict[str, Path] = {}
        """The journals' folder of each writer of which some records are in Parquet, and no more in its journal."""
        self._damaged: dict[str, None] = {}

    def damage(self, *messages: str) -> None:
        """Note what could not be read, each message once."""
        self._damaged.update(dict.fromkeys(messages))

    def writers(self) -> tuple[WriterSeen, ...]:
        """Return every writer once, with all that journals and files tell of it."""
        return merged(self.recorders, self.sealed)

    @property
    def damaged(self) -> tuple[str, ...]:
        """The messages of all that could not be read."""
        return tuple(self._damaged)


def open_stores(stores: Iterable[str], seen: Seen) -> list[OpenStore]:
    """
    Return the stores that are there, and note those that are not.

    Raises:
        StoreMissing: None of them is there.
    """
    opened: list[OpenStore] = []
    missing: list[str] = []
    for store in stores:
        try:
            files, journal = files_of(store), paths.journal_folder(store)
            there = bool(files.tables()) or journal.is_dir()
        except (OSError, ValueError) as error:
            seen.damage(str(StoreDamaged(store, str(error))))
            continue
        if there:
            opened.append(OpenStore(files, Reader(files), journal))
        else:
            missing.append(store)
    if missing and not opened:
        raise StoreMissing(missing[0])
    seen.damage(*(str(StoreMissing(store)) for store in missing))
    return opened


def listed(ask: Callable[[], list[_T]], folder: str, seen: Seen) -> list[_T]:
    """Return what *ask* lists; where that fails, nothing, and the damage to *folder* is noted."""
    try:
        return ask()
    except OSError as error:
        seen.damage(str(StoreDamaged(folder, str(error))))
        return []
