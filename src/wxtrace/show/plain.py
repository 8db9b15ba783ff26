"""
A finished text in the characters that a terminal has: bars and marks in plain ASCII, where it has no others.
"""

from __future__ import annotations

import re
from typing import Final

from wxtrace.show.terminal import columns_of

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


def as_taken(text: str, *, ascii_only: bool = False, encoding: str = "utf-8") -> str:
    """
    Return *text* in what a terminal takes, each line as wide as before.

    Args:
        text: Lines, laid out.
        ascii_only: Draw with nothing but ASCII. Names and sentences keep their other characters.
        encoding: The terminal's; what it lacks becomes ``?``.
    """
    if ascii_only:
        text = _MORE.sub(lambda more: more[1] + "+".rjust(len(more[2])), text).translate(_ASCII)
    if is_utf8(encoding):
        return text
    return "".join(_known(char, taken, encoding) for char, taken in zip(text, columns_of(text), strict=True))


def is_utf8(encoding: str) -> bool:
    """Say whether an encoding is the one that has every character."""
    return encoding.lower().replace("-", "").replace("_", "") == "utf8"


def _known(char: str, columns: int, encoding: str) -> str:
    """Return a character, or as many question marks as it has columns."""
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return "?" * columns
    return char
