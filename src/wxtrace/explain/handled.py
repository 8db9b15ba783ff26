"""
Checks of what was done with the pushes that came in: their kind, their time, and what was replied. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from wxtrace.explain import commands
from wxtrace.explain import verdict as case
from wxtrace.explain.around import quantile
from wxtrace.explain.events import TICKET, told_kind
from wxtrace.explain.outcome import ANSWERED, CRASHED, REFUSED, TOO_LATE, counts, has_arrived_late, outcome_of
from wxtrace.explain.step import BAD, OK, UNKNOWN, Asked, Fact, Step, most, named_kind
from wxtrace.rebuild.arrival import Arrival

_FEW = 10
"""Of fewer pushes a silence says nothing."""

_ALL = 0.9
"""Where more than this share of the first attempts comes late, it is rather a clock that is off."""


def received(asked: Asked) -> Step:
    """Did that kind of push come in?"""
    if not asked.pushes:
        return Step("received", BAD, "nothing_came") if asked.all_recorded else _nothing("received", asked)
    kind = {"kind": named_kind(asked.alarm)}
    if asked.same:
        answer, times = "received" if kind["kind"] else "received_any", _times(asked.same)
        facts: dict[str, Fact] = {"attempts": len(asked.same), "failed": _failed(asked.same)}
        return Step("received", OK, answer if times else f"{answer}_none_answered", {**kind, **facts, **times})
    if asked.untold:
        return Step("received", UNKNOWN, "kinds_untold", {**kind, "attempts": len(asked.untold)})
    others = most(map(told_kind, asked.pushes))
    state, answer = (BAD, "others_received") if asked.all_recorded else (UNKNOWN, "others_known")
    return Step("received", state, answer, {**kind, "attempts": len(asked.pushes), "kinds": others})


def in_time(asked: Asked) -> Step:
    """Were they answered in time?"""
    chosen = asked.about
    if not chosen:
        return _nothing("in_time", asked)
    late = sum(outcome_of(one) == TOO_LATE for one in chosen)
    facts: dict[str, Fact] = {"attempts": len(chosen), "late": late}
    if late and asked.verdict.case == case.SLOW_MODULE and asked.verdict.module:
        return Step("in_time", BAD, "too_slow_in", {**facts, "module": asked.verdict.module})
    times = _times(chosen)
    if late:
        return Step("in_time", BAD, "too_slow" if times else "too_slow_none_answered", {**facts, **times})
    return Step("in_time", OK, "all_in_time", {**facts, **(times or _quantiles(one.duration_ns for one in chosen))})


def on_arrival(asked: Asked) -> Step:
    """Were they late already when they came?"""
    firsts = [one for one in asked.about if one.number == 1 and one.stamp is not None]
    if not firsts:
        return Step("on_arrival", UNKNOWN, "no_first") if asked.about else _nothing("on_arrival", asked)
    by_clock = sum(map(has_arrived_late, firsts))
    late = sum(_is_late(one, asked) for one in firsts)
    if len(firsts) >= _FEW and by_clock > len(firsts) * _ALL:
        return Step("on_arrival", UNKNOWN, "clock_off", {"late": by_clock, "attempts": len(firsts)})
    facts: dict[str, Fact] = {"late": late, "attempts": len(firsts)}
    if late:
        return Step("on_arrival", BAD, "came_late", facts)
    retries = sum(has_arrived_late(one) and outcome_of(one) == ANSWERED for one in firsts)
    if retries:
        return Step("on_arrival", UNKNOWN, "late_retries", {**facts, "retries": retries})
    return Step("on_arrival", OK, "came_at_once", facts)


def load(asked: Asked) -> Step:
    """Had the hosts more to do than they can?"""
    around = asked.around
    facts: dict[str, Fact] = {"at_once": around.at_once, "per_second": around.per_second}
    if not asked.pushes:
        return Step("load", UNKNOWN, "load_unknown", {}, commands.LOAD)
    if asked.verdict.case == case.WAITED:
        return Step("load", BAD, "waited", facts, commands.LOAD)
    if any(outcome_of(one) == TOO_LATE or _is_late(one, asked) for one in asked.about):
        return Step("load", UNKNOWN, "compare_load", facts, commands.LOAD)
    return Step("load", OK, "none_waited", facts)


def processes(asked: Asked) -> Step:
    """Did a process die over a push?"""
    chosen = asked.about
    if not chosen:
        return _nothing("processes", asked)
    died = [one for one in chosen if outcome_of(one) == CRASHED]
    if died:
        return Step("processes", BAD, "died", {"attempts": len(died), "hosts": most(one.host for one in died)})
    return Step("processes", OK, "none_died", {"attempts": len(chosen)})


def reply(asked: Asked) -> Step:
    """Does the reply keep WeChat's rules?"""
    return _reply("reply", asked)


def bare_success(asked: Asked) -> Step:
    """Is the reply the bare word success?"""
    return _reply("bare_success", asked)


def exceptions(asked: Asked) -> Step:
    """Did the handler raise?"""
    chosen = asked.about
    if not chosen:
        return _nothing("exceptions", asked)
    raised = [one for one in chosen if one.status_assumed or (one.http_status or 0) >= 500]
    facts: dict[str, Fact] = {"count": len(raised), "attempts": len(chosen)}
    return Step("exceptions", BAD, "raised", facts) if raised else Step("exceptions", OK, "none_raised", facts)


def failures(asked: Asked) -> Step:
    """What failed, that WeChat would have paused for?"""
    failed = [outcome for one in asked.pushes if counts(outcome := outcome_of(one))]
    if not asked.pushes:
        return _nothing("failures", asked)
    facts: dict[str, Fact] = {"failed": len(failed), "attempts": len(asked.pushes)}
    if failed:
        return Step("failures", BAD, "some_failed", {**facts, "outcomes": most(failed)})
    return Step("failures", UNKNOWN, "none_failed", facts)


def pause(asked: Asked) -> Step:
    """Did pushes stop for about a minute?"""
    around = asked.around
    if around.pauses:
        first_ns, last_ns = max(around.pauses, key=lambda pause: pause[1] - pause[0])
        facts: dict[str, Fact] = {"from_at": first_ns, "to_at": last_ns, "pause_ns": last_ns - first_ns}
        return Step("pause", BAD, "paused", {**facts, "count": len(around.pauses)})
    if around.attempts < _FEW or around.quiet is None:
        return Step("pause", UNKNOWN, "too_few", {"attempts": around.attempts})
    quiet_ns = around.quiet[1] - around.quiet[0]
    if not asked.all_recorded:
        return Step("pause", UNKNOWN, "quiet_or_unrecorded", {"pause_ns": quiet_ns})
    return Step("pause", OK, "no_pause", {"pause_ns": quiet_ns})


def payment(asked: Asked) -> Step:
    """Is the reply what a payment needs?"""
    judged = any(one.reply.acceptable is not None for one in asked.about)
    return _reply("payment", asked) if judged else Step("payment", UNKNOWN, "payment_rule")


def tickets(asked: Asked) -> Step:
    """Is the pushing of tickets switched on?"""
    came = [one for one in asked.same if one.info_type == TICKET]
    if came:
        facts: dict[str, Fact] = {"attempts": len(came), "last_at": max(one.start_ns for one in came)}
        return Step("tickets", OK, "tickets_came", facts)
    answer = "no_tickets" if asked.all_recorded else "no_tickets_known"
    return Step("tickets", UNKNOWN, answer, {}, commands.START_TICKETS)


def wechats_side(asked: Asked) -> Step:
    """Was it WeChat?"""
    return Step("wechats_side", UNKNOWN, "keep_the_ticket")


def _reply(check: str, asked: Asked) -> Step:
    chosen = asked.about
    if not chosen:
        return _nothing(check, asked)
    refused = [one for one in chosen if outcome_of(one) == REFUSED]
    facts: dict[str, Fact] = {"refused": len(refused), "attempts": len(chosen)}
    if refused:
        return Step(check, BAD, "refused", {**facts, "reasons": most(map(_reason, refused))})
    judged = sum(one.reply.acceptable is True for one in chosen)
    return Step(check, OK, "accepted", {"judged": judged}) if judged else Step(check, UNKNOWN, "not_judged", facts)


def _reason(one: Arrival) -> str:
    return one.reply.reason or f"status {one.http_status}"


def _nothing(check: str, asked: Asked) -> Step:
    if asked.pushes:
        return Step(check, UNKNOWN, "none_of_it")
    return Step(check, UNKNOWN, "nothing_came" if asked.all_recorded else "nothing_known")


def _times(chosen: Iterable[Arrival]) -> dict[str, Fact]:
    """Return how long those took that were answered; nothing where none was."""
    return _quantiles(one.duration_ns for one in chosen if outcome_of(one) == ANSWERED)


def _quantiles(durations_ns: Iterable[int]) -> dict[str, Fact]:
    took = sorted(durations_ns)
    p50_ns, p99_ns = quantile(took, 0.5), quantile(took, 0.99)
    return {} if p50_ns is None or p99_ns is None else {"p50_ns": p50_ns, "p99_ns": p99_ns}


def _failed(chosen: Iterable[Arrival]) -> int:
    return sum(counts(outcome_of(one)) for one in chosen)


def _is_late(one: Arrival, asked: Asked) -> bool:
    return (one.push, one.number) in asked.late
