"""
The evidence of a lookup: who was recording, and what that says where nothing was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wxtrace.scan.evidence import CANNOT_KNOW, Evidence
from wxtrace.scan.hosts import LOOKED_AROUND_NS, hosts_of, reason
from wxtrace.scan.hours import hours_of
from wxtrace.scan.kept import kept_between, kept_since
from wxtrace.scan.stores import OpenStore, Seen
from wxtrace.scan.sweep import look_around, look_for_damage


def evidence_of(seen: Seen, window: tuple[int, int]) -> Evidence:
    """Return the evidence of a lookup that found what it was asked for; the hours around are not looked at."""
    writers = seen.writers()
    return Evidence(
        writers=writers,
        dropped=sum(writer.dropped for writer in writers),
        files=len(seen.files),
        journals=len(seen.journals),
        window=window,
        damaged=seen.damaged,
        reason=None,
    )


def evidence_around(
    opened: Sequence[OpenStore], seen: Seen, window: tuple[int, int], *, found: bool = False
) -> Evidence:
    """
    Return the evidence with every host that was in service, and why nothing was found.

    Args:
        opened: The stores that are there.
        seen: What the sweeps have met so far; takes what is met besides.
        window: The time asked about, (from, to), nanoseconds.
        found: Whether anything was found all the same: then no reason is given.
    """
    look_for_damage(opened, seen)
    first_ns, last_ns = window[0] - LOOKED_AROUND_NS, window[1] + LOOKED_AROUND_NS
    look_around(opened, hours_of(first_ns // 10**9, last_ns // 10**9), seen)
    kept_ns = kept_since(opened, seen)
    hosts = hosts_of(seen.writers(), window, seen.began_ns, kept_ns)
    kept = None if found or hosts else kept_between(opened, seen)
    why = CANNOT_KNOW if seen.damaged else reason(hosts)
    known = evidence_of(seen, window)
    return replace(known, hosts=hosts, reason=None if found else why, kept=kept)
