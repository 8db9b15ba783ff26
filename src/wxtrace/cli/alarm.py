"""
``wxtrace alarm``: what an alarm says, and nothing looked up; and how an alarm is read for ``wxtrace find``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from wxtrace.cli.exits import FOUND
from wxtrace.cli.output import is_utf8, say, show
from wxtrace.cli.store import Commands
from wxtrace.errors import BadInput
from wxtrace.show.words import Words

_LONGEST_NAME: Final = 1000
MAX_BYTES: Final = 4 << 20
"""Bytes of a paste that are read."""
TEXT_REMEDY: Final = "That is the text itself: pipe it in, and give - for the file."
FILE_REMEDY: Final = "Give a file that holds the alarm's text, or - for what is piped in."


def add_alarm(commands: Commands) -> None:
    """Add ``wxtrace alarm``."""
    alarm = commands.add_parser("alarm", help="read the text of an alarm, and look nothing up")
    alarm.add_argument("file", metavar="FILE", help="the alarm's text; - for stdin")
    alarm.add_argument("--json", action="store_true", help="as JSON: a list, one object an alarm")
    alarm.set_defaults(run=_alarm)


def text_of(file: str, name: str, words: Words) -> str:
    """
    Return the text of a file, or of stdin for ``-``, whichever of the usual encodings it is in.

    Args:
        file: As it was typed.
        name: What the user calls it.
        words: For what is said meanwhile.

    Raises:
        BadInput: The file cannot be read.
    """
    from wxtrace.alarm.decode import decoded

    if "\n" in file or len(file) > _LONGEST_NAME:
        raise BadInput(name, file, TEXT_REMEDY)
    try:
        content = _piped(words) if file == "-" else _opened(file)
    except OSError as error:
        raise BadInput(name, f"{file}: {error.strerror or error}", FILE_REMEDY) from None
    if len(content) > MAX_BYTES:
        say(words("note: it is longer than {size} MiB; only so much of it is read.", size=MAX_BYTES >> 20))
    return decoded(content[:MAX_BYTES])


def _piped(words: Words) -> bytes:
    if sys.stdin.isatty():
        say(words("Paste the alarm, and end with Ctrl-D on a line of its own."))
    return sys.stdin.buffer.read(MAX_BYTES + 1)


def _opened(file: str) -> bytes:
    with Path(file).open("rb") as opened:
        return opened.read(MAX_BYTES + 1)


def _alarm(options: argparse.Namespace, words: Words) -> int:
    from wxtrace.alarm.parse import parse
    from wxtrace.show import alarm
    from wxtrace.show.document import safe

    alarms = parse(text_of(options.file, "FILE", words))
    if options.json:
        documents = [alarm.document(one) for one in alarms]
        show(safe(json.dumps(documents, ensure_ascii=not is_utf8(sys.stdout), indent=2)) + "\n")
    else:
        show(alarm.render(alarms, words))
    return FOUND
