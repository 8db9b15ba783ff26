"""
A finished text in the characters that a terminal has: bars and marks in plain ASCII, where it has no others.
"""

from __future__ import annotations

import re
from typing import Final

from wxtrace.show.terminal import width

_ALIKE: Final = {
    "▋▊▉█": "#",
    "▏▎▍▌┄": "-",
    "░": ".",
    "▒": ":",
    "▓═": "=",
    "│": "|",
    "·": "-",
    "…": "~",
    "◆": "*",
    "›→": ">",
    "×": "x",
    "✓": "+",
    "✗": "!",
    "“”": '"',
    "‘’": "'",
}
_ASCII: Final = str.maketrans({char: like for chars, like in _ALIKE.items() for char in chars})
_MORE: Final = re.compile("^( *)(…+)(?= )", re.MULTILINE)
_GAPS: Final = re.compile("( {2,})")


def as_taken(text: str, *, ascii_only: bool = False, encoding: str = "utf-8") -> str:
    """
    Return *text* in what a terminal takes.

    Args:
        text: Lines, laid out.
        ascii_only: Draw with nothing but ASCII, column by column. Names and sentences keep their other characters.
        encoding: The terminal's. What it lacks is escaped, at the cost of the blanks behind it.
    """
    if ascii_only:
        text = _MORE.sub(lambda more: more[1] + "+".rjust(len(more[2])), text).translate(_ASCII)
    if is_utf8(encoding):
        return text
    return "\n".join(_escaped(line, encoding) for line in text.split("\n"))


def is_utf8(encoding: str) -> bool:
    """Say whether an encoding is the one that has every character."""
    return encoding.lower().replace("-", "").replace("_", "") == "utf8"


def _escaped(line: str, encoding: str) -> str:
    """Return a line with what an encoding lacks as escapes; what follows a gap stays in its column, if it can."""
    pieces, longer = [], 0
    for piece in _GAPS.split(line):
        told = piece.encode(encoding, "backslashreplace").decode(encoding)
        if piece.isspace():
            paid = min(longer, len(piece) - 1)
            told, longer = piece[paid:], longer - paid
        else:
            longer += width(told) - width(piece)
        pieces.append(told)
    return "".join(pieces)
