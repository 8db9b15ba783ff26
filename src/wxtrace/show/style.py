"""
How text for a terminal is drawn: language, width, colours, and in which characters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from wxtrace.show.plain import as_taken
from wxtrace.show.words import Words

NARROWEST: Final = 60
"""Columns below which the text is not squeezed any further."""
WIDEST: Final = 200
"""Columns beyond which it does not spread."""

BOLD, DIM, RED, YELLOW = "1", "2", "31", "33"
LAYER_COLOURS: Final = {"access": "36", "logic": "94", "storage": "33", "remote": "35", "wait": "32"}
"""The colours of a terminal, by their numbers; a layer's bars are all of one. Red is for faults alone."""


@dataclass(frozen=True, slots=True)
class Style:
    """
    How a text is drawn: in which language, how wide, in colour or not, with everything in full or not.

    `ascii` draws bars and marks in plain ASCII, for terminals that have nothing else. `encoding` is what the
    terminal takes. `wraps` breaks the verdict at the terminal's edge; in a pipe it is one line. `rows` is how many
    lines the terminal shows at once; 0: no line goes out of sight.
    """

    words: Words = field(default_factory=Words)
    columns: int = 100
    colour: bool = False
    full: bool = False
    ascii: bool = False
    encoding: str = "utf-8"
    wraps: bool = False
    rows: int = 0

    @property
    def width(self) -> int:
        """The columns that are used."""
        return max(NARROWEST, min(self.columns, WIDEST))

    def paint(self, text: str, colour: str) -> str:
        """Return *text* in a colour, if there are any."""
        return f"\x1b[{colour}m{text}\x1b[0m" if self.colour and text and colour else text

    def drawn(self, text: str) -> str:
        """Return a finished text in the characters that the terminal has; every line is as wide as before."""
        return as_taken(text, ascii_only=self.ascii, encoding=self.encoding)
