"""
Text as a terminal shows it: how wide it is, and how it is made harmless.

Names and log lines come from whoever sends a request. What could move the
cursor, ring, recolour or turn the direction of writing is shown as an escape.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

_LONGEST: Final = 2000
_AS_PICTURE: Final = "\ufe0f"
"""Makes a picture of the sign before it, which is then two columns wide."""
_JAMO: Final = range(0x1160, 0x1200)
"""Vowels and ends of Korean syllables that are written in parts: the first part has taken their columns."""
_PICTURES: Final = range(0x1F000, 0x20000)
_ESCAPED = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def clean(text: str) -> str:
    """Return *text* as one harmless line: control, format and half characters as ``\\x1b`` or ``\\u202e``."""
    short = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    if short.isascii() and short.isprintable():
        return short
    return "".join(_escape(char) if unicodedata.category(char) in _ESCAPED else char for char in short)


def width(text: str) -> int:
    """Return the columns that *text* takes; a Chinese character takes two, an accent upon another none."""
    return len(text) if text.isascii() else sum(columns_of(text))


def cut(text: str, columns: int) -> str:
    """Return *text*, ended with an ellipsis where it is wider than *columns*."""
    if width(text) <= columns:
        return text
    used, kept = 0, []
    for char, taken in zip(text, columns_of(text), strict=True):
        used += taken
        if used > columns - 1:
            break
        kept.append(char)
    return "".join(kept) + "…" if columns > 0 else ""


def columns_of(text: str) -> Iterator[int]:
    """
    Yield the columns that each character takes where it stands.

    Where terminals disagree it is rather too many: a line that ends early is no harm. What East Asian fonts may
    draw wide (``·``, ``…``, ``█``) takes one column, as in every terminal of UTF-8 that is not told otherwise.
    """
    before = 0
    for char in text:
        taken = 1 if " " <= char <= "~" else _columns(char)
        yield before == 1 if char == _AS_PICTURE else taken
        before = taken


def fit(text: str, columns: int) -> str:
    """Return *text* cut or filled up with blanks to exactly *columns*."""
    short = cut(text, columns)
    return short + " " * (columns - width(short))


def fit_right(text: str, columns: int) -> str:
    """Return *text* as `fit` does, with the blanks in front."""
    short = cut(text, columns)
    return " " * (columns - width(short)) + short


def wrap(pieces: Iterable[str], columns: int, indent: str = "", first: str = "") -> list[str]:
    """Return *pieces* joined by `` · `` as lines of at most *columns*, which begin with *first*, then *indent*."""
    lines: list[str] = []
    for piece in pieces:
        short = cut(piece, columns - width(indent))
        if lines and width(lines[-1]) + 3 + width(short) <= columns:
            lines[-1] += " · " + short
        else:
            lines.append((indent if lines else first) + short)
    return lines


@lru_cache(maxsize=4096)
def _columns(char: str) -> int:
    code, category = ord(char), unicodedata.category(char)
    if category in ("Mn", "Me") or unicodedata.combining(char) or code in _JAMO:
        return 0
    # A picture that is younger than Python's tables is taken to be wide, as all of its block are.
    return 2 if unicodedata.east_asian_width(char) in "WF" or (category == "Cn" and code in _PICTURES) else 1


def _escape(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
