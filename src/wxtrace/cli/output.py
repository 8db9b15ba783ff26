"""
What the command line writes: results to stdout, messages to stderr. Nothing else in wxtrace prints.
"""

from __future__ import annotations

import shutil
import sys
from typing import Final, TextIO

from wxtrace.show import plain

_BEGIN_OF_LINE, _REST_OF_LINE = "\r", "\x1b[K"
_standing: Final[list[str]] = []
"""The line of progress that stands on the terminal, if one does."""


def show(text: str) -> None:
    """Write a result."""
    _write(sys.stdout, text)


def tell(line: str) -> None:
    """Write a line of a result that is to be seen at once, though more will come."""
    show(line + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Write a message, a line."""
    _write(sys.stderr, text + "\n")


def draw(line: str) -> None:
    """Draw a line on the terminal's stderr, in place of the one drawn before; whatever is written next wipes it."""
    sys.stderr.write(_BEGIN_OF_LINE + _escaped(line, sys.stderr) + _REST_OF_LINE)
    sys.stderr.flush()
    _standing[:] = [line]


def wipe() -> None:
    """Take the line that was drawn last from the terminal, if it still stands there."""
    if _standing:
        _standing.clear()
        sys.stderr.write(_BEGIN_OF_LINE + _REST_OF_LINE)
        sys.stderr.flush()


def is_utf8(stream: TextIO) -> bool:
    """Say whether *stream* takes every character."""
    return plain.is_utf8(stream.encoding or "utf-8")


def columns() -> int:
    """Return how wide the terminal is."""
    return shutil.get_terminal_size((100, 24)).columns


def rows() -> int:
    """Return how many lines the terminal shows at once."""
    return shutil.get_terminal_size((100, 24)).lines


def _write(stream: TextIO, text: str) -> None:
    """Write *text* where no line is drawn."""
    wipe()
    stream.write(_escaped(text, stream))


def _escaped(text: str, stream: TextIO) -> str:
    """Return *text* with what the stream's encoding lacks as escapes."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
