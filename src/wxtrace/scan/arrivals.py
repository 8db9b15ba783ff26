"""
Every request that came in a window, by its access span; and, of some of them, all spans.

Rows lie by the hour of their stamp, and a retry, a late arrival or a wrong
clock puts some time between stamp and start: so the hours around are read too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from wxtrace.row import LogRow, SpanRow
from wxtrace.scan.absence import evidence_around
from wxtrace.scan.found import Found
from wxtrace.scan.hours import hours_of
from wxtrace.scan.scan import Scanned
from wxtrace.scan.stores import Seen, open_stores
from wxtrace.scan.sweep import sweep
from wxtrace.scan.window import Arrived, InTraces
from wxtrace.store import paths
from wxtrace.store.progress import Progress, silent

MARGIN_S: Final = 3600
"""How far a stamp may be from the arrival for the arrival to be found, seconds; more than a day is found too."""

_SECOND_NS = 10**9


def scan_arrivals(
    stores: Sequence[str],
    first_ns: int,
    last_ns: int,
    *,
    before_ns: int = 0,
    after_ns: int = 0,
    progress: Progress = silent,
) -> Scanned:
    """
    Return the access spans of servers that began in a window, tagged or not.

    Args:
        stores: Folders or URLs; each is looked at, with the journals beside it.
        first_ns: When the window begins, nanoseconds since the epoch.
        last_ns: When it ends; what began then is no longer in it.
        before_ns: How long before the window rows are wanted too, of which the evidence says nothing.
        after_ns: How long after it.
        progress: Is told how many journals and files have been read.

    Raises:
        StoreMissing: None of the stores is there. One of several: named in the evidence.
    """
    seen, found = Seen(), Found()
    opened = open_stores(stores, seen)
    question = Arrived(first_ns - before_ns, last_ns + after_ns)
    hours = _hours_around(question.first_ns, question.until_ns)
    sweep(opened, {paths.SPANS: question}, hours, found, seen, progress)
    found.bury(seen.dead)
    evidence = evidence_around(opened, seen, (first_ns, last_ns), found=not found.is_empty())
    return Scanned(found.spans(), (), (), evidence)


def scan_traces(
    stores: Sequence[str],
    traces: Iterable[str],
    first_ns: int,
    last_ns: int,
    *,
    logs: bool = True,
    progress: Progress = silent,
) -> tuple[tuple[SpanRow, ...], tuple[LogRow, ...]]:
    """
    Return all spans and log lines of *traces*, whatever their tag, in one sweep however many they are.

    Args:
        stores: Folders or URLs, as for `scan_arrivals`.
        traces: Their ids, 32 hexadecimal digits each.
        first_ns: When the first of their rows began, nanoseconds since the epoch.
        last_ns: When the last of them began, at the latest.
        logs: Whether log lines are wanted.
        progress: Is told how many journals and files have been read.

    Raises:
        StoreMissing: None of the stores is there.
    """
    seen, found = Seen(), Found()
    opened = open_stores(stores, seen)
    spans = InTraces(frozenset(traces), first_ns, last_ns, with_logs=logs)
    questions = {paths.SPANS: spans} | ({paths.LOGS: spans._replace(moment="time_ns")} if logs else {})
    sweep(opened, questions, _hours_around(first_ns, last_ns), found, seen, progress)
    found.bury(seen.dead)
    return found.spans(), found.logs()


def _hours_around(first_ns: int, last_ns: int) -> list[str]:
    return hours_of(first_ns // _SECOND_NS - MARGIN_S, last_ns // _SECOND_NS + MARGIN_S)
