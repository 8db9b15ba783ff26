"""
A lookup as the command line asks for it: the same options for ``wxtrace find`` and, in a notebook, ``%wxfind``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from wxtrace.ask import SECONDS_REMEDY, STAMP_REMEDY, Stamp, openid_of, stamp_of, time_of, whole_of
from wxtrace.errors import BadInput
from wxtrace.show.words import Words
from wxtrace.store.progress import Progress, silent

if TYPE_CHECKING:
    from wxtrace.lookup.found import Lookup

STORE_HELP: Final = "folder or URL (default: WXTRACE_STORE or ./wxtrace-data)"
_ALARM_ALONE: Final = "The alarm says whom and when: leave --openid, --stamp and --time out."


def add_question(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which push is meant, and where it is looked for."""
    parser.add_argument("--alarm", metavar="FILE", help="the alarm's text as it was posted; - for stdin")
    parser.add_argument("--openid", help="as the alarm prints it; may be left out")
    parser.add_argument("--stamp", help="the alarm's Stamp: unix seconds")
    parser.add_argument("--time", help="the alarm's time, UTC+8, in place of --stamp: '2014-12-01 20:12:00'")
    parser.add_argument("--store", action="append", metavar="STORE", help=STORE_HELP + "; repeatable")
    parser.add_argument("--tolerance", metavar="SECONDS", help="how far the stamp may be off (default: 30)")
    parser.add_argument("--window", action="store_true", help="also all pushes that failed in the alarm's window")


def look_up_asked(
    options: argparse.Namespace,
    words: Words,
    read: Callable[[str], str],
    tell: Callable[[str], None],
    progress: Progress = silent,
) -> Lookup:
    """
    Look up what *options* ask for.

    Args:
        options: Those of `add_question`.
        words: For what is told meanwhile.
        read: Returns the alarm's text, given the file as it was typed.
        tell: Takes a line that the user should see, which is no part of the answer.
        progress: Is told how much has been read, in shares.

    Raises:
        BadInput: An option is missing, cannot be read, or stands beside another that excludes it.
        StoreMissing: There is no store.
    """
    from wxtrace.lookup.lookup import look_up, look_up_alarm

    tolerance = _tolerance(options)
    if options.alarm is not None:
        named = [value for value in (options.openid, options.stamp, options.time) if value is not None]
        if named:
            raise BadInput("--alarm", ", ".join([options.alarm, *named]), _ALARM_ALONE)
        return look_up_alarm(read(options.alarm), options.store, tolerance, progress)
    openid, stamp = openid_of(options.openid), _stamp(options, words, tell)
    found = look_up(openid, stamp, options.store, tolerance, progress)
    if found.stamp != stamp.seconds:
        note = "note: nothing has the stamp {seconds}; found by {stamp}, as it was given."
        tell(words(note, stamp=found.stamp, seconds=stamp.seconds))
    return found


def _tolerance(options: argparse.Namespace) -> int:
    from wxtrace.lookup.lookup import TOLERANCE

    if options.tolerance is None:
        return TOLERANCE
    return whole_of(options.tolerance, "--tolerance", 0, SECONDS_REMEDY)


def _stamp(options: argparse.Namespace, words: Words, tell: Callable[[str], None]) -> Stamp:
    if options.stamp is not None and options.time is not None:
        raise BadInput("--stamp, --time", f"{options.stamp}, {options.time}", "Give one of the two.")
    if options.stamp is None and options.time is None:
        raise BadInput("--stamp", None, STAMP_REMEDY)
    asked = time_of(options.time) if options.stamp is None else stamp_of(options.stamp)
    if asked.unit != "seconds":
        text = "note: {stamp} is in {unit}; looked up as {seconds}."
        tell(words(text, stamp=options.stamp.strip(), unit=words(asked.unit), seconds=asked.seconds))
    return asked
