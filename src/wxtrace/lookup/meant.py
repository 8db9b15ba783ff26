"""
Which push an alarm means, and its rows: the alarm's own tag first, then what its window holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from wxtrace.alarm.alarm import Alarm
from wxtrace.errors import BadInput
from wxtrace.explain.match import Match, matches_of
from wxtrace.rebuild.arrival import Arrival, arrivals_of
from wxtrace.row import LogRow, SpanRow
from wxtrace.scan.arrivals import scan_arrivals, scan_traces
from wxtrace.scan.evidence import CANNOT_KNOW, Evidence
from wxtrace.scan.hosts import reason
from wxtrace.scan.scan import Scanned, scan
from wxtrace.store.progress import Progress, parts, silent

_SECOND_NS = 10**9
_MARGIN_NS = 60 * _SECOND_NS
"""How much before and after an alarm's window is looked at: a gap has two sides, and retries come later."""
_LIFE_NS = 3600 * _SECOND_NS
"""How long after its arrival rows of a request without a tag are looked for."""
TOO_LITTLE: Final = "It names neither a push (OpenID and Stamp) nor a time (时间); paste the whole alarm."


@dataclass(frozen=True, slots=True)
class Meant:
    """
    What an alarm may mean, as far as stores tell.

    `matches` are ranked, the likeliest first; `spans` and `logs` are the rows of
    the first of them. `arrivals` are the attempts of the time around, and `recorders`
    who recorded then. `window` is the alarm's as far as it has passed, (from, to) in
    nanoseconds since the epoch.
    """

    alarm: Alarm
    matches: tuple[Match, ...]
    spans: tuple[SpanRow, ...]
    logs: tuple[LogRow, ...]
    arrivals: tuple[Arrival, ...]
    window: tuple[int, int]
    evidence: Evidence
    recorders: Evidence


def meant_by(
    alarm: Alarm, stores: Sequence[str], tolerance: int, now_ns: int, progress: Progress = silent
) -> Meant:
    """
    Return what *alarm* may mean.

    Args:
        alarm: As it was read.
        stores: Folders or URLs.
        tolerance: How many seconds its stamp may be off, each side.
        now_ns: The time of the lookup, nanoseconds since the epoch.
        progress: Is told how much has been read, in shares.

    Raises:
        BadInput: The alarm names neither a push nor a time.
        StoreMissing: None of the stores is there.
    """
    window = window_of(alarm)
    if window is None:
        raise BadInput("alarm", alarm.content or alarm.kind, TOO_LITTLE)
    passed = (window[0], max(window[0] + 1, min(window[1], now_ns)))
    window_of_it, tag_of_it, rows_of_it = parts(progress, 3)
    around = scan_arrivals(stores, *passed, before_ns=_MARGIN_NS, after_ns=_MARGIN_NS, progress=window_of_it)
    arrivals = _arrivals(around, now_ns)
    named = _named(alarm, stores, tolerance, tag_of_it)
    known = arrivals if named is None else _once((*_arrivals(named, now_ns), *arrivals))
    matches = matches_of(alarm, known, tolerance, now_ns=now_ns)
    evidence = _evidence(around.evidence if named is None else named.evidence, bool(matches))
    spans, logs = _rows(matches, named, stores, rows_of_it)
    return Meant(alarm, matches, spans, logs, arrivals, passed, evidence, around.evidence)


def window_of(alarm: Alarm) -> tuple[int, int] | None:
    """Return the time that an alarm speaks of, (from, to) in nanoseconds; None if it says none."""
    if alarm.window_ns is not None:
        return alarm.window_ns
    if alarm.stamp is None:
        return None
    return alarm.stamp * _SECOND_NS, alarm.stamp * _SECOND_NS + alarm.length_ns


def arrivals_around(
    stores: Sequence[str], window: tuple[int, int], now_ns: int, progress: Progress = silent
) -> tuple[Arrival, ...]:
    """
    Return the attempts that came from ``window[0]`` to ``window[1]``, nanoseconds since the epoch.

    Raises:
        StoreMissing: None of the stores is there.
    """
    return _arrivals(scan_arrivals(stores, *window, progress=progress), now_ns)


def _named(alarm: Alarm, stores: Sequence[str], tolerance: int, progress: Progress) -> Scanned | None:
    """Return what has the alarm's tag; None where it names none that could be looked up."""
    if not alarm.openid or alarm.is_openid_masked or alarm.stamp is None:
        progress(0, 0)
        return None
    return scan(stores, alarm.openid, alarm.stamp, tolerance, progress)


def _arrivals(scanned: Scanned, now_ns: int) -> tuple[Arrival, ...]:
    return arrivals_of(scanned.spans, now_ns, scanned.evidence.last_records())


def _evidence(evidence: Evidence, is_found: bool) -> Evidence:
    """Return the evidence with the reason why the push was not found, although others came in that time."""
    if is_found or evidence.reason is not None:
        return evidence
    return replace(evidence, reason=CANNOT_KNOW if evidence.damaged else reason(evidence.hosts))


def _once(arrivals: Sequence[Arrival]) -> tuple[Arrival, ...]:
    """Return each attempt once; one that two scans met is counted as the first met it."""
    known = {(one.trace_id, one.writer, one.start_ns): one for one in reversed(arrivals)}
    return tuple(sorted(known.values(), key=lambda one: one.start_ns))


def _rows(
    matches: Sequence[Match], named: Scanned | None, stores: Sequence[str], progress: Progress
) -> tuple[tuple[SpanRow, ...], tuple[LogRow, ...]]:
    """Return the rows of the likeliest push."""
    if not matches or (named is not None and named.spans):
        progress(0, 0)
        return (named.spans, named.logs) if named is not None else ((), ())
    best = matches[0]
    if best.stamp is None or best.openid is None:
        moments = best.start_ns - _MARGIN_NS, best.start_ns + _LIFE_NS
        return scan_traces(stores, best.trace_ids, *moments, progress=progress)
    found = scan(stores, best.openid, best.stamp, 0, progress)
    return found.spans, found.logs
