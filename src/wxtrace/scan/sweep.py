"""
One sweep over stores: every record that a question wants, met at least once.

A record moves from a journal to Parquet, and from a Parquet file to a larger
one, while we read. So a sweep reads in the order in which records move: what
is sealed, then the journals (open spans before the segments), then Parquet,
listed again until nothing new is there. Identity makes each record once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

from wxtrace.errors import StoreDamaged, StoreMissing
from wxtrace.scan.damage import damage
from wxtrace.scan.evidence import WriterSeen, in_journal, merged
from wxtrace.scan.files import Files, StoredFile, files_of
from wxtrace.scan.footer import Footer, read_footer
from wxtrace.scan.found import Found
from wxtrace.scan.parquet import Reader
from wxtrace.scan.question import Question
from wxtrace.scan.unsealed import recorded, unsealed
from wxtrace.store import paths
from wxtrace.store.journals import JournalWriter, writers
from wxtrace.store.schema import FileWriter
from wxtrace.store.sealed import Position, Progress, load

LISTINGS = 20
"""How often a partition is listed anew; each time something there was replaced while we read."""

_T = TypeVar("_T")

Questions = Mapping[str, Question]
"""What is asked of each table, by its name; a table that is not there is not read."""


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


def sweep(
    stores: Iterable[OpenStore], questions: Questions, hours: Iterable[str], found: Found, seen: Seen
) -> None:
    """
    Add to *found* the rows that *questions* want, of the journals and of some hours of Parquet.

    Args:
        stores: What `open_stores` returned.
        questions: What is asked of each table; journals are asked what the first table is.
        hours: Partitions; every day's ``hour=hother`` is read after them.
        found: Takes the rows.
        seen: Takes the files, the writers, and what is damaged.
    """
    journals: set[Path] = set()
    for store in stores:
        if store.journal not in journals:
            journals.add(store.journal)
            _sweep_journal(store.journal, next(iter(questions.values())), found, seen)
        for table, question in questions.items():
            for footer in _all_footers(store.files, table, hours, seen):
                add_rows(store.reader, footer, question, found, seen)


def look_around(stores: Iterable[OpenStore], hours: Iterable[str], seen: Seen) -> None:
    """Note the writers that Parquet files of more *hours* tell of, without reading their rows."""
    partitions = list(hours)
    for store in stores:
        for table in paths.TABLES:
            for partition in partitions:
                for _ in footers(store.files, table, partition, seen):
                    pass


def look_for_damage(stores: Iterable[OpenStore], seen: Seen) -> None:
    """Note what of the journals is damaged, by checking each record that is not sealed."""
    for journal in dict.fromkeys(store.journal for store in stores):
        there = _writers(journal, seen)  # first: of a folder that goes meanwhile, `sealed.json` says so then
        sealed = positions(journal, seen)
        for writer in there:
            position = sealed.get(writer.writer, Position())
            if not position.gone:
                seen.damage(*damage(writer, position))


def footers(files: Files, table: str, partition: str, seen: Seen) -> Iterator[Footer]:
    """
    Yield the footers of a partition's files, listing it again until nothing new is there.

    Files whose rows are in another that is there (compaction) are left out.
    """
    done: set[str] = set()
    replaced: set[str] = set()
    for _ in range(LISTINGS):
        there = _listed(lambda: files.partition(table, partition, seen.listed), partition, seen)
        fresh = [file for file in there if file.path not in done]
        if not fresh:
            return
        done.update(file.path for file in fresh)
        seen.listed.update((file.path, file) for file in fresh)
        met = [footer for file in fresh if (footer := _footer(files, file, table, seen))]
        replaced.update(name for footer in met for name in footer.said.inputs)
        for footer in met:
            if footer.file.name not in replaced:
                _note_file(footer, seen)
                yield footer


def positions(journal: Path, seen: Seen) -> Mapping[str, Position]:
    """Return how far the writers are sealed; if nothing tells, all is read, and what comes twice is once."""
    return _progress(journal, seen).offsets


def _progress(journal: Path, seen: Seen) -> Progress:
    try:
        return load(journal)
    except (StoreDamaged, OSError) as error:
        seen.damage(str(error))
        return Progress()


def _sweep_journal(journal: Path, question: Question, found: Found, seen: Seen) -> None:
    progress = _progress(journal, seen)
    for writer in _writers(journal, seen):
        position = progress.offsets.get(writer.writer, Position())
        _note_writer(writer, position, progress.skipped.get(writer.writer, 0), seen)
        if not position.gone:
            rows = unsealed(writer, position, question)
            found.add(rows.spans, rows.logs)
            seen.damage(*rows.damaged)


def _writers(journal: Path, seen: Seen) -> list[JournalWriter]:
    return _listed(lambda: writers(journal), str(journal), seen)


def _note_writer(writer: JournalWriter, position: Position, skipped: int, seen: Seen) -> None:
    if writer.writer not in seen.journals:
        seen.journals.add(writer.writer)
        if not writer.alive:
            seen.dead.add(writer.writer)
        if position != Position():
            seen.sealed_in_part[writer.writer] = writer.folder.parent
        seen.recorders.append(in_journal(writer, recorded(writer, position), skipped))


def _all_footers(files: Files, table: str, hours: Iterable[str], seen: Seen) -> Iterator[Footer]:
    for partition in hours:
        yield from footers(files, table, partition, seen)
    for day in _listed(lambda: files.days(table), table, seen):
        yield from footers(files, table, f"{day}/{paths.OTHER_HOUR}", seen)


def _listed(ask: Callable[[], list[_T]], folder: str, seen: Seen) -> list[_T]:
    try:
        return ask()
    except OSError as error:
        seen.damage(str(StoreDamaged(folder, str(error))))
        return []


def _footer(files: Files, file: StoredFile, table: str, seen: Seen) -> Footer | None:
    try:
        return read_footer(files, file, table)
    except FileNotFoundError:
        return None  # replaced or retired since it was listed; the next listing shows by what
    except StoreDamaged as error:
        seen.damage(str(error))
        return None


def _note_file(footer: Footer, seen: Seen) -> None:
    if footer.file.path not in seen.files:
        seen.files.add(footer.file.path)
        seen.sealed += footer.said.writers


def add_rows(reader: Reader, footer: Footer, question: Question, found: Found, seen: Seen) -> None:
    """Add to *found* the rows of one file that *question* wants, and to *seen* that it cannot be read."""
    try:
        rows = reader.rows(footer, question)
    except FileNotFoundError:
        return  # as in _footer
    except StoreDamaged as error:
        seen.damage(str(error))
        return
    found.add(rows.spans, rows.logs)
