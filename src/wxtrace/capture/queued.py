"""How long a request had waited before the app got it, where a proxy's header proves it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_NAMES: Final = frozenset({b"x-request-start", b"x-queue-start"})
_LONGEST: Final = 32
_MAX_NS: Final = 60 * 10**9
_UNITS_NS: Final = (10**9, 10**6, 10**3, 1)
"""Seconds, milliseconds, microseconds, nanoseconds: a time of our days has one that fits, not two."""


def queued_ns(headers: Iterable[tuple[bytes, bytes]], arrived_ns: int) -> int:
    """
    Return how long a request had been on its way from the proxy, in nanoseconds; 0 where nothing proves it.

    ``X-Request-Start`` and ``X-Queue-Start`` are believed if they lie at most 60 s before the arrival.

    Args:
        headers: Names in lower case, and values.
        arrived_ns: When it arrived, in nanoseconds since the epoch.
    """
    for name, value in headers:
        if name in _NAMES and (queued := _before(value, arrived_ns)):
            return queued
    return 0


def _before(value: bytes, arrived_ns: int) -> int:
    digits, _, rest = value[:_LONGEST].strip().removeprefix(b"t=").partition(b".")
    if not digits.isdigit() or not (rest.isdigit() or not rest):
        return 0
    for unit_ns in _UNITS_NS:
        started_ns = int(digits) * unit_ns + int((rest + b"000000000")[:9]) * unit_ns // 10**9
        if 0 <= arrived_ns - started_ns <= _MAX_NS:
            return arrived_ns - started_ns
    return 0
