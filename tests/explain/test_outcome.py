"""What became of an attempt, as WeChat saw it."""

from __future__ import annotations

from typing import Any

import pytest
from strategies import BASE_NS, SECOND, make_span

from wxtrace.explain import outcome as case
from wxtrace.explain.outcome import counts, has_arrived_late, outcome_of
from wxtrace.rebuild.arrival import arrivals_of
from wxtrace.rebuild.trace import rebuild

GOOD = {"http.response.status_code": 200, "wechat.reply.acceptable": True, "wechat.reply.length": 7}
BAD = {"http.response.status_code": 200, "wechat.reply.acceptable": False, "wechat.reply.reason": "quoted success"}


def span(seconds: float, attributes: dict[str, Any] = GOOD, **changes: Any) -> Any:
    """Return an access span of so many seconds."""
    return make_span(0, end_ns=BASE_NS + int(seconds * SECOND), attributes=attributes, **changes)


CASES = [
    pytest.param(span(0.1), case.ANSWERED, id="answered"),
    pytest.param(span(0.1, {"http.response.status_code": 200}), case.ANSWERED, id="nothing is known of the reply"),
    pytest.param(span(4.999), case.ANSWERED, id="just in time"),
    pytest.param(span(5), case.TOO_LATE, id="five seconds"),
    pytest.param(span(6, BAD), case.TOO_LATE, id="late and bad: nobody read it"),
    pytest.param(span(3, GOOD | {"wechat.disconnected": True}), case.TOO_LATE, id="hung up"),
    pytest.param(span(0.1, BAD), case.REFUSED, id="refused"),
    pytest.param(span(0.1, {"http.response.status_code": 201}), case.REFUSED, id="status"),
    pytest.param(span(0.1, {}, status_code="ERROR"), case.REFUSED, id="exception: status 500"),
    pytest.param(span(0.1, {}), case.NO_REPLY, id="no reply"),
    pytest.param(make_span(0, state="crashed", end_ns=None), case.CRASHED, id="crashed"),
    pytest.param(make_span(0, state="open", end_ns=None), case.OPEN, id="open"),
    pytest.param(
        make_span(0, state="open", end_ns=None, start_ns=BASE_NS - 4 * SECOND), case.TOO_LATE, id="open for long"
    ),
]


@pytest.mark.parametrize(("access", "expected"), CASES)
def test_an_attempt_has_one_outcome(access: Any, expected: str):
    """
    The light view of an attempt and the whole one come to the same outcome.
    """
    now_ns, last_ns = BASE_NS + SECOND, {access.writer: BASE_NS + SECOND}
    arrival, attempt = arrivals_of([access], now_ns, last_ns)[0], rebuild([access], [], now_ns, last_ns)[0]

    assert (expected, expected) == (outcome_of(arrival), outcome_of(attempt))


def test_without_an_access_span_nobody_can_tell():
    """
    An attempt whose access span is missing has no outcome that counts.
    """
    attempt = rebuild([make_span(1, 0)], [], BASE_NS + SECOND)[0]

    assert (case.UNRECORDED, False) == (outcome_of(attempt), counts(case.UNRECORDED))


def test_failures_count():
    """
    What had no good answer in time counts, and nothing else.
    """
    outcomes = (case.ANSWERED, case.TOO_LATE, case.REFUSED, case.CRASHED, case.OPEN, case.NO_REPLY)

    assert [False, True, True, True, False, True] == [counts(one) for one in outcomes]


@pytest.mark.parametrize(
    ("delay", "number", "expected"), [(4.8, 1, False), (4.9, 1, True), (5.1, 2, False), (86_401, 1, False)]
)
def test_only_a_first_attempt_arrives_late(delay: float, number: int, expected: bool):
    """
    Delay and duration of a first attempt together are held against the five seconds; an absurd stamp is not.
    """
    spans = [
        make_span(
            at,
            start_ns=BASE_NS + int(delay * SECOND) - at * SECOND,
            end_ns=BASE_NS + int((delay + 0.1) * SECOND) - at * SECOND,
            trace_id=f"{at + 1:032x}",
            attributes=GOOD,
        )
        for at in range(number)
    ]

    assert expected is has_arrived_late(arrivals_of(spans, BASE_NS, {})[-1])
