"""Which attempts WeChat would have counted, and how sure that is."""

from __future__ import annotations

from typing import Any

import pytest
from arrivals import make_arrival
from strategies import SECOND, STAMP

from wxtrace.alarm.alarm import Alarm
from wxtrace.rebuild.attempt import Reply
from wxtrace.survey.count import BARELY, EITHER, SURE, UNCLEAR, Counter, bounds_of, is_meant

REFUSED: dict[str, Any] = {"reply": Reply(9, False, "quoted success")}
SILENT: dict[str, Any] = {"reply": Reply(), "http_status": None}
DIED: dict[str, Any] = {"state": "crashed", "end_estimated": True}
FIRST_NS = STAMP * SECOND
LAST_NS = FIRST_NS + 300 * SECOND


@pytest.mark.parametrize(
    ("arrival", "timeout", "refusal", "any_kind"),
    [
        pytest.param(make_arrival(), None, None, None, id="answered"),
        pytest.param(make_arrival(took=5), SURE, None, SURE, id="too late"),
        pytest.param(make_arrival(took=3, hung_up=True), SURE, None, SURE, id="hung up"),
        pytest.param(make_arrival(after=6), SURE, None, SURE, id="arrived late"),
        pytest.param(make_arrival(after=6, **REFUSED), None, SURE, SURE, id="arrived late and refused"),
        pytest.param(make_arrival(**REFUSED), None, SURE, SURE, id="refused"),
        pytest.param(make_arrival(**SILENT), None, SURE, SURE, id="no reply"),
        pytest.param(make_arrival(**DIED), EITHER, EITHER, SURE, id="crashed"),
        pytest.param(make_arrival(state="open", end_estimated=True), None, None, None, id="open and young"),
        pytest.param(make_arrival(took=4.6, after=0.0), BARELY, None, BARELY, id="barely in time"),
        pytest.param(make_arrival(after=9.9, number=2), UNCLEAR, None, UNCLEAR, id="a retry five seconds late"),
        pytest.param(make_arrival(after=9.7, number=2), None, None, None, id="a retry not that late"),
        pytest.param(make_arrival(after=6, host="web-9"), UNCLEAR, None, UNCLEAR, id="late by a clock ahead"),
    ],
)
def test_a_kind_counts_what_it_is_about(arrival: Any, timeout: str, refusal: str, any_kind: str):
    """
    A timeout's alarm counts timeouts, an invalid reply's the refused; a dead worker may be in either.
    """
    ahead = {"web-9": 6 * SECOND}

    assert (timeout, refusal, any_kind) == tuple(
        Counter(kind, ahead).count(arrival).standing for kind in ("request_timeout", "invalid_response", None)
    )


TICKET = {"openid": None, "info_type": "component_verify_ticket"}
INFO = {"openid": None, "info_type": "unauthorized"}
PAYMENT = {"openid": None, "stamp": None, "nonce": None, "transaction_id": "42000"}
NOTHING = {"openid": None, "stamp": None, "nonce": None}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (None, [True, True, True, True, False]),
        ("unknown", [True, True, True, True, False]),
        ("request_timeout", [True, False, False, False, False]),
        ("invalid_response", [True, False, False, False, False]),
        ("ticket_timeout", [False, True, False, False, False]),
        ("component_failure", [False, False, True, False, False]),
        ("payment_timeout", [False, False, False, True, False]),
    ],
)
def test_a_kind_is_about_pushes_of_its_sort(kind: str | None, expected: list[bool]):
    """
    Tickets, component pushes and payments have alarms of their own, and are in no other; other requests in none.
    """
    alarm = None if kind is None else Alarm(kind)
    arrivals = [make_arrival(**changes) for changes in ({}, TICKET, INFO, PAYMENT, NOTHING)]

    assert expected == [is_meant(one, alarm) for one in arrivals]


def test_an_alarm_of_the_usual_wording_may_be_about_a_platform():
    """
    Such pushes come under the common wording too; then its event says so.
    """
    alarm = Alarm("invalid_response", sample={"Event": "Component Info"})
    arrivals = [make_arrival(**changes) for changes in ({}, TICKET, INFO, PAYMENT)]

    assert [False, True, True, False] == [is_meant(one, alarm) for one in arrivals]


def test_an_attempt_after_which_none_came_is_not_late():
    """
    A retry whose first attempt is not here was taken, however late it came: neither late nor unclear.
    """
    late, again = make_arrival(after=6), make_arrival(after=9.9, number=2)
    counter = Counter("request_timeout", {}, frozenset(((late.push, 1), (again.push, 2))))

    assert [None, None] == [counter.count(one).standing for one in (late, again)]


@pytest.mark.parametrize(
    ("said", "recorded", "expected"),
    [
        ("wx0123456789abcdef", "wx0123456789abcdef", True),
        ("wx0123456789abcdef", "wxffffffffffffffff", False),
        ("wx0123456789abcdef", None, True),
        ("wx01************ef", "wxffffffffffffffff", True),
        ("wx01xxxxxxxxxxxxef", "wxffffffffffffffff", True),
        (None, "wxffffffffffffffff", True),
    ],
)
def test_another_account_is_left_out(said: str | None, recorded: str | None, expected: bool):
    """
    Only where alarm and push both name the account, unmasked, they are compared.
    """
    alarm = Alarm("request_timeout", appid=said)

    assert expected is is_meant(make_arrival(appid=recorded), alarm)


def test_what_lies_near_an_end_may_be_counted_or_not():
    """
    Failures of the last six seconds, and of one second beside the window, are in the most, not in the least.
    """
    began = [-1.5, -0.5, 0.5, 1.5, 150.0, 293.5, 294.5, 299.5, 300.5, 301.5]
    arrivals = [make_arrival(at, took=6) for at in began]

    assert (4, 8) == bounds_of(map(Counter("request_timeout", {}).count, arrivals), FIRST_NS, LAST_NS)


def test_what_is_not_sure_is_in_the_most_alone():
    """
    A worker that died and an answer that was barely in time may be in the alarm's count, or not.
    """
    arrivals = [make_arrival(100, took=6), make_arrival(100, **DIED), make_arrival(0.1, took=4.7)]

    assert (1, 3) == bounds_of(map(Counter("request_timeout", {}).count, arrivals), FIRST_NS, LAST_NS)
