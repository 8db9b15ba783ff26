"""
Which host recorded when: the union of what its writers recorded, and the gaps in it. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from wxtrace.scan.evidence import CANNOT_KNOW, NEVER_ARRIVED, HostSeen, WriterSeen

LOOKED_AROUND_NS: Final = 3600 * 10**9
"""A host of which nothing is known for so long before and after the time asked about was not in service."""

_NOTHING_GONE: Final[Mapping[str, int]] = MappingProxyType({})


def hosts_of(
    writers: Iterable[WriterSeen],
    window: tuple[int, int],
    now_ns: int,
    kept_ns: Mapping[str, int] = _NOTHING_GONE,
) -> tuple[HostSeen, ...]:
    """
    Return the hosts that were in service around a time, each with what it did not record of it.

    Args:
        writers: All that were seen.
        window: The time asked about, (from, to), nanoseconds.
        now_ns: The time of the lookup; a living writer recorded up to then.
        kept_ns: By writer, from when on its records are kept, where that is later than its beginning.
    """
    by_host: defaultdict[str, list[WriterSeen]] = defaultdict(list)
    for writer in writers:
        if _in_service(writer, window):
            by_host[writer.host].append(writer)
    return tuple(_host(host, by_host[host], window, now_ns, kept_ns) for host in sorted(by_host))


def reason(hosts: Sequence[HostSeen]) -> str:
    """Say why nothing was found: no host can have missed it, or one of *hosts* can."""
    missed = any(host.gaps or host.dropped for host in hosts)
    return NEVER_ARRIVED if hosts and not missed else CANNOT_KNOW


def _in_service(writer: WriterSeen, window: tuple[int, int]) -> bool:
    """Say whether it was there in the hours around; what it dropped, it may have dropped after its last record."""
    if writer.first_ns is None:
        return True
    last_ns = writer.first_ns if writer.last_ns is None else writer.last_ns
    lasted = writer.alive or writer.dropped > 0 or last_ns >= window[0] - LOOKED_AROUND_NS
    return lasted and writer.first_ns <= window[1] + LOOKED_AROUND_NS


def _host(
    host: str, writers: list[WriterSeen], window: tuple[int, int], now_ns: int, kept_ns: Mapping[str, int]
) -> HostSeen:
    lives = [life for writer in writers if (life := _life(writer, now_ns, kept_ns.get(writer.writer)))]
    return HostSeen(
        host,
        writers=tuple(writer.writer for writer in writers),
        alive=sum(writer.alive for writer in writers),
        records=sum(writer.records for writer in writers),
        dropped=sum(writer.dropped for writer in writers),
        first_ns=min((first for first, _ in lives), default=None),
        last_ns=max((last for _, last in lives), default=None),
        gaps=_gaps(lives, window),
    )


def _life(writer: WriterSeen, now_ns: int, kept_ns: int | None) -> tuple[int, int] | None:
    """Return from when to when it demonstrably recorded, and what it recorded is there to be read."""
    last_ns = max(now_ns, writer.last_ns or 0) if writer.alive else writer.last_ns
    if writer.first_ns is None or last_ns is None:
        return None
    first_ns = writer.first_ns if kept_ns is None else max(writer.first_ns, kept_ns)
    return (first_ns, last_ns) if first_ns <= last_ns else None


def _gaps(lives: Iterable[tuple[int, int]], window: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """Return the stretches of *window* in which none of *lives* is."""
    met = sorted(life for life in lives if life[0] <= window[1] and life[1] >= window[0])
    if not met:
        return (window,)
    gaps, covered_ns = [], window[0]
    for first_ns, last_ns in met:
        if first_ns > covered_ns:
            gaps.append((covered_ns, first_ns))
        covered_ns = max(covered_ns, last_ns)
    return (*gaps, (covered_ns, window[1])) if covered_ns < window[1] else tuple(gaps)
