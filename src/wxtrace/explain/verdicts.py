"""
The verdicts of all attempts of a lookup: each by itself, then by what followed it, and by what the alarm says.

WeChat sends a push again as long as it has not taken an answer. So an attempt
that others followed was not taken, however well it was answered; and one after
which none came was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from wxtrace.explain.explain import judge
from wxtrace.explain.kinds import TIMEOUTS
from wxtrace.explain.outcome import taken_of
from wxtrace.explain.verdict import ARRIVED_LATE, REPLIED, Verdict
from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.modules import ModuleTime

if TYPE_CHECKING:
    from wxtrace.alarm.alarm import Alarm

_Times = Sequence[ModuleTime]


@dataclass(frozen=True, slots=True)
class Heard:
    """
    What is known besides the attempts.

    Args:
        now_ns: The time of the lookup, nanoseconds since the epoch.
        ahead_ns: By host, how far its clock is ahead of WeChat's at most, nanoseconds.
        alarm: What was posted; None for a lookup without one.
        elsewhere: The entrance that the alarm names, if it is another one: then its reply is not ours.
        last_ns: By writer, when it is known to have finished anything for the last time, ns since the epoch.
    """

    now_ns: int
    ahead_ns: Mapping[str, int]
    alarm: Alarm | None = None
    elsewhere: str | None = None
    last_ns: Mapping[str, int] = field(default_factory=dict)


def verdicts_of(attempts: Sequence[Attempt], times: Sequence[_Times], heard: Heard) -> tuple[Verdict, ...]:
    """Return the verdict of each of *attempts*, whose modules are *times*."""
    alone = [_alone(attempt, some, heard) for attempt, some in zip(attempts, times, strict=True)]
    taken = taken_of(attempts, heard.now_ns)
    judged = list(zip(attempts, alone, strict=True))
    well = {attempt.push for attempt, verdict in judged if attempt.number == 1 and verdict.case == REPLIED}
    verdicts = []
    for attempt, verdict in judged:
        is_taken = (attempt.push, attempt.number) in taken and attempt.recorded
        if is_taken and verdict.case == ARRIVED_LATE:
            verdict = replace(verdict, case=REPLIED, facts=replace(verdict.facts, is_retry=True))
        if heard.alarm is not None and heard.elsewhere is None and attempt.push in well:
            verdict = _with_told(verdict, heard.alarm, attempt, is_taken)
        verdicts.append(replace(verdict, facts=replace(verdict.facts, alarmed=heard.alarm is not None)))
    return tuple(verdicts)


def _alone(attempt: Attempt, times: _Times, heard: Heard) -> Verdict:
    """
    Return the verdict of an attempt by itself.

    Where WeChat had no reply in time, a delay that the host's clock may explain is called late all the
    same: a clock that is ahead makes no alarm.
    """
    ahead_ns, last_ns = heard.ahead_ns.get(attempt.host), heard.last_ns.get(attempt.writer)
    verdict = judge(attempt, times, clock_ahead_ns=ahead_ns, last_ns=last_ns)
    if verdict.case != REPLIED or heard.alarm is None or heard.alarm.kind not in TIMEOUTS:
        return verdict
    raw = judge(attempt, times)
    if raw.case != ARRIVED_LATE:
        return verdict
    return replace(raw, confidence="low", facts=replace(raw.facts, clock_ahead_ns=verdict.facts.clock_ahead_ns))


def _with_told(verdict: Verdict, alarm: Alarm, attempt: Attempt, is_taken: bool) -> Verdict:
    """
    Return the verdict with what the alarm says of the reply.

    What WeChat took it did not refuse; but if the alarm shows another reply than was recorded, that is said.
    """
    from wxtrace.explain.told import told_of, with_told  # only an alarm needs it, and the rules of replies

    told = told_of(alarm, attempt)
    return verdict if is_taken and told.matches_recorded is None else with_told(verdict, told)
