"""
Lines of text as a page has them: one that is indented belongs below the one before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from wxtrace.page.markup import Markup, joined, tag

_STEP: Final = 2
_SEPARATOR: Final = " · "
_BLANK: Final = Markup(" ")


def outline(lines: Iterable[str]) -> Markup:
    """Return lines as paragraphs, each with what is indented below it as a list."""
    pieces: list[Markup] = []
    below: list[Markup] = []
    for line in lines:
        if line.startswith(" " * _STEP):
            depth = (len(line) - len(line.lstrip(" "))) // _STEP
            below.append(tag("li", *parted(line.strip()), class_="deeper" if depth > 1 else None))
        elif line:
            pieces += _list(below)
            below = []
            pieces.append(tag("p", *parted(line)))
    return joined([*pieces, *_list(below)])


def parted(line: str) -> list[Markup]:
    """Return the facts of a line, each a piece that is better not broken; a dot stays with what it follows."""
    *others, last = line.split(_SEPARATOR)
    return [piece for fact in others for piece in (tag("span", f"{fact} ·"), _BLANK)] + [tag("span", last)]


def _list(items: list[Markup]) -> list[Markup]:
    return [tag("ul", *items)] if items else []
