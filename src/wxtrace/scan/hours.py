"""
The partitions of a time, by name.
"""

from __future__ import annotations

from typing import Final

from wxtrace.store import paths

HOUR: Final = 3600
"""Seconds of an hour."""


def hours_of(first: int, last: int) -> list[str]:
    """Return the partitions of the hours from *first* to *last*, unix seconds; none for a time that is none."""
    try:
        return [paths.partition(None, hour * HOUR * 10**9) for hour in range(first // HOUR, last // HOUR + 1)]
    except (OverflowError, OSError, ValueError):
        return []
