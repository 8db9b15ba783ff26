"""
``wxtrace find``: a push by its alarm, or by openid and stamp.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

from wxtrace.cli.alarm import text_of
from wxtrace.cli.exits import BROKEN, FOUND, NOT_FOUND
from wxtrace.cli.output import colourful, columns, is_utf8, say, show
from wxtrace.cli.store import STORE_HELP, Commands
from wxtrace.errors import BadInput
from wxtrace.show.words import Words

if TYPE_CHECKING:
    from wxtrace.ask import Stamp
    from wxtrace.lookup.lookup import Lookup

_FORMATS: Final = ("text", "json")
_ALARM_ALONE: Final = "The alarm says whom and when: leave --openid, --stamp and --time out."


def add_find(commands: Commands) -> None:
    """Add ``wxtrace find``."""
    find = commands.add_parser("find", help="look up a push by its alarm, or by openid and stamp")
    find.add_argument("--alarm", metavar="FILE", help="the alarm's text as it was posted; - for stdin")
    find.add_argument("--openid", help="as the alarm prints it; may be left out")
    find.add_argument("--stamp", help="the alarm's Stamp: unix seconds")
    find.add_argument("--time", help="the alarm's time, UTC+8, in place of --stamp: '2014-12-01 20:12:00'")
    find.add_argument("--store", action="append", metavar="STORE", help=STORE_HELP + "; repeatable")
    find.add_argument("--tolerance", metavar="SECONDS", help="how far the stamp may be off (default: 30)")
    find.add_argument("--window", action="store_true", help="also all pushes that failed in the alarm's window")
    find.add_argument("--full", action="store_true", help="draw every attempt, not only the one of the verdict")
    find.add_argument("--format", choices=_FORMATS, default="text", help="default: text")
    find.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")
    find.set_defaults(run=_find)


def _find(options: argparse.Namespace, words: Words) -> int:
    found = _looked_up(options, words)
    show(_document(found, options.window) if options.format == "json" else _text(found, options, words))
    if found.found:
        return FOUND
    return BROKEN if found.evidence.damaged else NOT_FOUND


def _document(found: Lookup, with_window: bool) -> str:
    from wxtrace.show import document

    windows = []
    if with_window:
        from wxtrace.show import window

        windows = [window.document(one.window()) for one in (found, *found.others)]
    return document.render(found, windows, ascii_only=not is_utf8(sys.stdout)) + "\n"


def _text(found: Lookup, options: argparse.Namespace, words: Words) -> str:
    from wxtrace.show import style, text

    look, windows = style.Style(words, columns(), colourful(sys.stdout), options.full), []
    if options.window:
        from wxtrace.show import window

        windows = [window.lines(one.window(), look) for one in (found, *found.others)]
    return text.render(found, look, windows)


def _looked_up(options: argparse.Namespace, words: Words) -> Lookup:
    from wxtrace.lookup.lookup import look_up, look_up_alarm

    tolerance = _tolerance(options)
    if options.alarm is not None:
        named = [value for value in (options.openid, options.stamp, options.time) if value is not None]
        if named:
            raise BadInput("--alarm", ", ".join([options.alarm, *named]), _ALARM_ALONE)
        return look_up_alarm(text_of(options.alarm, "--alarm", words), options.store, tolerance)
    from wxtrace.ask import openid_of

    openid, stamp = openid_of(options.openid), _stamp(options, words)
    found = look_up(openid, stamp, options.store, tolerance)
    if found.stamp != stamp.seconds:
        note = "note: nothing has the stamp {seconds}; found by {stamp}, as it was given."
        say(words(note, stamp=found.stamp, seconds=stamp.seconds))
    return found


def _tolerance(options: argparse.Namespace) -> int:
    from wxtrace.ask import SECONDS_REMEDY, whole_of
    from wxtrace.lookup.lookup import TOLERANCE

    if options.tolerance is None:
        return TOLERANCE
    return whole_of(options.tolerance, "--tolerance", 0, SECONDS_REMEDY)


def _stamp(options: argparse.Namespace, words: Words) -> Stamp:
    from wxtrace.ask import STAMP_REMEDY, stamp_of, time_of

    if options.stamp is not None and options.time is not None:
        raise BadInput("--stamp, --time", f"{options.stamp}, {options.time}", "Give one of the two.")
    if options.stamp is None and options.time is None:
        raise BadInput("--stamp", None, STAMP_REMEDY)
    asked = time_of(options.time) if options.stamp is None else stamp_of(options.stamp)
    if asked.unit != "seconds":
        text = "note: {stamp} is in {unit}; looked up as {seconds}."
        say(words(text, stamp=options.stamp.strip(), unit=words(asked.unit), seconds=asked.seconds))
    return asked
