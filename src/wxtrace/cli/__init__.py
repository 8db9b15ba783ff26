"""
The command line: parse, call, print, exit. Each command imports only what it needs.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from wxtrace.cli.alarm import add_alarm
from wxtrace.cli.exits import BROKEN, FOUND, INTERRUPTED, NOT_FOUND, USAGE
from wxtrace.cli.export import add_export
from wxtrace.cli.find import add_find
from wxtrace.cli.live import add_live
from wxtrace.cli.output import say, show, tell
from wxtrace.cli.store import STORE_HELP, Commands, add_compact, add_journal, add_seal
from wxtrace.errors import StoreMissing, WxtraceError
from wxtrace.show.words import Words, language_of


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run the command line and return the exit code.

    Args:
        argv: The arguments after the program's name; None: those of this process.
    """
    words = Words(language_of(os.environ))
    try:
        options = _parser().parse_args(argv)
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
        say(f"wxtrace: {error}")
        return BROKEN
    return code


def _failed(error: WxtraceError, words: Words) -> int:
    from wxtrace.show.error import message

    say(f"wxtrace: {message(error, words)}")
    return error.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wxtrace", description="Whose were the five seconds? Looks up a WeChat push by its alarm."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    add_find(commands)
    add_alarm(commands)
    _add_last(commands)
    add_live(commands)
    add_export(commands)
    add_seal(commands)
    add_compact(commands)
    add_journal(commands)
    _add_demo(commands)
    return parser


def _add_last(commands: Commands) -> None:
    last = commands.add_parser("last", help="the newest pushes, living writers, drops, seal lag")
    last.add_argument("count", nargs="?", default="10", metavar="N", help="how many pushes (default: 10)")
    last.add_argument("--store", action="append", metavar="STORE", help=STORE_HELP + "; repeatable")
    last.set_defaults(run=_last)


def _add_demo(commands: Commands) -> None:
    from wxtrace.demo.options import add_arguments

    demo = commands.add_parser("demo", help="run the example server, send it pushes, look one up")
    add_arguments(demo)
    demo.set_defaults(run=_demo)


def _last(options: argparse.Namespace, words: Words) -> int:
    from wxtrace.ask import COUNT_REMEDY, whole_of

    count = whole_of(options.count, "N", 1, COUNT_REMEDY)
    from wxtrace.last import render
    from wxtrace.lookup.lookup import stores_of
    from wxtrace.scan.newest import newest

    try:
        found = newest(stores_of(options.store), count)
    except StoreMissing as error:
        code = _failed(error, words)
        say(words("Where the app has just been started: the folder is made at its first request."))
        return code
    show(render(found, words))
    return FOUND if found.pushes else NOT_FOUND


def _demo(options: argparse.Namespace, words: Words) -> int:
    from wxtrace.demo.options import from_arguments
    from wxtrace.demo.play import play

    return play(from_arguments(options), find=main, say=tell)
