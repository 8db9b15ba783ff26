"""
``%wxfind``: `wxtrace find` in a notebook, and ``%%wxfind`` with the alarm pasted below it.
"""

from __future__ import annotations

import os
import shlex
import sys
from argparse import Namespace
from pathlib import Path
from typing import Final

from IPython.core.error import UsageError
from IPython.core.magic_arguments import MagicArgumentParser
from IPython.display import display

from wxtrace.errors import BadInput, WxtraceError
from wxtrace.lookup.asked import add_question, look_up_asked
from wxtrace.lookup.found import Lookup
from wxtrace.lookup.lookup import text_of
from wxtrace.show.error import message
from wxtrace.show.words import Words, language_of

FILE_REMEDY: Final = "Give a file that holds the alarm's text, or paste the alarm itself below %%wxfind."
NOTHING_REMEDY: Final = "Paste the alarm below %%wxfind, or give --alarm FILE, or --openid and --stamp."
_PASTED: Final = "-"


def wxfind(line: str, cell: str | None = None) -> Lookup:
    """
    Look up a push, by openid and stamp or by an alarm.

        %wxfind --openid o… --stamp 1745231475 --store wxtrace-data
        found = %wxfind --time '2025-04-21 18:31:15'
        %wxfind --alarm alarm.txt --window

    With %%wxfind the cell below is the alarm, as it was pasted. The options are those of `wxtrace find`: --alarm,
    --openid, --stamp, --time, --store (repeatable), --tolerance. With --window all pushes that failed in the
    alarm's window are drawn too. What is returned is what `wxtrace.find` returns.

    Args:
        line: The options.
        cell: The alarm's text; None for the magic of a line.

    Raises:
        UsageError: The options cannot be read, there is no store, or it cannot be read.
    """
    words = Words(language_of(os.environ))
    options = _options(line)
    if cell is not None and options.alarm is None:
        options.alarm = _PASTED
    try:
        if options.alarm is None and options.stamp is None and options.time is None:
            raise BadInput("--stamp", None, NOTHING_REMEDY)
        found = look_up_asked(options, words, lambda file: _read(file, cell), _tell)
        if options.window:
            display(*(one.window() for one in (found, *found.others)))
    except WxtraceError as error:
        raise UsageError(message(error, words)) from None
    return found


def _options(line: str) -> Namespace:
    parser = MagicArgumentParser("%wxfind")
    add_question(parser)
    try:
        options: Namespace = parser.parse_args(shlex.split(line))
    except UsageError as error:
        raise UsageError(f"{error}. It takes {' '.join(parser.format_usage().split()[2:])}") from None
    except ValueError as error:  # a quotation mark that is not closed
        raise UsageError(str(error)) from None
    return options


def _read(file: str, cell: str | None) -> str:
    """Return the alarm that was pasted, or that of a file."""
    if file == _PASTED and cell is not None:
        return cell
    try:
        return text_of(Path(file).expanduser().read_bytes())
    except (OSError, RuntimeError) as error:
        raise BadInput("--alarm", f"{file}: {getattr(error, 'strerror', None) or error}", FILE_REMEDY) from None


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")
