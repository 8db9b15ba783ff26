"""
A lookup's rows, and the evidence for what is not there.

In this order: the rows of the tag; all rows of their traces, whatever their
tag; where nothing has the tag, component pushes of that stamp; and for
absence, who was recording at the time.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from wxtrace.row import LogRow, SpanRow
from wxtrace.scan.evidence import CANNOT_KNOW, Evidence, reason
from wxtrace.scan.found import Found
from wxtrace.scan.question import ByStamp, ByTag, ByTrace
from wxtrace.scan.sweep import OpenStore, Seen, look_around, look_for_damage, open_stores, sweep
from wxtrace.store import paths

_HOUR = 3600
_MARGIN_NS = 60 * 10**9
_LONGEST_NS = 24 * _HOUR * 10**9
"""Rows of a trace without its tag are looked for up to a minute before and after those with it."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """
    What a lookup found, before anything is made of it.

    `spans` and `logs` are the rows of the tag and all rows of their traces, each
    once, by time. `candidates` are component pushes of that stamp, which have no
    openid; they are looked for only when nothing has the tag.
    """

    spans: tuple[SpanRow, ...]
    logs: tuple[LogRow, ...]
    candidates: tuple[SpanRow, ...]
    evidence: Evidence


def scan(stores: Sequence[str], openid: str | None, stamp: int, tolerance: int = 30) -> Scanned:
    """
    Return all rows of a push, and of the traces that they belong to.

    Args:
        stores: Folders or URLs; each is looked at, with the journals beside it.
        openid: None: whatever has the stamp.
        stamp: Unix seconds.
        tolerance: How many seconds the stamp may be off, each side.

    Raises:
        StoreMissing: None of the stores is there. One of several: named in the evidence.
    """
    seen = Seen()
    opened = open_stores(stores, seen)
    tag = ByTag(openid or None, stamp - tolerance, stamp + tolerance)
    found = Found()
    sweep(opened, dict.fromkeys(paths.TABLES, tag), _hours(tag.first, tag.last), found, seen)
    candidates: tuple[SpanRow, ...] = ()
    if not found.is_empty():
        _add_traces(opened, tag, found, seen)
    elif tag.openid is not None:
        candidates = _component_pushes(opened, tag, seen)
    found.bury(seen.dead)
    return Scanned(found.spans(), found.logs(), candidates, _evidence(opened, tag, found, seen))


def _add_traces(opened: list[OpenStore], tag: ByTag, found: Found, seen: Seen) -> None:
    first_ns, last_ns = found.moments()
    span = (first_ns - _MARGIN_NS, min(last_ns, first_ns + _LONGEST_NS) + _MARGIN_NS)
    questions = {
        paths.SPANS: ByTrace(found.traces(), found.closed_spans(), tag, "start_ns", span),
        paths.LOGS: ByTrace(found.traces(), found.log_identities(), tag, "time_ns", span),
    }
    hours = dict.fromkeys([*_hours(tag.first, tag.last), *_hours(span[0] // 10**9, span[1] // 10**9)])
    sweep(opened, questions, hours, found, seen)


def _component_pushes(opened: list[OpenStore], tag: ByTag, seen: Seen) -> tuple[SpanRow, ...]:
    found = Found()
    sweep(opened, {paths.SPANS: ByStamp(tag.first, tag.last)}, _hours(tag.first, tag.last), found, seen)
    return found.spans()


def _evidence(opened: list[OpenStore], tag: ByTag, found: Found, seen: Seen) -> Evidence:
    window = (tag.first * 10**9, tag.last * 10**9)
    why = None
    if found.is_empty():
        look_for_damage(opened, seen)
        look_around(opened, _hours(tag.first - _HOUR, tag.last + _HOUR), seen)
        why = CANNOT_KNOW if seen.damaged else reason(seen.writers(), window, time.time_ns())
    writers = seen.writers()
    return Evidence(
        writers=writers,
        dropped=sum(writer.dropped for writer in writers),
        files=len(seen.files),
        journals=len(seen.journals),
        window=window,
        damaged=seen.damaged,
        reason=why,
    )


def _hours(first: int, last: int) -> list[str]:
    """Return the partitions of the hours from *first* to *last*, unix seconds; none for a time that is none."""
    try:
        return [paths.partition(None, hour * _HOUR * 10**9) for hour in range(first // _HOUR, last // _HOUR + 1)]
    except (OverflowError, OSError, ValueError):
        return []
