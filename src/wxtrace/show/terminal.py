"""
Text as a terminal shows it: how wide it is, and how it is made harmless.

Names and log lines come from whoever sends a request. What could move the
cursor, ring, recolour or turn the direction of writing is shown as an escape.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

_LONGEST: Final = 2000
_ESCAPED = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def clean(text: str) -> str:
    """Return *text* as one harmless line: control, format and half characters as ``\\x1b`` or ``\\u202e``."""
    short = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    if short.isascii() and short.isprintable():
        return short
    return "".join(_escape(char) if unicodedata.category(char) in _ESCAPED else char for char in short)


def width(text: str) -> int:
    """Return the columns that *text* takes; a Chinese character takes two."""
    if text.isascii():
        return len(text)
    return sum(_columns(char) for char in text)


def cut(text: str, columns: int) -> str:
    """Return *text*, ended with an ellipsis where it is wider than *columns*."""
    if width(text) <= columns:
        return text
    used, kept = 0, []
    for char in text:
        used += _columns(char)
        if used > columns - 1:
            break
        kept.append(char)
    return "".join(kept) + "…" if columns > 0 else ""


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


def _columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _escape(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
