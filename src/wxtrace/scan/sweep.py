"""
One sweep over stores: every record that a question wants, met at least once.

A record moves from a journal to Parquet, and from a Parquet file to a larger
one, while we read. So a sweep reads in the order in which records move: what
is sealed, then the journals (open spans before the segments), then Parquet,
listed again until nothing new is there. Identity makes each record once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from wxtrace.errors import StoreDamaged
from wxtrace.scan.damage import damage
from wxtrace.scan.evidence import in_journal
from wxtrace.scan.files import Files
from wxtrace.scan.footer import Footer
from wxtrace.scan.found import Found
from wxtrace.scan.partition import add_rows, footers, there
from wxtrace.scan.question import Question
from wxtrace.scan.stores import OpenStore, Seen, listed
from wxtrace.scan.unsealed import recorded, unsealed
from wxtrace.store import paths
from wxtrace.store.journals import JournalWriter, count, writers
from wxtrace.store.progress import Progress, Steps, carry_out, silent
from wxtrace.store.sealed import Position, load
from wxtrace.store.sealed import Progress as Sealing

Questions = Mapping[str, Question]
"""What is asked of each table, by its name; a table that is not there is not read."""


def sweep(
    stores: Iterable[OpenStore],
    questions: Questions,
    hours: Iterable[str],
    found: Found,
    seen: Seen,
    progress: Progress = silent,
) -> None:
    """
    Add to *found* the rows that *questions* want, of the journals and of some hours of Parquet.

    Args:
        stores: What `open_stores` returned.
        questions: What is asked of each table; journals are asked what the first table is.
        hours: Partitions; every day's ``hour=hother`` is read after them.
        found: Takes the rows.
        seen: Takes the files, the writers, and what is damaged.
        progress: Is told how many journals and files have been read.
    """
    opened = list(stores)
    first = next(iter(questions.values()))
    journals = [_journal(journal, first, found, seen) for journal in dict.fromkeys(one.journal for one in opened)]
    files = [
        _partition(store, table, partition, question, found, seen)
        for store in opened
        for table, question in questions.items()
        for partition in _partitions(store.files, table, hours, seen)
    ]
    carry_out([*journals, *files], progress)


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
        met = _writers(journal, seen)  # first: of a folder that goes meanwhile, `sealed.json` says so then
        sealed = positions(journal, seen)
        for writer in met:
            position = sealed.get(writer.writer, Position())
            if not position.gone:
                seen.damage(*damage(writer, position))


def positions(journal: Path, seen: Seen) -> Mapping[str, Position]:
    """Return how far the writers are sealed; if nothing tells, all is read, and what comes twice is once."""
    return _sealing(journal, seen).offsets


def _sealing(journal: Path, seen: Seen) -> Sealing:
    try:
        return load(journal)
    except (StoreDamaged, OSError) as error:
        seen.damage(str(error))
        return Sealing()


def _journal(journal: Path, question: Question, found: Found, seen: Seen) -> Steps:
    """Return the reading of a journal, a step a writer."""

    def steps() -> Iterator[JournalWriter]:
        """Read what is sealed first, then one writer after the other."""
        sealing = _sealing(journal, seen)
        for writer in _writers(journal, seen):
            position = sealing.offsets.get(writer.writer, Position())
            _note_writer(writer, position, sealing.skipped.get(writer.writer, 0), seen)
            if not position.gone:
                rows = unsealed(writer, position, question)
                found.add(rows.spans, rows.logs)
                seen.damage(*rows.damaged)
            yield writer

    return count(journal), steps()


def _partition(store: OpenStore, table: str, partition: str, question: Question, found: Found, seen: Seen) -> Steps:
    """Return the reading of a partition, a step a file; it is listed at once, for the first time."""
    known = there(store.files, table, partition, seen)

    def steps() -> Iterator[Footer]:
        """Read one file after the other."""
        for footer in footers(store.files, table, partition, seen, known):
            add_rows(store.reader, footer, question, found, seen)
            yield footer

    return len(known), steps()


def _partitions(files: Files, table: str, hours: Iterable[str], seen: Seen) -> list[str]:
    days = listed(lambda: files.days(table), table, seen)
    return [*hours, *(f"{day}/{paths.OTHER_HOUR}" for day in days)]


def _writers(journal: Path, seen: Seen) -> list[JournalWriter]:
    return listed(lambda: writers(journal), str(journal), seen)


def _note_writer(writer: JournalWriter, position: Position, skipped: int, seen: Seen) -> None:
    if writer.writer not in seen.journals:
        seen.journals.add(writer.writer)
        if not writer.alive:
            seen.dead.add(writer.writer)
        if position != Position():
            seen.sealed_in_part[writer.writer] = writer.folder.parent
        seen.recorders.append(in_journal(writer, recorded(writer, position), skipped))
