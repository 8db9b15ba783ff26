"""
Attempts of a window judged one by one, each rebuilt of all its spans, as a lookup judges it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from wxtrace.explain import verdict as case
from wxtrace.explain.blocked import EVENT_LOOP
from wxtrace.explain.explain import judge
from wxtrace.explain.outcome import outcome_of
from wxtrace.rebuild.arrival import Arrival
from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.modules import modules_of
from wxtrace.rebuild.trace import rebuild
from wxtrace.row import LogRow, SpanRow

Identity = tuple[str, str, int]
"""What names an attempt among all: its trace, who wrote its access span, and when it came."""

Module = tuple[str, str]
"""Layer and name of a module."""

Lines = Callable[[frozenset[str], int, int], Iterable[LogRow]]
"""Returns the log lines of some traces, whose spans are from one moment to another, nanoseconds since the epoch."""


class Judged(NamedTuple):
    """
    What a lookup says of an attempt by itself.

    `shares` are by module, in nanoseconds, none of them 0; they add up to `total_ns`.
    """

    outcome: str
    case: str
    layer: str | None
    module: str | None
    detail: str | None
    total_ns: int
    shares: Mapping[Module, int]


@dataclass(frozen=True, slots=True)
class Known:
    """
    What is known besides the spans.

    Args:
        now_ns: The time of the lookup, nanoseconds since the epoch.
        last_ns: By writer, its last sign of life, nanoseconds since the epoch.
        lines: Where the log lines are.
    """

    now_ns: int
    last_ns: Mapping[str, int]
    lines: Lines


def identity_of(one: Arrival) -> Identity:
    """Return what names an attempt among all."""
    return one.trace_id, one.writer, one.start_ns


def judged_one_by_one(rows: Iterable[SpanRow], arrivals: Iterable[Arrival], known: Known) -> dict[Identity, Judged]:
    """
    Return what a lookup says of each of *arrivals*.

    Args:
        rows: All spans of their traces.
        arrivals: Attempts; each is counted within its push.
        known: What is known besides.
    """
    of_trace: defaultdict[str, list[SpanRow]] = defaultdict(list)
    for row in rows:
        of_trace[row.trace_id].append(row)
    lines = _lines_of(of_trace, known)
    attempts: dict[Identity, Attempt] = {}
    for trace, some in of_trace.items():
        for one in rebuild(some, lines[trace], known.now_ns, known.last_ns):
            if one.recorded:
                attempts[one.trace_id, one.writer, one.start_ns] = one
    named = ((identity_of(arrival), arrival) for arrival in arrivals)
    return {name: _judged(attempts[name], arrival) for name, arrival in named if name in attempts}


def _lines_of(of_trace: Mapping[str, Sequence[SpanRow]], known: Known) -> Mapping[str, list[LogRow]]:
    """Return the lines of what waited for its event loop: who ran in a thread is told by them."""
    held = {trace: some for trace, some in of_trace.items() if any(map(_is_held, some))}
    lines: defaultdict[str, list[LogRow]] = defaultdict(list)
    times = [time_ns for some in held.values() for row in some for time_ns in (row.start_ns, row.end_ns or 0)]
    for line in known.lines(frozenset(held), min(times), max(times)) if held else ():
        lines[line.trace_id or ""].append(line)
    return lines


def _is_held(row: SpanRow) -> bool:
    return (row.layer, row.module) == ("wait", EVENT_LOOP)


def _judged(attempt: Attempt, arrival: Arrival) -> Judged:
    # counted within its push, which a trace alone cannot tell
    attempt = replace(attempt, number=arrival.number, after_first_ns=arrival.after_first_ns)
    times = modules_of(attempt)
    verdict = judge(attempt, times)
    detail = verdict.facts.detail if verdict.case != case.REPLIED else None
    shares = {(time.layer, time.module): time.share_ns for time in times if time.share_ns}
    told = (verdict.case, verdict.layer, verdict.module, detail)
    return Judged(outcome_of(attempt), *told, attempt.duration_ns, shares)
