"""
How far a host's clock may be ahead of WeChat's. Pure.

A push is stamped by WeChat's clock, in whole seconds, and arrives later, by the
host's clock. So arrival less stamp is the way of the push, and what the second
had begun, and what the host's clock is ahead: the least of many is a bound of
the last. A low quantile is taken in its place, as a stamp may be wrong. It is
told, and applied to nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from wxtrace.explain.outcome import CREDIBLE_DELAY_NS
from wxtrace.rebuild.arrival import Arrival

LEAST: Final = 20
"""Of fewer first attempts nothing is said."""

SHARE: Final = 0.05
"""The share of first attempts that may lie below the bound."""


@dataclass(frozen=True, slots=True)
class Skew:
    """
    A host's clock against WeChat's.

    The host's clock is at most `at_most_ns` ahead; where that is negative, it is
    at least so much behind. It rests on `attempts` first attempts.
    """

    host: str
    at_most_ns: int
    attempts: int


def skews_of(arrivals: Iterable[Arrival]) -> tuple[Skew, ...]:
    """Return the bound of every host that has enough first attempts, by the host's name."""
    delays: defaultdict[str, list[int]] = defaultdict(list)
    for one in arrivals:
        delay_ns = one.arrival_delay_ns
        if one.number == 1 and delay_ns is not None and abs(delay_ns) <= CREDIBLE_DELAY_NS:
            delays[one.host].append(delay_ns)
    return tuple(_skew(host, sorted(delays[host])) for host in sorted(delays) if len(delays[host]) >= LEAST)


def _skew(host: str, delays: list[int]) -> Skew:
    return Skew(host, delays[int(len(delays) * SHARE)], len(delays))
