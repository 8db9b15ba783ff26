"""Verdicts: what followed an attempt, and what the alarm says, decide what became of it."""

from __future__ import annotations

from typing import Any

import pytest
from strategies import BASE_NS, OPENID, SECOND, make_span

from wxtrace.alarm.alarm import Alarm
from wxtrace.explain import verdict as case
from wxtrace.explain.chain import chains_of
from wxtrace.explain.outcome import SETTLED_NS
from wxtrace.explain.verdicts import Heard, verdicts_of
from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.modules import modules_of
from wxtrace.rebuild.trace import rebuild

WELL = {"http.response.status_code": 200, "wechat.reply.acceptable": True, "wechat.reply.length": 7}
LATER = BASE_NS + 100 * SECOND
BROKEN_OFF = Alarm("invalid_response", sample={"cURL Error": "56"}, openid=OPENID)
TIMEOUT = Alarm("request_timeout", openid=OPENID)


def attempts_of(*came: tuple[float, float], **attributes: Any) -> tuple[Attempt, ...]:
    """Return the attempts of one push, answered well: when each came after the stamp, and how long it took."""
    spans = [
        make_span(
            number,
            trace_id=f"{number + 1:032x}",
            start_ns=BASE_NS + round(after * SECOND),
            end_ns=BASE_NS + round((after + took) * SECOND),
            attributes=WELL | attributes,
        )
        for number, (after, took) in enumerate(came)
    ]
    return rebuild(spans, (), LATER)


def judged(attempts: tuple[Attempt, ...], **heard: Any) -> list[str]:
    """Return the case of each attempt."""
    known = Heard(**{"now_ns": LATER, "ahead_ns": {}} | heard)
    return [one.case for one in verdicts_of(attempts, [modules_of(attempt) for attempt in attempts], known)]


def test_a_late_attempt_that_others_followed_came_late():
    """It was answered at once, but WeChat had given it up in the queue before us, and sent it again."""
    attempts = attempts_of((6.0, 0.1), (6.2, 0.1), (12.0, 0.1))

    assert [case.ARRIVED_LATE, case.REPLIED, case.REPLIED] == judged(attempts, alarm=TIMEOUT)
    assert (["not_taken", "not_taken", "answered"], 3) == (
        [link.outcome for link in chains_of(attempts)[0].links],
        chains_of(attempts)[0].answered,
    )


def test_a_late_attempt_after_which_none_came_was_taken():
    """WeChat sends again what it has not taken: this one is a retry, and the first attempt went elsewhere."""
    attempts = attempts_of((5.2, 0.1))
    [verdict] = verdicts_of(attempts, [modules_of(attempts[0])], Heard(LATER, {}, TIMEOUT))

    assert (case.REPLIED, True) == (verdict.case, verdict.facts.is_retry)


def test_just_now_nobody_can_know_whether_another_follows():
    """A lookup a moment after the attempt does not take silence for consent."""
    attempts = attempts_of((5.2, 0.1))

    assert [case.ARRIVED_LATE] == judged(attempts, now_ns=attempts[0].start_ns + SETTLED_NS - 1)


def test_after_three_times_five_seconds_there_is_no_other_to_come():
    """Then the silence says nothing: WeChat had given up."""
    assert [case.ARRIVED_LATE] == judged(attempts_of((15.5, 0.1)))


def test_the_alarm_speaks_of_the_first_failure():
    """Where the first attempt failed by its own record, the alarm's error is not laid on those that followed."""
    attempts = attempts_of((0.1, 5.6), (5.1, 0.1))

    assert [case.SLOW_MODULE, case.REPLIED] == judged(attempts, alarm=BROKEN_OFF)


def test_an_attempt_that_another_followed_failed_as_the_alarm_says():
    """By our record it was answered well; WeChat saw the connection break, and came again."""
    assert [case.REFUSED_REPLY, case.REPLIED] == judged(attempts_of((0.1, 0.1), (0.5, 0.1)), alarm=BROKEN_OFF)


def test_what_wechat_took_it_did_not_refuse():
    """One attempt and none after it: what the alarm tells of is another one, before it."""
    assert [case.REPLIED] == judged(attempts_of((0.1, 0.1)), alarm=BROKEN_OFF)


def test_another_reply_than_ours_is_told_even_of_the_last_attempt():
    """One attempt of 7 bytes, and WeChat got 8 of them: it is told what is wrong with those."""
    attempts = attempts_of((0.1, 0.1))
    alarm = Alarm("invalid_response", sample={"response_length": "8", "response_content": "success"}, openid=OPENID)
    [verdict] = verdicts_of(attempts, [modules_of(attempts[0])], Heard(LATER, {}, alarm))

    facts = verdict.facts
    assert (case.REPLIED, True, "success with white space", (7, 8)) == (
        verdict.case,
        facts.other_reply,
        facts.detail,
        facts.reply_bytes,
    )


def test_the_error_of_another_entrance_is_not_ours():
    """Where the alarm names another target, what it says of the reply is not said of ours."""
    attempts = attempts_of((0.1, 0.1), (0.5, 0.1))

    assert [case.REPLIED, case.REPLIED] == judged(attempts, alarm=BROKEN_OFF, elsewhere="IP 8.8.8.8")


@pytest.mark.parametrize(
    ("alarm", "expected"),
    [(None, case.REPLIED), (BROKEN_OFF, case.REPLIED), (TIMEOUT, case.ARRIVED_LATE)],
    ids=["none", "refused", "timeout"],
)
def test_a_delay_that_the_clock_explains_is_late_if_wechat_timed_out(alarm, expected):
    """A clock that is ahead makes no alarm of a timeout; either way it is said with doubt."""
    attempts = attempts_of((6.0, 0.1), (11.0, 0.1))
    [verdict, _] = verdicts_of(
        attempts, [modules_of(one) for one in attempts], Heard(LATER, {"web-1": 6 * SECOND}, alarm, "elsewhere")
    )

    assert (expected, "low") == (verdict.case, verdict.confidence)
