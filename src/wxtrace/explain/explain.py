"""
Explain: attempts and their modules into a verdict. Pure.

Each attempt is judged by its own five seconds, from its own arrival; the
verdict of a lookup is that of the first attempt with which something is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wxtrace.explain import verdict as case
from wxtrace.explain.behind import only_behind, service_of
from wxtrace.explain.blocked import EVENT_LOOP
from wxtrace.explain.outcome import (
    CREDIBLE_DELAY_NS,
    DEADLINE_NS,
    NO_REPLY,
    REFUSED,
    TOO_LATE,
    has_arrived_late,
    outcome_of,
)
from wxtrace.explain.seen import NOTHING_SEEN, Seen, held_by, seen_of
from wxtrace.explain.verdict import Facts, Verdict
from wxtrace.explain.way import Way, detail_of, span_at, way_of
from wxtrace.rebuild.arrival import Arrival
from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.jobs import in_jobs
from wxtrace.rebuild.modules import ModuleTime, holders_of
from wxtrace.rebuild.path import PathTime
from wxtrace.row import SpanRow


def explain(verdicts: Sequence[Verdict], reason: str | None = None) -> Verdict:
    """
    Return the verdict of a lookup.

    Args:
        verdicts: Those of its attempts, in their order.
        reason: Why there are none, as the evidence has it: ``never_arrived`` or ``cannot_know``.
    """
    if not verdicts:
        absent = case.NEVER_ARRIVED if reason == case.NEVER_ARRIVED else case.CANNOT_KNOW
        confidence = "medium" if absent == case.NEVER_ARRIVED else "low"
        return Verdict(absent, None, None, confidence, (), Facts())
    recorded = [one for one in verdicts if one.case != case.UNRECORDED] or verdicts
    chosen = next((one for one in recorded if one.case != case.REPLIED), recorded[0])
    attempts = sum(one.facts.push == chosen.facts.push for one in recorded)
    return replace(chosen, facts=replace(chosen.facts, attempts=attempts))


def judge(
    attempt: Attempt,
    times: Sequence[ModuleTime],
    *,
    clock_ahead_ns: int | None = None,
    last_ns: int | None = None,
) -> Verdict:
    """
    Return the verdict of one attempt.

    Args:
        attempt: The attempt.
        times: Its modules.
        last_ns: When its process is known to have finished anything for the last time, nanoseconds since the epoch.
        clock_ahead_ns: How far at most the host's clock is ahead of WeChat's, negative for one that is
            behind; None if that is not known. A delay that this may explain is not called late.
    """
    judged, name = _Judged(attempt, way_of(attempt), clock_ahead_ns), case_of(attempt, clock_ahead_ns or 0)
    if name == case.UNRECORDED:
        return judged.verdict(name, "low")
    if name in (case.CRASHED, case.OPEN):
        return judged.verdict(name, "high", _unfinished(attempt), seen=seen_of(attempt, last_ns=last_ns))
    if name == case.SLOW_MODULE:
        return _too_slow(judged, times)
    if name == case.NO_REPLY:
        return judged.verdict(name, "medium", _failed(attempt))
    if name == case.REFUSED_REPLY:
        return judged.verdict(name, "high", _failed(attempt), detail=refusal_of(attempt, attempt.spans[0]))
    if name == case.ARRIVED_LATE:
        return judged.verdict(name, "medium")
    if has_arrived_late(attempt):
        return judged.verdict(name, "low")
    return judged.verdict(name, "high" if attempt.reply.acceptable else "medium")


def case_of(one: Arrival | Attempt, clock_ahead_ns: int = 0) -> str:
    """
    Return the case of an attempt by itself; of what took too long `SLOW_MODULE`, though it may have waited.

    Args:
        one: The attempt.
        clock_ahead_ns: How far at most the host's clock is ahead of WeChat's.
    """
    outcome, is_late = outcome_of(one), has_arrived_late(one, clock_ahead_ns)
    if outcome == case.UNRECORDED:
        return outcome
    if one.state in (case.CRASHED, case.OPEN) and one.end_estimated:
        return one.state
    if outcome == TOO_LATE and not (is_late and one.duration_ns < DEADLINE_NS):
        return case.SLOW_MODULE
    failed = {NO_REPLY: case.NO_REPLY, REFUSED: case.REFUSED_REPLY}.get(outcome)
    return failed or (case.ARRIVED_LATE if is_late else case.REPLIED)


def refusal_of(one: Arrival | Attempt, top: SpanRow) -> str | None:
    """Return why the reply of an attempt is refused, whose access span is *top*."""
    error = top.attributes.get("error.type") if one.status_assumed else None
    return str(error) if error else one.reply.reason


@dataclass(frozen=True, slots=True)
class _Judged:
    """An attempt on its way to a verdict."""

    attempt: Attempt
    way: Way
    clock_ahead_ns: int | None

    @property
    def delay_ns(self) -> int | None:
        """The arrival delay as the clocks had it; None where it is no delay but a wrong clock."""
        delay = self.attempt.arrival_delay_ns
        return delay if delay is not None and abs(delay) <= CREDIBLE_DELAY_NS else None

    def verdict(
        self,
        name: str,
        confidence: str,
        span: SpanRow | None = None,
        detail: str | None = None,
        share_ns: int = 0,
        seen: Seen = NOTHING_SEEN,
    ) -> Verdict:
        """Return a verdict that names the module of *span*, and the statement or call that it stands for."""
        attempt = self.attempt
        facts = Facts(
            push=attempt.push,
            attempt=attempt.number,
            attempts=max(1, attempt.number),
            duration_ns=attempt.duration_ns,
            delay_ns=self.delay_ns,
            share_ns=share_ns,
            detail=detail or detail_of(span),
            http_status=attempt.http_status,
            status_assumed=attempt.status_assumed,
            host=attempt.host,
            pid=attempt.pid,
            hung_up=attempt.hung_up,
            clock_ahead_ns=self.clock_ahead_ns,
            seen=seen,
            jobs=attempt.jobs,
            behind=only_behind(attempt) or service_of(span, attempt),
        )
        layer, module = (span.layer, span.module) if span else (None, None)
        return Verdict(name, layer, module, confidence, self.way.parts, facts)


def _too_slow(judged: _Judged, times: Sequence[ModuleTime]) -> Verdict:
    attempt, way = judged.attempt, judged.way
    if way.waited_ns * 2 >= max(1, attempt.duration_ns):
        known = way.wait if way.wait and way.wait.ns * 2 >= way.waited_ns else None
        span = span_at(attempt, known.place) if known else None
        waited = Seen(None, *held_by(attempt))  # where it stood later is not what it waited for
        return judged.verdict(case.WAITED, "medium", span, share_ns=way.waited_ns, seen=waited)
    most = way.most
    if most is None or most.place is None:
        return judged.verdict(case.SLOW_MODULE, "low", seen=seen_of(attempt))
    has_half = _has_half(most, attempt, times) or _is_held_loop(most, attempt)
    is_awaited = _is_awaited(most.place, attempt) and most.place not in in_jobs(attempt.nodes)
    is_sure = most.layer != "access" and has_half and is_awaited
    confidence = "high" if is_sure else "medium"
    seen = seen_of(attempt, attempt.nodes[most.place])
    return judged.verdict(case.SLOW_MODULE, confidence, span_at(attempt, most.place), share_ns=most.ns, seen=seen)


def _has_half(most: PathTime, attempt: Attempt, times: Sequence[ModuleTime]) -> bool:
    """Say whether a module has half of the path, and of the shares, so that nothing else went on at once."""
    shares = {(time.layer, time.module): time.share_ns for time in times}
    return min(most.ns, shares.get((most.layer, most.module), 0)) * 2 >= attempt.duration_ns


def _is_held_loop(most: PathTime, attempt: Attempt) -> bool:
    """Say whether the event loop was held for half of the path: whatever else was open could not go on."""
    return (most.layer, most.module) == ("wait", EVENT_LOOP) and most.ns * 2 >= attempt.duration_ns


def _is_awaited(place: int, attempt: Attempt) -> bool:
    """Say whether a span ended before what holds it did, and that likewise: else perhaps nobody waited for it."""
    nodes, holders = attempt.nodes, holders_of(attempt.nodes)
    while (holder := holders[place]) is not None:
        if nodes[place].end_ns > nodes[holder].end_ns:
            return False
        place = holder
    return True


def _unfinished(attempt: Attempt) -> SpanRow | None:
    """Return the span in which the attempt was when it was last seen: unfinished, with none such below, no job."""
    of_workers = in_jobs(attempt.nodes)
    unfinished = {
        at: node.span
        for at, node in enumerate(attempt.nodes)
        if node.span and node.span.state != "closed" and at not in of_workers
    }
    above = {attempt.nodes[at].parent for at in unfinished}
    leaves = [span for at, span in unfinished.items() if at not in above]
    return max(leaves, key=lambda span: (span.start_ns, span.seq), default=None)


def _failed(attempt: Attempt) -> SpanRow | None:
    """Return the deepest span that ended in an error."""
    of_workers = in_jobs(attempt.nodes)
    own = [node for at, node in enumerate(attempt.nodes) if at not in of_workers]
    failed = [node for node in own if node.span and node.span.status_code == "ERROR"]
    deepest = max(failed, key=lambda node: node.depth, default=None)
    return None if deepest is None else deepest.span
