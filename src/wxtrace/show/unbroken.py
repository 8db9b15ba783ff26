"""
How text is made that does not stand in a terminal.
"""

from __future__ import annotations

from typing import Final

from wxtrace.show.style import Style

_BOUNDLESS: Final = 1 << 20


class Unbroken(Style):
    """Lines of any length: what shows them breaks them itself."""

    __slots__ = ()

    @property
    def width(self) -> int:
        """More columns than a line has."""
        return _BOUNDLESS
