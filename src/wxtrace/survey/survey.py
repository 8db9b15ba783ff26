"""
A window looked through: all its attempts by their access spans, and those that failed in full.
"""

from __future__ import annotations

import time
from collections import Counter as Counts
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from wxtrace.alarm.alarm import Alarm
from wxtrace.explain import verdict as case
from wxtrace.explain.clock import skews_of
from wxtrace.explain.explain import judge
from wxtrace.explain.outcome import ANSWERED, OPEN, taken_of
from wxtrace.explain.verdict import ACCESS_TO_LOGIC, Verdict
from wxtrace.rebuild.arrival import Arrival, Push, arrivals_of
from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.path import critical_path, heaviest, path_times
from wxtrace.rebuild.trace import rebuild
from wxtrace.row import SpanRow
from wxtrace.scan.arrivals import scan_arrivals, scan_traces
from wxtrace.store.progress import Progress, each, parts, silent
from wxtrace.survey.count import UNCLEAR, Counted, Counter, bounds_of, is_meant
from wxtrace.survey.groups import event_of
from wxtrace.survey.window import WECHAT_TO_ACCESS, Came, Failure, Victim, Window

BESIDE_NS: Final = 30 * 10**9
"""How long before and after the window attempts of its pushes are looked for: four take some twenty seconds."""

_OF_THE_PUSH: Final = ("event", "msg_type", "msg_id", "info_type", "appid", "transaction_id")
_AHEAD_NS = 86_400 * 10**9  # a host's clock is hardly further ahead; an alarm may claim a window of any length
_Identity = tuple[str, str, int]


def survey(
    stores: Sequence[str],
    first_ns: int,
    last_ns: int,
    alarm: Alarm | None = None,
    *,
    now_ns: int | None = None,
    progress: Progress = silent,
) -> Window:
    """
    Return every push of a window that WeChat would have counted, and how that stands to the alarm's count.

    Args:
        stores: Folders or URLs; each is looked at, with the journals beside it.
        first_ns: When the window begins, nanoseconds since the epoch.
        last_ns: When it ends.
        alarm: Whose kind, account and 次数 are meant; None: all that failed, of any kind.
        now_ns: The time of the lookup, nanoseconds since the epoch; None: now.
        progress: Is told how much has been read, rebuilt and judged, in shares.

    Raises:
        StoreMissing: None of the stores is there.
    """
    now_ns = time.time_ns() if now_ns is None else now_ns
    until_ns = min(last_ns, now_ns + _AHEAD_NS)
    reading, *rebuilding, judging = parts(progress, 4)
    beside = {"before_ns": BESIDE_NS, "after_ns": BESIDE_NS}
    scanned = scan_arrivals(stores, first_ns, until_ns, **beside, progress=reading)
    last_records = scanned.evidence.last_records()
    arrivals = arrivals_of(scanned.spans, now_ns, last_records)
    meant = [one for one in arrivals if is_meant(one, alarm)]
    ahead = {skew.host: skew.at_most_ns for skew in skews_of(meant)}
    counter = Counter(None if alarm is None else alarm.kind, ahead, taken_of(meant, now_ns))
    counted = list(map(counter.count, meant))
    inside = [one for one in counted if first_ns <= one.arrival.start_ns < last_ns]
    failed = _named([one for one in inside if one.is_failure], meant)
    attempts = _in_full(stores, [one.arrival for one in failed], scanned.spans, now_ns, last_records, rebuilding)
    failures = [_failure(one, attempts.get(_identity(one.arrival)), ahead) for one in each(failed, judging)]
    all_of = sum(first_ns <= one.start_ns < last_ns for one in arrivals)
    return Window(
        first_ns,
        last_ns,
        None if alarm is None else alarm.kind,
        None if alarm is None else alarm.count,
        tuple(_victims(failures, counted, inside)),
        _came(inside, all_of - len(inside)),
        bounds_of(counted, first_ns, last_ns),
        sum(one.standing == UNCLEAR for one in inside),
        scanned.evidence,
    )


def _in_full(
    stores: Sequence[str],
    failed: Sequence[Arrival],
    access: Iterable[SpanRow],
    now_ns: int,
    last_records: Mapping[str, int],
    rebuilding: Sequence[Progress],
) -> dict[_Identity, Attempt]:
    """Return the attempts of *failed*, each rebuilt of all its spans, one trace after the other."""
    reading, building = rebuilding
    if not failed:
        return {}
    traces = frozenset(one.trace_id for one in failed)
    last_ns = max(one.end_ns for one in failed)
    first_ns = min(one.start_ns for one in failed) - BESIDE_NS
    rows, _ = scan_traces(stores, traces, first_ns, last_ns + BESIDE_NS, logs=False, progress=reading)
    of_trace: defaultdict[str, list[SpanRow]] = defaultdict(list)
    for row in (*rows, *(span for span in access if span.trace_id in traces)):
        of_trace[row.trace_id].append(row)
    every = each(list(of_trace.values()), building)
    rebuilt = (attempt for some in every for attempt in rebuild(some, (), now_ns, last_records))
    return {_identity(attempt): attempt for attempt in rebuilt if attempt.recorded}


def _named(failed: Sequence[Counted], meant: Iterable[Arrival]) -> list[Counted]:
    """Return *failed*; what a process that died never told of a push, another attempt of it has told."""
    told = {one.push: one for one in meant if event_of(one) is not None}
    named = []
    for one in failed:
        other = told.get(one.arrival.push) if event_of(one.arrival) is None else None
        same = {} if other is None else {name: getattr(other, name) for name in _OF_THE_PUSH}
        named.append(replace(one, arrival=replace(one.arrival, **same)) if same else one)
    return named


def _identity(one: Arrival | Attempt) -> _Identity:
    return one.trace_id, one.writer, one.start_ns


def _failure(one: Counted, attempt: Attempt | None, ahead: Mapping[str, int]) -> Failure:
    arrival = one.arrival
    if attempt is None:
        return Failure(arrival, one.outcome, case.UNRECORDED, None, None, None)
    counted = replace(attempt, number=arrival.number, after_first_ns=arrival.after_first_ns)
    verdict = judge(counted, (), clock_ahead_ns=ahead.get(arrival.host))
    return Failure(arrival, one.outcome, verdict.case, *_blamed(verdict, attempt), verdict.facts.detail)


def _blamed(verdict: Verdict, attempt: Attempt) -> tuple[str | None, str | None]:
    """
    Return layer and module of what an attempt failed in.

    That is the verdict's; else for a reply that is no good who made it, and else what is heaviest on
    the critical path.
    """
    if verdict.case == case.ARRIVED_LATE:
        return None, WECHAT_TO_ACCESS
    if verdict.module is not None:
        return verdict.layer, verdict.module
    if verdict.case == case.WAITED:
        return None, ACCESS_TO_LOGIC
    if verdict.case in (case.REFUSED_REPLY, case.NO_REPLY) and (handler := _handler(attempt)):
        return handler.layer, handler.module
    most = heaviest(path_times(attempt, critical_path(attempt)))
    return (None, None) if most is None else (most.layer, most.module)


def _handler(attempt: Attempt) -> SpanRow | None:
    """Return the first span of the logic that no other logic called."""
    return next((span for span in attempt.spans if span.layer == "logic"), None)


def _victims(
    failures: Iterable[Failure], counted: Iterable[Counted], inside: Iterable[Counted]
) -> Iterator[Victim]:
    of_push: defaultdict[Push, list[Failure]] = defaultdict(list)
    for failure in failures:
        of_push[failure.arrival.push].append(failure)
    answered = {one.arrival.push for one in counted if one.outcome == ANSWERED}
    came = Counts(one.arrival.push for one in inside)
    for push, some in of_push.items():
        yield Victim(tuple(some), came[push], push in answered)


def _came(inside: Sequence[Counted], elsewhere: int) -> Came:
    answered = [one.arrival.push for one in inside if one.outcome == ANSWERED]
    return Came(
        pushes=len({one.arrival.push for one in inside}),
        attempts=len(inside),
        answered_pushes=len(set(answered)),
        answered_attempts=len(answered),
        open_attempts=sum(one.outcome == OPEN for one in inside),
        elsewhere=elsewhere,
    )
