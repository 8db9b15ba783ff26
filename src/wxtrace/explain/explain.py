"""
Explain: attempts and their modules into a verdict. Pure.

Each attempt is judged by its own five seconds, from its own arrival; the
verdict of a lookup is that of the first attempt with which something is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from wxtrace.explain import verdict as case
from wxtrace.explain.verdict import Facts, Part, Verdict
from wxtrace.rebuild.attempt import AFTER_REPLY, Attempt, Node, Reply
from wxtrace.rebuild.modules import ModuleTime, self_times
from wxtrace.row import SpanRow

DEADLINE_NS: Final = 5 * 10**9
"""WeChat hangs up when it has had no reply for so long."""

ACCESS_TO_LOGIC: Final = "access→logic"
"""The part of an attempt before anything but the access layer had begun."""

_CREDIBLE_DELAY_NS = 86_400 * 10**9
_DETAILS = ("db.query.text", "db.statement", "db.query.summary", "url.full", "http.url")


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


def judge(attempt: Attempt, times: Sequence[ModuleTime]) -> Verdict:
    """Return the verdict of one attempt, whose modules are *times*."""
    parts = parts_of(attempt, times)
    if not attempt.recorded:
        return _verdict(case.UNRECORDED, attempt, parts, None, "low")
    if attempt.state in (case.CRASHED, case.OPEN) and attempt.end_estimated:
        return _verdict(attempt.state, attempt, parts, _unfinished(attempt), "high")
    if attempt.duration_ns >= DEADLINE_NS or _hung_up(attempt):
        return _too_slow(attempt, times, parts)
    if attempt.http_status is None and attempt.reply == Reply() and attempt.after_reply_ns is None:
        return _verdict(case.NO_REPLY, attempt, parts, _failed(attempt), "medium")
    if _is_refused(attempt):
        return _verdict(case.REFUSED_REPLY, attempt, parts, _failed(attempt), "high", _refusal(attempt))
    if _is_late(attempt):
        return _verdict(case.ARRIVED_LATE, attempt, parts, None, "medium")
    return _verdict(case.REPLIED, attempt, parts, None, "high" if attempt.reply.acceptable else "medium")


def parts_of(attempt: Attempt, times: Sequence[ModuleTime]) -> tuple[Part, ...]:
    """Return what the attempt's time went to, in the order of its way; the parts add up to the attempt."""
    waited = _access_to_logic(attempt, times)
    parts = [] if waited is None else [Part(ACCESS_TO_LOGIC, waited)]
    left = waited or 0
    for time in _in_order_of_appearance(attempt, times):
        taken = min(left, time.share_ns) if time.layer == "access" else 0
        left -= taken
        parts.append(Part(time.module or time.layer or case.UNRECORDED, time.share_ns - taken))
    return tuple(parts)


def _access_to_logic(attempt: Attempt, times: Sequence[ModuleTime]) -> int | None:
    """Return for how long only access spans were open at first; None if nothing else ever was."""
    starts = [
        node.start_ns
        for node in attempt.nodes
        if node.span is not None and node.span.layer != "access" and node.start_ns < attempt.end_ns
    ]
    if not starts or not attempt.recorded:
        return None
    in_access = sum(time.share_ns for time in times if time.layer == "access")
    return min(max(0, min(starts) - attempt.start_ns), in_access)


def _in_order_of_appearance(attempt: Attempt, times: Sequence[ModuleTime]) -> list[ModuleTime]:
    seen = {(span.layer, span.module): None for span in attempt.spans}
    places = {key: place for place, key in enumerate(seen)}
    shown = [time for time in times if time.share_ns or time.module != AFTER_REPLY]
    return sorted(shown, key=lambda time: places.get((time.layer, time.module), len(places)))


def _too_slow(attempt: Attempt, times: Sequence[ModuleTime], parts: tuple[Part, ...]) -> Verdict:
    waited = next((part.ns for part in parts if part.what == ACCESS_TO_LOGIC), 0)
    most = max((time for time in times if time.layer), key=lambda time: time.share_ns)
    if waited * 2 >= attempt.duration_ns:
        return _verdict(case.WAITED, attempt, parts, None, "medium", share_ns=waited)
    span = _heaviest(attempt, most)
    confidence = "high" if most.share >= 0.5 and most.layer != "access" else "medium"
    verdict = _verdict(case.SLOW_MODULE, attempt, parts, span, confidence, share_ns=most.share_ns)
    return replace(verdict, layer=most.layer, module=most.module)


def _verdict(
    name: str,
    attempt: Attempt,
    parts: tuple[Part, ...],
    span: SpanRow | None,
    confidence: str,
    detail: str | None = None,
    share_ns: int = 0,
) -> Verdict:
    facts = Facts(
        push=attempt.push,
        attempt=attempt.number,
        attempts=max(1, attempt.number),
        duration_ns=attempt.duration_ns,
        delay_ns=_credible_delay(attempt),
        share_ns=share_ns,
        detail=detail or (_detail(span) if span else None),
        http_status=attempt.http_status,
        status_assumed=attempt.status_assumed,
        host=attempt.host,
        pid=attempt.pid,
        hung_up=_hung_up(attempt),
    )
    layer, module = (span.layer, span.module) if span else (None, None)
    return Verdict(name, layer, module, confidence, parts, facts)


def _unfinished(attempt: Attempt) -> SpanRow | None:
    """Return the span in which the attempt was when it was last seen: unfinished, with none such below."""
    unfinished = {
        at: node.span for at, node in enumerate(attempt.nodes) if node.span and node.span.state != "closed"
    }
    above = {attempt.nodes[at].parent for at in unfinished}
    leaves = [span for at, span in unfinished.items() if at not in above]
    return max(leaves, key=lambda span: (span.start_ns, span.seq), default=None)


def _failed(attempt: Attempt) -> SpanRow | None:
    """Return the deepest span that ended in an error."""
    failed = [node for node in attempt.nodes if node.span and node.span.status_code == "ERROR"]
    deepest = max(failed, key=lambda node: node.depth, default=None)
    return None if deepest is None else deepest.span


def _heaviest(attempt: Attempt, time: ModuleTime) -> SpanRow | None:
    selves = self_times(attempt.nodes, [node.parent for node in attempt.nodes])
    of_module = [
        (self_ns, node)
        for self_ns, node in zip(selves, attempt.nodes, strict=True)
        if node.span and (node.span.layer, node.span.module) == (time.layer, time.module)
    ]
    return max(of_module, key=lambda pair: pair[0])[1].span


def _detail(span: SpanRow) -> str | None:
    """Return the statement or call that *span* stands for, None if its name says no more than its module."""
    texts: Iterable[object] = (*(span.attributes.get(key) for key in _DETAILS), span.name)
    detail = next((text for text in texts if isinstance(text, str) and text.strip()), "")
    return detail if detail not in ("", span.module) else None


def _hung_up(attempt: Attempt) -> bool:
    top = _top(attempt.nodes)
    return top is not None and top.attributes.get("wechat.disconnected") is True


def _is_refused(attempt: Attempt) -> bool:
    return attempt.reply.acceptable is False or attempt.http_status not in (None, 200)


def _refusal(attempt: Attempt) -> str | None:
    top = _top(attempt.nodes)
    error = top.attributes.get("error.type") if top and attempt.status_assumed else None
    return str(error) if error else attempt.reply.reason


def _is_late(attempt: Attempt) -> bool:
    """Say whether the first attempt of a push came so late after its stamp that no reply could be in time."""
    delay = _credible_delay(attempt)
    return delay is not None and attempt.number == 1 and delay + attempt.duration_ns >= DEADLINE_NS


def _credible_delay(attempt: Attempt) -> int | None:
    delay = attempt.arrival_delay_ns
    return delay if delay is not None and abs(delay) <= _CREDIBLE_DELAY_NS else None


def _top(nodes: Sequence[Node]) -> SpanRow | None:
    return nodes[0].span if nodes else None
