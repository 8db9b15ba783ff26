"""
How text for a terminal is drawn: language, width, colours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from wxtrace.show.words import Words

NARROWEST: Final = 60
"""Columns below which the text is not squeezed any further."""
WIDEST: Final = 160
"""Columns beyond which it does not spread."""

BOLD, DIM, RED = "1", "2", "31"
LAYER_COLOURS: Final = {"access": "36", "logic": "34", "storage": "33", "remote": "35", "wait": "91"}
"""The colours of a terminal, by their numbers; a layer's bars are all of one."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is drawn: in which language, how wide, in colour or not, with every attempt in full or not."""

    words: Words = field(default_factory=Words)
    columns: int = 100
    colour: bool = False
    full: bool = False

    @property
    def width(self) -> int:
        """The columns that are used."""
        return max(NARROWEST, min(self.columns, WIDEST))

    def paint(self, text: str, colour: str) -> str:
        """Return *text* in a colour, if there are any."""
        return f"\x1b[{colour}m{text}\x1b[0m" if self.colour and text else text
