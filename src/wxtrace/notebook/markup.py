"""
Pieces of HTML that look the same wherever a notebook is opened. Pure.

A notebook that its reader does not trust yet is drawn without SVG, classes and style sheets; tags of plain HTML
and styles at the elements are what is left. So all is made of them. Text has the colour of the page, whatever its
theme.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from wxtrace.show.terminal import clean

GOOD, BAD, WARN = "#2a8f4f", "#d32f2f", "#9a5b00"
"""White text can be read on the last two."""

_FRAME: Final = "font-family:sans-serif;font-size:13px;line-height:1.5;max-width:1200px"
_STEP: Final = 2
_INDENT: Final = 16


def xml(said: str) -> str:
    """Return text as markup that shows it: harmless, on one line."""
    return escape(clean(said))


def xml_lines(lines: Iterable[str]) -> str:
    """Return lines as markup, for where line feeds are kept: a tooltip, or text as it is."""
    return "\n".join(map(xml, lines))


def framed(pieces: Iterable[str]) -> str:
    """Return pieces as one drawing."""
    return f'<div class="wxtrace" style="{_FRAME}">{"".join(pieces)}</div>'


def told(lines: Iterable[str], style: str = "margin:6px 0") -> str:
    """Return lines of text one below the other, indented as they are; nothing for none."""
    kept = [line.rstrip() for line in lines]
    pieces = "".join(_line(line) for line in kept if line)
    return f'<div style="{style}">{pieces}</div>' if pieces else ""


def badge(said: str, colour: str) -> str:
    """Return a word that stands out, white on a colour."""
    return f'<span style="background:{colour};color:#ffffff;border-radius:3px;padding:0 4px">{xml(said)}</span>'


def folded(head: str, content: str, *, is_open: bool = False) -> str:
    """Return content that is unfolded by a click on its head."""
    shown = ' open="open"' if is_open else ""
    return f'<details{shown} style="margin:6px 0"><summary>{xml(head)}</summary>{content}</details>'


def _line(line: str) -> str:
    text = line.lstrip(" ")
    indent = (len(line) - len(text)) // _STEP * _INDENT
    style = f' style="padding-left:{indent}px"' if indent else ""
    return f"<div{style}>{xml(text)}</div>"
