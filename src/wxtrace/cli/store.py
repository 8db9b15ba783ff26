"""
The commands that work on the store: seal, compact, journal.
"""

from __future__ import annotations

import argparse
from typing import TypeAlias

from wxtrace.cli.exits import BROKEN, FOUND
from wxtrace.cli.output import say, show
from wxtrace.cli.progress import shown
from wxtrace.errors import StoreMissing
from wxtrace.lookup.asked import STORE_HELP as STORE_HELP
from wxtrace.show.words import Words

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_seal(commands: Commands) -> None:
    """Add ``wxtrace seal``."""
    seal = commands.add_parser("seal", help="put what was recorded into Parquet")
    seal.add_argument("--store", metavar="STORE", help=STORE_HELP)
    seal.add_argument("--follow", action="store_true", help="go on as long as anybody records")
    seal.add_argument("--keep-days", metavar="DAYS", help="then drop hours older than this")
    seal.add_argument("--keep-bytes", metavar="BYTES", help="then drop the oldest hours beyond this size in all")
    seal.set_defaults(run=_seal)


def add_compact(commands: Commands) -> None:
    """Add ``wxtrace compact``."""
    compact = commands.add_parser("compact", help="make few Parquet files of the many of each hour")
    compact.add_argument("--store", metavar="STORE", help=STORE_HELP)
    compact.set_defaults(run=_compact)


def add_journal(commands: Commands) -> None:
    """Add ``wxtrace journal``."""
    journal = commands.add_parser(
        "journal", help="print the records of a journal's segment, one JSON object a line"
    )
    journal.add_argument("file", metavar="FILE", help="a segment, *.wxj")
    journal.set_defaults(run=_journal)


def _seal(options: argparse.Namespace, words: Words) -> int:
    from wxtrace.ask import NUMBER_REMEDY, number_of, whole_of

    days = None if options.keep_days is None else number_of(options.keep_days, "--keep-days")
    size = None if options.keep_bytes is None else whole_of(options.keep_bytes, "--keep-bytes", 0, NUMBER_REMEDY)
    store = _store(options)
    from wxtrace.seal.retain import retain
    from wxtrace.seal.seal import seal
    from wxtrace.seal.sealer import be_frugal, follow

    if options.follow:
        follow(store, keep_days=days, keep_bytes=size, report=say)
        return FOUND
    be_frugal()
    with shown(words("sealing"), "bytes", words) as progress:
        sealed = seal(store, progress=progress)
    text = "sealed {records} records of {writers} writers into {files} files"
    say(words(text, records=sealed.records, writers=sealed.writers, files=sealed.files))
    if sealed.torn or sealed.damaged:
        text = "skipped: {torn} records cut short, {damaged} stretches that are no records"
        say(words(text, torn=sealed.torn, damaged=sealed.damaged))
    if days is not None or size is not None:
        gone = retain(store, max_age_days=days, max_bytes=size)
        text = "dropped {hours} hours of {size} bytes by age or size; {left} bytes are left"
        say(words(text, hours=gone.hours, size=gone.removed_bytes, left=gone.left_bytes))
    return FOUND


def _compact(options: argparse.Namespace, words: Words) -> int:
    from wxtrace.seal.compact import compact

    with shown(words("compacting"), "bytes", words) as progress:
        done = compact(_store(options), progress=progress)
    text = "compacted {inputs} files into {files}, {rows} rows"
    say(words(text, inputs=done.inputs, files=done.files, rows=done.rows))
    for problem in done.damaged:
        say(words("Not read: {problem}", problem=problem))
    return BROKEN if done.damaged else FOUND


def _store(options: argparse.Namespace) -> str:
    """Return the store that is named; a folder must be there, or a journal that belongs to it."""
    from wxtrace.store import paths

    store = str(options.store or paths.default_store())
    if paths.is_url(store) or paths.local_folder(store).is_dir() or paths.journal_folder(store).is_dir():
        return store
    raise StoreMissing(store)


def _journal(options: argparse.Namespace, words: Words) -> int:
    from wxtrace.show.segment import lines

    for line in lines(options.file):
        show(line + "\n")
    return FOUND
