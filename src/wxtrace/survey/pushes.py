"""
Every push of a window, one after the other: what became of it, whose the time was.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyarrow import compute

from wxtrace.explain import verdict as case
from wxtrace.explain.around import is_push
from wxtrace.explain.outcome import ANSWERED, ARRIVED_LATE, Named, counts, outcome_of, taken_of
from wxtrace.rebuild.arrival import Arrival, Push, arrivals_of
from wxtrace.rebuild.modules import UNRECORDED
from wxtrace.rebuild.tree import is_access
from wxtrace.row import LogRow, SpanRow
from wxtrace.scan.arrivals import scan_traces
from wxtrace.scan.evidence import Evidence
from wxtrace.scan.found import Found
from wxtrace.scan.hour import rows_of
from wxtrace.scan.hourly import BESIDE_NS, Hour, scan_hours
from wxtrace.scan.window import ACCESS, SERVER
from wxtrace.store.progress import Progress, silent
from wxtrace.survey.atonce import judged_at_once
from wxtrace.survey.groups import event_of
from wxtrace.survey.judged import Identity, Judged, Known, identity_of, judged_one_by_one

pc: Any = compute  # its stubs know no plain values
_AHEAD_NS = 86_400 * 10**9  # a host's clock is hardly further ahead; a window may be of any length


@dataclass(frozen=True, slots=True)
class Told:
    """
    A push of a window, by the attempt that a lookup speaks of: the first that went wrong, or else its first.

    Args:
        first: Its first attempt.
        one: The attempt that is spoken of.
        event: One that tells what kind of push it is, if any does: a process that died may not have told.
        judged: What is said of that.
        attempts: How many attempts there were.
        failed: How many of them WeChat counts as failed.
        answered: Whether one was answered in time.
        worst_ns: How long the longest took; what arrived too late is counted from its stamp.
    """

    first: Arrival
    one: Arrival
    event: Arrival
    judged: Judged
    attempts: int
    failed: int
    answered: bool
    worst_ns: int


def pushes_of(
    stores: Sequence[str],
    first_ns: int,
    last_ns: int,
    *,
    now_ns: int | None = None,
    progress: Progress = silent,
    at_once: bool = True,
) -> Iterator[tuple[tuple[Told, ...], Evidence]]:
    """
    Yield the pushes whose first attempt came in a window, hour by hour of their stamps, with what is known by then.

    Args:
        stores: Folders or URLs; each is looked at, with the journals beside it.
        first_ns: When the window begins, nanoseconds since the epoch.
        last_ns: When it ends; what came then is no longer in it.
        now_ns: The time of the lookup, nanoseconds since the epoch; None: now.
        progress: Is told how many hours are done, and of how many.
        at_once: Whether simple attempts are judged at once; it comes to the same.

    Raises:
        StoreMissing: None of the stores is there.
    """
    now_ns = time.time_ns() if now_ns is None else now_ns
    until_ns = min(last_ns, now_ns + _AHEAD_NS)

    def lines(traces: frozenset[str], from_ns: int, to_ns: int) -> Sequence[LogRow]:
        """Return the log lines of *traces*."""
        return scan_traces(stores, traces, from_ns - BESIDE_NS, to_ns + BESIDE_NS)[1]

    for hour in scan_hours(stores, first_ns, until_ns, progress=progress):
        known = Known(now_ns, hour.evidence.last_records(), lines)
        yield _of_hour(hour, (first_ns, until_ns), known, at_once=at_once), hour.evidence


def _of_hour(hour: Hour, window: tuple[int, int], known: Known, *, at_once: bool) -> tuple[Told, ...]:
    is_server = pc.and_(pc.equal(hour.table["layer"], ACCESS), pc.equal(hour.table["kind"], SERVER))
    access = _once([*rows_of(hour.table.filter(is_server)), *filter(is_access, hour.rows)], hour)
    arrivals = arrivals_of(access, known.now_ns, known.last_ns)
    of_push: defaultdict[Push, list[Arrival]] = defaultdict(list)
    for one in filter(is_push, arrivals):
        of_push[one.push].append(one)
    meant = [some for some in of_push.values() if window[0] <= some[0].start_ns < window[1]]
    wanted = [one for some in meant for one in some]
    judged = _at_once(hour, access, arrivals, wanted) if at_once else {}
    left = [one for one in wanted if identity_of(one) not in judged]
    if left:
        judged |= judged_one_by_one(_rows(hour, {one.trace_id for one in left}), left, known)
    taken = taken_of(wanted, known.now_ns)
    return tuple(_told([(one, _settled(one, judged, taken)) for one in some]) for some in meant)


def _at_once(
    hour: Hour, access: Sequence[SpanRow], arrivals: Sequence[Arrival], wanted: Sequence[Arrival]
) -> dict[Identity, Judged]:
    """Return what is judged at once: of the wanted traces those whose rows all lie in the table."""
    traces = {one.trace_id for one in wanted} - {row.trace_id for row in hour.rows}
    return judged_at_once(hour.table, access, [one for one in arrivals if one.trace_id in traces])


def _rows(hour: Hour, traces: set[str]) -> tuple[SpanRow, ...]:
    own = rows_of(hour.table.filter(pc.is_in(hour.table["trace_id"], pa.array(list(traces), pa.string()))))
    return _once([*own, *(row for row in hour.rows if row.trace_id in traces)], hour)


def _once(rows: Sequence[SpanRow], hour: Hour) -> tuple[SpanRow, ...]:
    found = Found()
    found.add(rows, ())
    found.bury(hour.dead)
    return found.spans()


def _settled(one: Arrival, judged: Mapping[Identity, Judged], taken: frozenset[Named]) -> Judged:
    """Return what is said of an attempt, knowing whether another followed: what WeChat took was in time."""
    found = judged.get(identity_of(one))
    if found is None:
        shares = {UNRECORDED: one.duration_ns} if one.duration_ns else {}
        return Judged(outcome_of(one), case.UNRECORDED, None, None, None, one.duration_ns, shares)
    if found.case != case.ARRIVED_LATE:
        return found
    is_taken = (one.push, one.number) in taken
    return found._replace(case=case.REPLIED) if is_taken else found._replace(outcome=ARRIVED_LATE)


def _told(attempts: Sequence[tuple[Arrival, Judged]]) -> Told:
    recorded = [pair for pair in attempts if pair[1].case != case.UNRECORDED] or attempts
    one, judged = next((pair for pair in recorded if pair[1].case != case.REPLIED), recorded[0])
    told = next((other for other, _ in attempts if event_of(other) is not None), attempts[0][0])
    return Told(
        attempts[0][0],
        one,
        told,
        judged,
        attempts=len(attempts),
        failed=sum(counts(some.outcome) for _, some in attempts),
        answered=any(some.outcome == ANSWERED for _, some in attempts),
        worst_ns=max(_took_ns(other, some) for other, some in attempts),
    )


def _took_ns(one: Arrival, judged: Judged) -> int:
    delay_ns = one.arrival_delay_ns or 0 if judged.case == case.ARRIVED_LATE else 0
    return max(0, delay_ns) + judged.total_ns
