"""
HTML made piece by piece, escaped by default: what is not `Markup` already is text.

What is made is XML too: every element is closed, every attribute quoted.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from wxtrace.show.terminal import clean

LONGEST: Final = 2000
"""So many characters of a text with several lines are kept; how many more there were is said."""

_EMPTY: Final = frozenset(("br", "input", "line", "meta", "rect"))


class Markup(str):
    """HTML that was made here, and that is safe to stand in a page as it is."""

    __slots__ = ()


def tag(name: str, /, *content: str, **attributes: str | int | bool | None) -> Markup:
    """
    Return an element; what of its content is no `Markup` is cleaned and escaped.

    Args:
        name: Of the element.
        content: What stands in it, piece after piece.
        attributes: Their names without a final underscore, ``-`` for ``_`` within. True gives the name as value;
            None and False leave it out.
    """
    told = "".join(_attribute(key, value) for key, value in attributes.items())
    inside = "".join(map(plain, content))
    return Markup(f"<{name}{told}/>" if name in _EMPTY else f"<{name}{told}>{inside}</{name}>")


def plain(text: str) -> Markup:
    """Return *text* as one line of a page; `Markup` as it is."""
    return text if isinstance(text, Markup) else Markup(escape(clean(text)))


def lines_of(text: str) -> str:
    """Return a text of several lines, each harmless; a long one is cut, and says how many characters are left."""
    kept = "\n".join(map(clean, text[:LONGEST].split("\n")))
    return kept if len(text) <= LONGEST else f"{kept} … (+{len(text) - LONGEST:,})"


def block(text: str, **attributes: str | int) -> Markup:
    """Return a text of several lines as they are."""
    return tag("pre", Markup(escape(lines_of(text))), **attributes)


def joined(pieces: Iterable[Markup]) -> Markup:
    """Return pieces of a page one after the other."""
    return Markup("".join(pieces))


def _attribute(key: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f' {name}="{name if value is True else escape(clean(str(value)))}"'
