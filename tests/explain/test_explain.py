"""Explain: which case an attempt is, and which attempt the verdict is about."""

from __future__ import annotations

from typing import Any

import pytest
from answers import NOW_NS, answer, evidence, slow_attempt, slow_push
from hypothesis import given
from strategies import BASE_NS, SECOND, forests, make_span
from timelines import attempt_of

from wxtrace.explain import verdict as case
from wxtrace.explain.explain import explain, judge
from wxtrace.explain.verdict import ACCESS_TO_LOGIC, Part, Verdict
from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.modules import modules_of
from wxtrace.rebuild.trace import rebuild

GOOD = {"http.response.status_code": 200, "wechat.reply.acceptable": True, "wechat.reply.length": 7}
BAD = {"wechat.reply.acceptable": False, "wechat.reply.reason": "quotes"}


def verdict_of(*spans: Any, clock_ahead: float | None = None) -> Verdict:
    """Return the verdict of the first attempt of *spans*, of a host whose clock is at most so many s ahead."""
    ahead_ns = None if clock_ahead is None else int(clock_ahead * SECOND)
    return judged(rebuild(spans, [], NOW_NS)[0], clock_ahead_ns=ahead_ns)


def judged(attempt: Attempt, **known: Any) -> Verdict:
    """Return the verdict of an attempt."""
    return judge(attempt, modules_of(attempt), **known)


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
        Part("asgi", 10_000_000, "POST /wechat"),
        Part("reply.menu", 287_000_000, "on_text 文本"),
        Part("mysql", 5_300_000_000, "SELECT id, name FROM fan WHERE openid = ?"),
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


def test_a_recorded_wait_before_the_logic_is_named():
    """Where the queue itself was recorded, the verdict says which."""
    drawing = """
A         ------
  Q        ----
  B            -
"""

    verdict = judged(attempt_of(drawing, Q={"layer": "wait", "module": "threadpool"}))

    assert (case.WAITED, 5 * SECOND, "wait", "threadpool") == (
        verdict.case,
        verdict.facts.share_ns,
        verdict.layer,
        verdict.module,
    )


def test_a_recorded_wait_that_is_not_the_most_of_it_is_not_named():
    """Two seconds in a queue do not explain five seconds before the logic."""
    drawing = """
A         ------
  Q        --
  B            -
"""

    verdict = judged(attempt_of(drawing, Q={"layer": "wait", "module": "threadpool"}))

    assert (case.WAITED, 5 * SECOND, None) == (verdict.case, verdict.facts.share_ns, verdict.module)


def test_a_wait_within_the_logic_is_the_slow_module():
    """A connection that the logic waits for is told like any other module."""
    drawing = """
A         ------
  B       ------
    Q      -----
"""

    verdict = judged(attempt_of(drawing, Q={"layer": "wait", "module": "pool"}))

    assert (case.SLOW_MODULE, "wait", "pool") == (verdict.case, verdict.layer, verdict.module)


def test_the_slow_module_is_the_one_that_the_path_goes_through():
    """Of calls at once the one that ended last is told; not with certainty, as it was not alone."""
    drawing = """
A         -------
  B       ------
  C       -------
  D       ------
"""

    verdict = judged(attempt_of(drawing))

    assert ("C", 7 * SECOND, "medium") == (verdict.module, verdict.facts.share_ns, verdict.confidence)


def test_what_may_have_run_on_unawaited_is_not_told_with_certainty():
    """A task that outlived what began it was perhaps left to itself; what lies within it likewise."""
    drawing = """
A         -------
  B       ------
    C      --------
      D    -------
"""

    verdict = judged(attempt_of(drawing, D={"layer": "storage"}))

    assert ("D", 5 * SECOND, "medium") == (verdict.module, verdict.facts.share_ns, verdict.confidence)


def test_an_attempt_of_more_than_five_seconds_that_still_runs_is_open():
    """Where it is now is what counts, not where it was for most of the time."""
    drawing = """
A         ->
  B       ----------
  C                     ->
"""

    verdict = judged(attempt_of(drawing))

    assert (case.OPEN, "C", 20 * SECOND) == (verdict.case, verdict.module, verdict.facts.duration_ns)


LATE: dict[str, Any] = {"start_ns": BASE_NS + 6 * SECOND, "end_ns": BASE_NS + 6 * SECOND + SECOND // 5}
HUNG_UP = LATE | {"attributes": {"wechat.disconnected": True}}
SLOW = {"start_ns": BASE_NS + 6 * SECOND, "end_ns": BASE_NS + 12 * SECOND}
EARLY = {"start_ns": BASE_NS + 2 * SECOND, "end_ns": BASE_NS + 2 * SECOND + SECOND // 5}


@pytest.mark.parametrize(
    ("changes", "clock_ahead", "expected"),
    [
        (LATE, None, (case.ARRIVED_LATE, "medium")),
        (LATE, 0.0, (case.ARRIVED_LATE, "medium")),
        (LATE, 1.2, (case.ARRIVED_LATE, "medium")),
        (LATE, 1.3, (case.REPLIED, "low")),
        (LATE, 6.0, (case.REPLIED, "low")),
        (EARLY, None, (case.REPLIED, "high")),
        (EARLY, 2.0, (case.REPLIED, "high")),
        (EARLY, -3.0, (case.ARRIVED_LATE, "medium")),
        (HUNG_UP, None, (case.ARRIVED_LATE, "medium")),
        (HUNG_UP, 6.0, (case.SLOW_MODULE, "medium")),
        (LATE | {"attributes": GOOD | BAD}, None, (case.REFUSED_REPLY, "high")),
        (LATE | {"attributes": GOOD | BAD}, 6.0, (case.REFUSED_REPLY, "high")),
        (SLOW, None, (case.SLOW_MODULE, "medium")),
        (SLOW, 6.0, (case.SLOW_MODULE, "medium")),
    ],
    ids=[
        "late",
        "clock-right",
        "clock-too-little-ahead",
        "clock-just-enough-ahead",
        "all-of-it-the-clock",
        "in-time",
        "in-time-and-the-clock-ahead",
        "clock-behind",
        "hung-up-before-it-came",
        "hung-up-and-not-late",
        "refused",
        "refused-whatever-the-clock",
        "slow",
        "slow-whatever-the-clock",
    ],
)
def test_a_delay_that_the_clock_may_explain_is_not_called_late(changes, clock_ahead, expected):
    """What the host's clock may be ahead is no delay; the raw delay and the bound are both told."""
    verdict = verdict_of(access(0.2, **changes), clock_ahead=clock_ahead)

    assert expected == (verdict.case, verdict.confidence)
    assert changes["start_ns"] - BASE_NS == verdict.facts.delay_ns
    assert (None if clock_ahead is None else int(clock_ahead * SECOND)) == verdict.facts.clock_ahead_ns


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
def test_every_forest_has_a_verdict(spans):
    """No rows are so strange that there is nothing to say of them."""
    assert answer(spans).verdict.text


def test_a_lookup_says_its_verdict():
    """The text of the verdict is one line, and printing it prints that."""
    verdict = slow_push().verdict

    assert (verdict.text, 1) == (str(verdict), len(verdict.text.splitlines()))
