"""
From what an alarm may mean to an answer; and what is told besides where nothing was found. Nothing is read here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from wxtrace.alarm.alarm import Alarm
from wxtrace.explain.around import around_of
from wxtrace.explain.chain import chains_of
from wxtrace.explain.clock import skews_of
from wxtrace.explain.entrance import another_target
from wxtrace.explain.explain import explain
from wxtrace.explain.kinds import BEFORE_US
from wxtrace.explain.match import EXACT, LIKELY, POSSIBLE, Match
from wxtrace.explain.step import Known
from wxtrace.explain.steps import steps_of
from wxtrace.explain.verdict import ARRIVED_LATE, REPLIED, Verdict
from wxtrace.explain.verdicts import Heard
from wxtrace.lookup.found import FoundAttempt, Lookup
from wxtrace.lookup.look import asked_for, counted, in_words, judged_of, push_of
from wxtrace.lookup.meant import Meant
from wxtrace.rebuild.arrival import Arrival
from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.trace import rebuild
from wxtrace.scan.evidence import Evidence

_LONG_NS: Final = 2 * 10**9
"""A request that takes so long may hold the event loop, or the last worker, so that others wait in the socket."""
_LEVELS: Final = ("low", "medium", "high")


def look_at_absence(found: Lookup, arrivals: Sequence[Arrival], window: tuple[int, int]) -> Lookup:
    """
    Add to an answer that found nothing what else came at that time.

    Args:
        found: Without attempts.
        arrivals: The attempts of the time around.
        window: That time, (from, to), nanoseconds since the epoch.
    """
    moment_ns = None if found.stamp is None else found.stamp * 10**9
    around = around_of(arrivals, window, moment_ns, unrecorded=_gaps(found.evidence))
    verdict = in_words(_while_busy(found.verdict, arrivals, moment_ns), found.evidence)
    return replace(found, verdict=verdict, around=around, skews=skews_of(arrivals))


def look_at_meant(meant: Meant, now_ns: int) -> Lookup:
    """
    Make an answer of what an alarm may mean.

    Args:
        meant: The alarm, its matches and the rows of the likeliest.
        now_ns: The time of the lookup, nanoseconds since the epoch.
    """
    alarm, best = meant.alarm, meant.matches[0] if meant.matches else None
    last_ns = meant.evidence.last_records()
    rebuilt = rebuild(meant.spans, meant.logs, now_ns, last_ns)
    attempts = _meant(alarm, best, rebuilt) if best is None or _may_stand(best) else []
    skews = skews_of(meant.arrivals)
    elsewhere = another_target(best.points) if best else None
    ahead = {skew.host: skew.at_most_ns for skew in skews}
    found = judged_of(attempts, Heard(now_ns, ahead, alarm, elsewhere, last_ns))
    verdict = _chosen(alarm, found, best, elsewhere, meant.evidence)
    if not found:
        verdict = _while_busy(verdict, meant.arrivals, _moment(alarm))
    own = best.trace_ids if best is not None else ()
    gaps = _gaps(meant.recorders)
    around = around_of(meant.arrivals, meant.window, _moment(alarm), unrecorded=gaps, own=own, now_ns=now_ns)
    known = Known(meant.evidence, own, now_ns)
    return Lookup(
        alarm.openid if best is None else best.openid,
        alarm.stamp if best is None else best.stamp,
        found,
        in_words(verdict, meant.evidence),
        meant.evidence,
        chains=chains_of(attempts, [one.rebuilt for one in found if one.verdict.facts.by_alarm]),
        alarm=alarm,
        matches=meant.matches,
        around=around,
        skews=skews,
        steps=steps_of(alarm, around, meant.arrivals, meant.recorders, verdict, known=known),
    )


def _while_busy(verdict: Verdict, arrivals: Sequence[Arrival], moment_ns: int | None) -> Verdict:
    """Return the verdict with how many slow requests were under way when the push was sent: it may wait behind."""
    if moment_ns is None:
        return verdict
    slow = [one for one in arrivals if one.duration_ns >= _LONG_NS]
    busy = [one for one in slow if one.start_ns <= moment_ns + _LONG_NS and one.end_ns >= moment_ns]
    return replace(verdict, facts=replace(verdict.facts, busy=len(busy), host=busy[0].host if busy else ""))


def _gaps(evidence: Evidence) -> list[tuple[int, int]]:
    return [gap for host in evidence.hosts for gap in host.gaps]


def _moment(alarm: Alarm) -> int | None:
    return alarm.moment_ns if alarm.stamp is None else alarm.stamp * 10**9


def _meant(alarm: Alarm, best: Match | None, attempts: Sequence[Attempt]) -> list[Attempt]:
    """Return the attempts of the likeliest push, then those of other pushes with the alarm's very tag."""
    if best is None:
        return asked_for(alarm.openid, alarm.stamp or 0, attempts)
    own = [one for one in attempts if push_of(one) == best.push and (one.stamp or one.trace_id in best.trace_ids)]
    same = [one for one in attempts if push_of(one)[:2] == best.push[:2] and one.stamp and one not in own]
    return counted([*own, *same])


def _may_stand(best: Match) -> bool:
    """Say whether a match may be shown as the answer: not one that is merely possible, and did not fail so."""
    return not (best.sure == POSSIBLE and best.fits_outcome is False)


def _chosen(
    alarm: Alarm, found: Sequence[FoundAttempt], best: Match | None, elsewhere: str | None, evidence: Evidence
) -> Verdict:
    """Return the verdict of the likeliest push, no surer than it is that this push is meant."""
    of_best = [one.verdict for one in found if one.rebuilt.push == 0] or [one.verdict for one in found]
    verdict = explain(of_best, evidence.reason)
    if best is None or not found:
        return verdict
    if alarm.kind in BEFORE_US:
        verdict = replace(verdict, facts=replace(verdict.facts, never_connected=True))
    if elsewhere and verdict.case in (REPLIED, ARRIVED_LATE):  # what came first went there; this is a retry
        verdict = replace(verdict, case=REPLIED, facts=replace(verdict.facts, entrance=elsewhere))
    most = {EXACT: "high", LIKELY: "medium"}.get(best.sure, "low")
    return replace(verdict, confidence=min(verdict.confidence, most, key=_LEVELS.index))
