"""
What the terminal can show: colours or none, which characters, how wide and how high it is.
"""

from __future__ import annotations

import os
from typing import Final, TextIO

from wxtrace.cli.output import columns, is_utf8, rows
from wxtrace.show.style import Style
from wxtrace.show.words import Words

_COERCED: Final = ("C.UTF-8", "C.utf8", "UTF-8")
"""What Python itself puts into LC_CTYPE where the locale is C."""
_NO_LOCALE: Final = ("C", "POSIX")


def style_of(stream: TextIO, words: Words, *, full: bool = False) -> Style:
    """Return how text is drawn on *stream*: a terminal, a pipe or a file."""
    is_terminal = stream.isatty()
    return Style(
        words,
        columns(),
        colour=is_colourful(is_terminal),
        full=full,
        ascii=is_plain(stream),
        encoding=stream.encoding or "utf-8",
        wraps=is_terminal or bool(os.environ.get("COLUMNS")),
        rows=rows() if is_terminal else 0,
    )


def is_colourful(is_terminal: bool) -> bool:
    """Say whether colours are wanted: by NO_COLOR and FORCE_COLOR, whatever they hold, else on a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (is_terminal and os.environ.get("TERM") != "dumb")


def is_plain(stream: TextIO) -> bool:
    """
    Say whether bars and marks are drawn in ASCII.

    They are where the encoding is not UTF-8 (in those of East Asia a block is two columns wide), where the locale
    is C by name, and on Linux' own console, whose font has few of them.
    """
    return not is_utf8(stream) or _locale() in _NO_LOCALE or os.environ.get("TERM") == "linux"


def _locale() -> str:
    """Return the locale of characters, as it was asked for."""
    of_characters = os.environ.get("LC_CTYPE", "")
    chosen = ("" if of_characters in _COERCED else of_characters) or os.environ.get("LANG", "")
    return os.environ.get("LC_ALL") or chosen
