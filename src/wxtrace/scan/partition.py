"""
The files of a partition, each read once, though compaction replaces them meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from wxtrace.errors import StoreDamaged
from wxtrace.scan.files import Files, StoredFile
from wxtrace.scan.footer import Footer, read_footer
from wxtrace.scan.found import Found
from wxtrace.scan.parquet import Reader
from wxtrace.scan.question import Question
from wxtrace.scan.stores import Seen, listed

LISTINGS: Final = 20
"""How often a partition is listed anew; each time something there was replaced while we read."""


def there(files: Files, table: str, partition: str, seen: Seen) -> list[StoredFile]:
    """Return the files of a partition as they are listed now."""
    found = listed(lambda: files.partition(table, partition, seen.listed), partition, seen)
    seen.listed.update((file.path, file) for file in found)
    return found


def footers(
    files: Files, table: str, partition: str, seen: Seen, known: Sequence[StoredFile] | None = None
) -> Iterator[Footer]:
    """
    Yield the footers of a partition's files, listing it again until nothing new is there.

    Files whose rows are in another that is there (compaction) are left out.

    Args:
        files: Of the store.
        table: A table.
        partition: A partition of it.
        seen: Takes what is listed, and what is damaged.
        known: What is there, if it was listed before.
    """
    done: set[str] = set()
    replaced: set[str] = set()
    for _ in range(LISTINGS):
        now, known = there(files, table, partition, seen) if known is None else known, None
        fresh = [file for file in now if file.path not in done]
        if not fresh:
            return
        done.update(file.path for file in fresh)
        met = [footer for file in fresh if (footer := _footer(files, file, table, seen))]
        replaced.update(name for footer in met for name in footer.said.inputs)
        for footer in met:
            if footer.file.name not in replaced:
                _note_file(footer, seen)
                yield footer


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
