"""
The command line: parse, call, print, exit. Nothing else in wxtrace prints.

Results go to stdout, messages to stderr. Each command imports only what it needs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TextIO

from wxtrace.errors import BadInput, StoreMissing, WxtraceError
from wxtrace.show.words import Words, language_of

if TYPE_CHECKING:
    from wxtrace.ask import Stamp

FOUND, NOT_FOUND, USAGE, BROKEN, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit codes: found or done; not found; wrong usage; store missing or damaged; interrupted."""

_FORMATS: Final = ("text", "json")
_STORE_HELP = "folder or URL (default: WXTRACE_STORE or ./wxtrace-data)"


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run the command line and return the exit code.

    Args:
        argv: The arguments after the program's name; None: those of this process.
    """
    words = Words(language_of(os.environ))
    try:
        options = _parser(sys.argv[1:] if argv is None else argv).parse_args(argv)
        code = int(options.run(options, words))
        sys.stdout.flush()
    except SystemExit as stopped:
        return stopped.code if isinstance(stopped.code, int) else USAGE
    except BrokenPipeError:  # `| head` has seen enough; nothing more may be written at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FOUND
    except KeyboardInterrupt:
        return INTERRUPTED
    except WxtraceError as error:
        return _failed(error, words)
    except OSError as error:  # a disk that is full, a folder that may not be read
        _say(f"wxtrace: {error}")
        return BROKEN
    return code


def _failed(error: WxtraceError, words: Words) -> int:
    from wxtrace.show.sentence import message

    _say(f"wxtrace: {message(error, words)}")
    return error.exit_code


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wxtrace", description="Whose were the five seconds? Looks up a WeChat push by openid and stamp."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_find(commands)
    last = commands.add_parser("last", help="the newest pushes, living writers, drops, seal lag")
    last.add_argument("count", nargs="?", default="10", metavar="N", help="how many pushes (default: 10)")
    last.add_argument("--store", action="append", metavar="STORE", help=_STORE_HELP + "; repeatable")
    last.set_defaults(run=_last)
    _add_seal(commands)
    compact = commands.add_parser("compact", help="make few Parquet files of the many of each hour")
    compact.add_argument("--store", metavar="STORE", help=_STORE_HELP)
    compact.set_defaults(run=_compact)
    journal = commands.add_parser(
        "journal", help="print the records of a journal's segment, one JSON object a line"
    )
    journal.add_argument("file", metavar="FILE", help="a segment, *.wxj")
    journal.set_defaults(run=_journal)
    _add_demo(commands)
    return parser


def _add_find(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    find = commands.add_parser("find", help="look up a push by openid and stamp")
    find.add_argument("--openid", help="as the alarm prints it; may be left out")
    find.add_argument("--stamp", help="the alarm's Stamp: unix seconds")
    find.add_argument("--time", help="the alarm's time, UTC+8, in place of --stamp: '2014-12-01 20:12:00'")
    find.add_argument("--store", action="append", metavar="STORE", help=_STORE_HELP + "; repeatable")
    find.add_argument("--tolerance", metavar="SECONDS", help="how far the stamp may be off (default: 30)")
    find.add_argument("--format", choices=_FORMATS, default="text", help="default: text")
    find.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")
    find.set_defaults(run=_find)


def _add_seal(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    seal = commands.add_parser("seal", help="put what was recorded into Parquet")
    seal.add_argument("--store", metavar="STORE", help=_STORE_HELP)
    seal.add_argument("--follow", action="store_true", help="go on as long as anybody records")
    seal.add_argument("--keep-days", metavar="DAYS", help="then drop hours older than this")
    seal.add_argument("--keep-bytes", metavar="BYTES", help="then drop the oldest hours beyond this size in all")
    seal.set_defaults(run=_seal)


def _add_demo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from wxtrace.demo.options import add_arguments

    demo = commands.add_parser("demo", help="run the example server, send it pushes, look one up")
    add_arguments(demo)
    demo.set_defaults(run=_demo)


def _find(options: argparse.Namespace, words: Words) -> int:
    from wxtrace.ask import SECONDS_REMEDY, openid_of, whole_of
    from wxtrace.lookup import TOLERANCE, look_up

    openid, stamp = openid_of(options.openid), _stamp(options, words)
    tolerance = TOLERANCE
    if options.tolerance is not None:
        tolerance = whole_of(options.tolerance, "--tolerance", 0, SECONDS_REMEDY)
    found = look_up(openid, stamp, options.store, tolerance)
    if found.stamp != stamp.seconds:
        note = "note: nothing has the stamp {seconds}; found by {stamp}, as it was given."
        _say(words(note, stamp=found.stamp, seconds=stamp.seconds))
    if options.format == "json":
        from wxtrace.show import document

        _print(document.render(found, ascii_only=not _is_utf8(sys.stdout)) + "\n")
    else:
        from wxtrace.show import style, text

        _print(text.render(found, style.Style(words, _columns(), _colourful(sys.stdout))))
    if found.found:
        return FOUND
    return BROKEN if found.evidence.damaged else NOT_FOUND


def _stamp(options: argparse.Namespace, words: Words) -> Stamp:
    from wxtrace.ask import STAMP_REMEDY, stamp_of, time_of

    if options.stamp is not None and options.time is not None:
        raise BadInput("--stamp, --time", f"{options.stamp}, {options.time}", "Give one of the two.")
    if options.stamp is None and options.time is None:
        raise BadInput("--stamp", None, STAMP_REMEDY)
    asked = time_of(options.time) if options.stamp is None else stamp_of(options.stamp)
    if asked.unit != "seconds":
        text = "note: {stamp} is in {unit}; looked up as {seconds}."
        _say(words(text, stamp=options.stamp.strip(), unit=words(asked.unit), seconds=asked.seconds))
    return asked


def _last(options: argparse.Namespace, words: Words) -> int:
    from wxtrace.ask import COUNT_REMEDY, whole_of

    count = whole_of(options.count, "N", 1, COUNT_REMEDY)
    from wxtrace.last import render
    from wxtrace.lookup import stores_of
    from wxtrace.scan.newest import newest

    try:
        found = newest(stores_of(options.store), count)
    except StoreMissing as error:
        code = _failed(error, words)
        _say(words("Where the app has just been started: the folder is made at its first request."))
        return code
    _print(render(found, words))
    return FOUND if found.pushes else NOT_FOUND


def _seal(options: argparse.Namespace, words: Words) -> int:
    from wxtrace.ask import NUMBER_REMEDY, number_of, whole_of

    days = None if options.keep_days is None else number_of(options.keep_days, "--keep-days")
    size = None if options.keep_bytes is None else whole_of(options.keep_bytes, "--keep-bytes", 0, NUMBER_REMEDY)
    store = _store(options)
    from wxtrace.seal.retain import retain
    from wxtrace.seal.seal import seal
    from wxtrace.seal.sealer import be_frugal, follow

    if options.follow:
        follow(store, keep_days=days, keep_bytes=size, report=_say)
        return FOUND
    be_frugal()
    sealed = seal(store)
    text = "sealed {records} records of {writers} writers into {files} files"
    _say(words(text, records=sealed.records, writers=sealed.writers, files=sealed.files))
    if sealed.torn or sealed.damaged:
        text = "skipped: {torn} records cut short, {damaged} stretches that are no records"
        _say(words(text, torn=sealed.torn, damaged=sealed.damaged))
    if days is not None or size is not None:
        gone = retain(store, max_age_days=days, max_bytes=size)
        text = "dropped {hours} hours of {size} bytes by age or size; {left} bytes are left"
        _say(words(text, hours=gone.hours, size=gone.removed_bytes, left=gone.left_bytes))
    return FOUND


def _compact(options: argparse.Namespace, words: Words) -> int:
    from wxtrace.seal.compact import compact

    done = compact(_store(options))
    text = "compacted {inputs} files into {files}, {rows} rows"
    _say(words(text, inputs=done.inputs, files=done.files, rows=done.rows))
    for problem in done.damaged:
        _say(words("Not read: {problem}", problem=problem))
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
        _print(line + "\n")
    return FOUND


def _demo(options: argparse.Namespace, words: Words) -> int:
    from wxtrace.demo.options import from_arguments
    from wxtrace.demo.play import play

    return play(from_arguments(options), find=main, say=_tell)


def _print(text: str) -> None:
    _write(sys.stdout, text)


def _tell(line: str) -> None:
    """Print a line that is to be seen at once, though more will come."""
    _print(line + "\n")
    sys.stdout.flush()


def _say(text: str) -> None:
    _write(sys.stderr, text + "\n")


def _write(stream: TextIO, text: str) -> None:
    """Write *text*; what the stream's encoding lacks is escaped."""
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _is_utf8(stream: TextIO) -> bool:
    return (stream.encoding or "utf-8").lower().replace("-", "") == "utf8"


def _columns() -> int:
    return shutil.get_terminal_size((100, 24)).columns


def _colourful(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
