"""
JSON's types out of a record that anybody may have written: each of its kind, bounded, else nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

LONGEST: Final = 500
"""Characters of a text that are kept."""
MOST: Final = 32
"""Elements of a list or an object that are kept."""


def mapping(told: object) -> Mapping[str, Any]:
    """Return an object; an empty one for anything else."""
    return told if isinstance(told, dict) else {}


def mappings(told: object, most: int = MOST) -> Sequence[Mapping[str, Any]]:
    """Return the objects of a list, the last ones of too many."""
    return [one for one in told if isinstance(one, dict)][-most:] if isinstance(told, list) else []


def text(told: object) -> str | None:
    """Return a text, or a whole number as one; None for anything else and for an empty one."""
    if isinstance(told, int) and not isinstance(told, bool):
        return str(told) if abs(told) < 1 << 64 else None
    return told[:LONGEST] if isinstance(told, str) and told else None


def whole(told: object) -> int | None:
    """Return a whole number of 64 bits; None for anything else."""
    if isinstance(told, bool) or not isinstance(told, int) or abs(told) >= 1 << 63:
        return None
    return told


def number(told: object) -> float | None:
    """Return a number of sensible size; None for anything else."""
    if isinstance(told, bool) or not isinstance(told, int | float) or not abs(told) < 1e15:
        return None
    return float(told)
