"""Explain: which case an attempt is, and which attempt the verdict is about."""

from __future__ import annotations

from typing import Any

import pytest
from answers import NOW_NS, answer, evidence, slow_attempt, slow_push
from hypothesis import given
from strategies import BASE_NS, SECOND, forests, make_span

from wxtrace.explain import verdict as case
from wxtrace.explain.explain import ACCESS_TO_LOGIC, explain, judge, parts_of
from wxtrace.explain.verdict import Part, Verdict
from wxtrace.rebuild.modules import modules_of
from wxtrace.rebuild.trace import rebuild

GOOD = {"http.response.status_code": 200, "wechat.reply.acceptable": True, "wechat.reply.length": 7}
BAD = {"wechat.reply.acceptable": False, "wechat.reply.reason": "quotes"}


def verdict_of(*spans: Any) -> Verdict:
    """Return the verdict of the first attempt of *spans*."""
    first = rebuild(spans, [], NOW_NS)[0]
    return judge(first, modules_of(first))


def access(seconds: float, **changes: Any) -> Any:
    """Return an access span of so many seconds, answered well unless *changes* say otherwise."""
    return make_span(0, **({"end_ns": BASE_NS + int(seconds * SECOND), "attributes": GOOD} | changes))


def test_a_slow_query_is_named_with_its_statement():
    """The five seconds are the module's that held most of them, and its statement is told."""
    verdict = verdict_of(*slow_attempt())

    assert (case.SLOW_MODULE, "storage", "mysql", "high") == (
        verdict.case,
        verdict.layer,
        verdict.module,
        verdict.confidence,
    )
    assert "SELECT id, name FROM fan WHERE openid = ?" == verdict.facts.detail


def test_the_parts_of_a_slow_attempt_are_told_in_the_order_of_its_way():
    """The parts begin at the access layer and add up to the attempt."""
    assert (
        Part(ACCESS_TO_LOGIC, 3_000_000),
        Part("asgi", 10_000_000),
        Part("reply.menu", 287_000_000),
        Part("mysql", 5_300_000_000),
    ) == verdict_of(*slow_attempt()).parts


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (access(0.2), (case.REPLIED, None)),
        (access(0.2, attributes={"http.response.status_code": 200}), (case.REPLIED, None)),
        (access(0.2, attributes=GOOD | BAD), (case.REFUSED_REPLY, "quotes")),
        (access(0.2, attributes={"http.response.status_code": 201}), (case.REFUSED_REPLY, None)),
        (access(0.2, attributes={"error.type": "KeyError"}, status_code="ERROR"), (case.REFUSED_REPLY, "KeyError")),
        (access(6), (case.SLOW_MODULE, "POST /wechat")),
        (access(4.9, attributes={"wechat.disconnected": True}), (case.SLOW_MODULE, "POST /wechat")),
        (access(0, end_ns=None, state="crashed", attributes={}), (case.CRASHED, "POST /wechat")),
        (access(0, end_ns=None, state="open", attributes={}), (case.OPEN, "POST /wechat")),
        (access(0.2, start_ns=BASE_NS + 6 * SECOND, end_ns=BASE_NS + 6 * SECOND + 9), (case.ARRIVED_LATE, None)),
        (access(0.2, stamp=5), (case.REPLIED, None)),
        (access(0.2, attributes={}), (case.NO_REPLY, None)),
        (make_span(1, 0), (case.UNRECORDED, None)),
    ],
    ids=[
        "well",
        "unknown",
        "refused",
        "201",
        "raised",
        "slow",
        "hung",
        "crashed",
        "open",
        "late",
        "absurd",
        "none",
        "gap",
    ],
)
def test_each_case_is_told_apart(span, expected):
    """One attempt of one span is enough to tell the cases apart."""
    verdict = verdict_of(span)

    assert expected == (verdict.case, verdict.facts.detail)


def test_time_before_the_logic_began_is_waiting():
    """If most of the time passed before anything but the access layer ran, the attempt waited."""
    verdict = verdict_of(access(6), make_span(1, 0, start_ns=BASE_NS + 4 * SECOND, end_ns=BASE_NS + 6 * SECOND))

    assert (case.WAITED, 4 * SECOND) == (verdict.case, verdict.facts.share_ns)


def test_a_crash_is_where_the_innermost_open_span_was():
    """The module of a crash is that of the last span that had begun and not ended."""
    dead: dict[str, Any] = {"end_ns": None, "state": "crashed"}
    query = make_span(2, 1, layer="storage", module="redis", name="GET token", **dead)

    verdict = verdict_of(make_span(0, **dead), make_span(1, 0, **dead), query)

    assert (case.CRASHED, "storage", "redis") == (verdict.case, verdict.layer, verdict.module)


def test_a_crash_after_the_reply_is_no_fault_of_the_reply():
    """A process that dies in a background task has answered all the same."""
    replied = BASE_NS + SECOND // 10
    after = make_span(1, 0, layer="access", module="after_reply", start_ns=replied, end_ns=None, state="crashed")

    verdict = verdict_of(make_span(0, end_ns=None, state="crashed"), after)

    assert (case.REPLIED, SECOND // 10) == (verdict.case, verdict.facts.duration_ns)


def test_the_first_attempt_with_a_fault_gives_the_verdict():
    """Of three attempts, the second of which was slow, the second is told."""
    good = make_span(80, start_ns=BASE_NS, end_ns=BASE_NS + 9, attributes=GOOD, trace_id="e" * 32)
    verdict = answer([good, *slow_attempt(1)]).verdict

    assert (case.SLOW_MODULE, 2, 2) == (verdict.case, verdict.facts.attempt, verdict.facts.attempts)


@pytest.mark.parametrize("reason", [case.NEVER_ARRIVED, case.CANNOT_KNOW])
def test_absence_is_told_by_its_evidence(reason):
    """Whether a push never came, or nobody can know, are two cases."""
    assert reason == explain([], evidence(reason=reason).reason).case


@given(forests())
def test_the_parts_add_up_to_the_attempt(spans):
    """Whatever the spans look like, no part is negative, and together they are the attempt."""
    for attempt in rebuild(spans, [], NOW_NS):
        parts = parts_of(attempt, modules_of(attempt))

        assert attempt.duration_ns == sum(part.ns for part in parts)
        assert all(part.ns >= 0 for part in parts)


@given(forests())
def test_every_forest_has_a_verdict(spans):
    """No rows are so strange that there is nothing to say of them."""
    assert answer(spans).verdict.text


def test_a_lookup_says_its_verdict():
    """The text of the verdict is one line, and printing it prints that."""
    verdict = slow_push().verdict

    assert (verdict.text, 1) == (str(verdict), len(verdict.text.splitlines()))
