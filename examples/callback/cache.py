"""A small cache in front of the storage; in yours this is Redis."""

from __future__ import annotations

import time

import wxtrace

from . import faults


class Cache:
    """
    Texts by key, each for a while.

    Args:
        seconds: How long a text is kept.
    """

    def __init__(self, seconds: float = 60.0) -> None:
        self._seconds = seconds
        self._kept: dict[str, tuple[float, str]] = {}

    async def get(self, key: str) -> str | None:
        """Return the text of *key*, None if there is none or it is too old."""
        with wxtrace.span("storage", "cache", f"GET {key}"):
            await faults.dawdle("cache")
            until, text = self._kept.get(key, (0.0, ""))
            return text if time.monotonic() < until else None

    async def put(self, key: str, text: str) -> None:
        """Keep *text* under *key*."""
        with wxtrace.span("storage", "cache", f"SET {key}"):
            self._kept[key] = (time.monotonic() + self._seconds, text)
