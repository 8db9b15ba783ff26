"""
A lookup's rows, and the evidence for what is not there.

In this order: the rows of the tag; all rows of their traces, whatever their
tag; where nothing has the tag, component pushes of that stamp; and for
absence, who was recording at the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wxtrace.row import LogRow, SpanRow
from wxtrace.scan.absence import evidence_around, evidence_of
from wxtrace.scan.evidence import Evidence
from wxtrace.scan.found import Found
from wxtrace.scan.hours import HOUR, hours_of
from wxtrace.scan.question import ByStamp, ByTag, ByTrace
from wxtrace.scan.stores import OpenStore, Seen, open_stores
from wxtrace.scan.sweep import sweep
from wxtrace.store import paths
from wxtrace.store.progress import Progress, parts, silent

_MARGIN_NS = 60 * 10**9
_LONGEST_NS = 24 * HOUR * 10**9
"""Rows of a trace without its tag are looked for up to a minute before and after those with it."""

_RETRIES = 15
"""WeChat's attempts are spread over so many seconds: who was recording is asked for all of them."""


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


def scan(
    stores: Sequence[str], openid: str | None, stamp: int, tolerance: int = 30, progress: Progress = silent
) -> Scanned:
    """
    Return all rows of a push, and of the traces that they belong to.

    Args:
        stores: Folders or URLs; each is looked at, with the journals beside it.
        openid: None: whatever has the stamp.
        stamp: Unix seconds.
        tolerance: How many seconds the stamp may be off, each side.
        progress: Is told how many journals and files have been read.

    Raises:
        StoreMissing: None of the stores is there. One of several: named in the evidence.
    """
    seen = Seen()
    opened = open_stores(stores, seen)
    tag = ByTag(openid or None, stamp - tolerance, stamp + tolerance)
    found = Found()
    of_tag, besides = parts(progress, 2)
    sweep(opened, dict.fromkeys(paths.TABLES, tag), hours_of(tag.first, tag.last), found, seen, of_tag)
    candidates: tuple[SpanRow, ...] = ()
    if not found.is_empty():
        _add_traces(opened, tag, found, seen, besides)
    elif tag.openid is not None:
        candidates = _component_pushes(opened, tag, seen, besides)
    else:
        besides(0, 0)
    found.bury(seen.dead)
    return Scanned(found.spans(), found.logs(), candidates, _evidence(opened, tag, found, seen))


def _add_traces(opened: list[OpenStore], tag: ByTag, found: Found, seen: Seen, progress: Progress) -> None:
    first_ns, last_ns = found.moments()
    span = (first_ns - _MARGIN_NS, min(last_ns, first_ns + _LONGEST_NS) + _MARGIN_NS)
    questions = {
        paths.SPANS: ByTrace(found.traces(), found.closed_spans(), tag, "start_ns", span),
        paths.LOGS: ByTrace(found.traces(), found.log_identities(), tag, "time_ns", span),
    }
    hours = dict.fromkeys([*hours_of(tag.first, tag.last), *hours_of(span[0] // 10**9, span[1] // 10**9)])
    sweep(opened, questions, hours, found, seen, progress)


def _component_pushes(opened: list[OpenStore], tag: ByTag, seen: Seen, progress: Progress) -> tuple[SpanRow, ...]:
    found = Found()
    questions = {paths.SPANS: ByStamp(tag.first, tag.last)}
    sweep(opened, questions, hours_of(tag.first, tag.last), found, seen, progress)
    return found.spans()


def _evidence(opened: list[OpenStore], tag: ByTag, found: Found, seen: Seen) -> Evidence:
    retried = (tag.first + tag.last) // 2 + _RETRIES
    window = (tag.first * 10**9, max(tag.last, retried) * 10**9)
    return evidence_around(opened, seen, window) if found.is_empty() else evidence_of(seen, window)
