"""How a command ends, as the shell sees it."""

from typing import Final

FOUND: Final = 0
"""Found, or done."""
NOT_FOUND: Final = 1
USAGE: Final = 2
"""Wrong usage."""
BROKEN: Final = 3
"""The store is missing or damaged."""
INTERRUPTED: Final = 130
