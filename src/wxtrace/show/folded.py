"""
A sentence on as many lines as it needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wxtrace.show.terminal import columns_of

_NOT_FIRST: Final = frozenset("，。、；：？！）」』”’》…·%")
_NOT_LAST: Final = frozenset("（「『“‘《")
"""Chinese punctuation that stands neither at the start nor at the end of a line."""


def folded(text: str, columns: int, indent: str = "") -> Iterator[str]:
    """
    Yield *text* as lines of at most *columns*, the later ones indented.

    It is broken at blanks and between Chinese characters; a word that is longer than a line, where the line ends.

    Args:
        text: One line, harmless to a terminal.
        columns: How wide a line may be.
        indent: Stands before every line but the first.
    """
    taken = list(columns_of(text))
    begin, room, start = 0, columns, ""
    while (end := _end(taken, begin, room)) < len(text):
        after = _break(text, taken, begin, end)
        yield start + text[begin:after].rstrip(" ")
        begin = after + len(text[after:]) - len(text[after:].lstrip(" "))
        start, room = indent, columns - len(indent)
    if begin < len(text):
        yield start + text[begin:]


def _end(taken: list[int], begin: int, room: int) -> int:
    """Return how far a line reaches that begins there; by one character at least, whatever the room."""
    end = begin
    while end < len(taken) and (room := room - taken[end]) >= 0:
        end += 1
    return max(end, min(begin + 1, len(taken)))


def _break(text: str, taken: list[int], begin: int, end: int) -> int:
    """Return where a line ends at the latest that has room up to *end*."""
    for at in range(end, begin, -1):
        before, after = text[at - 1], text[at]
        if after == " " and text[begin:at].strip(" "):
            return at
        if before == " ":
            if text[begin:at].strip(" "):
                return at
        elif 2 in taken[at - 1 : at + 1] and taken[at] and before not in _NOT_LAST and after not in _NOT_FIRST:
            return at
    return end
