"""Events: what an alarm calls a push against what the push calls itself."""

from __future__ import annotations

import pytest
from arrivals import make_alarm, make_arrival

from wxtrace.explain.events import names_it, sort_of, sorts_of

UNREAD = {"msg_type": None}


@pytest.mark.parametrize(
    ("said", "recorded", "expected"),
    [
        ({"Event": "Click"}, {"msg_type": "event", "event": "CLICK"}, True),
        ({"Event": "Click Menu Url"}, {"msg_type": "event", "event": "VIEW"}, True),
        ({"Event": "Click Menu Url"}, {"msg_type": "event", "event": "CLICK"}, False),
        ({"Event": "Scan QRCode"}, {"msg_type": "event", "event": "SCAN"}, True),
        ({"Event": "Location Report"}, {"msg_type": "event", "event": "LOCATION"}, True),
        ({"Event": "Template Send Job Finish"}, {"msg_type": "event", "event": "TEMPLATESENDJOBFINISH"}, True),
        ({"Msg": "Subscribe", "Event": "UnSubscribe"}, {"msg_type": "event", "event": "unsubscribe"}, True),
        ({"Event": "UnSubscribe"}, {"msg_type": "event", "event": "subscribe"}, False),
        ({"Event": "Pic Weixin"}, {"msg_type": "event", "event": "pic_weixin"}, True),
        ({"Event": "Something New"}, {"msg_type": "event", "event": "wxa_media_check"}, None),
        ({"Event": "Something New"}, {"msg_type": "event", "event": "CLICK"}, False),
        ({"Event": "Click"}, {"msg_type": "text"}, False),
        ({"Event": "Click"}, UNREAD, None),  # safe mode, and nobody called identify()
        ({"Msg": "Text"}, {"msg_type": "text"}, True),
        ({"Msg": "Text"}, {"msg_type": "image"}, False),
        ({"Msg": "Text"}, {"msg_type": "event", "event": "CLICK"}, False),
        ({"Msg": "Text"}, UNREAD, None),
        ({}, {"msg_type": "text"}, None),
        ({"Event": "Component Ticket"}, UNREAD | {"info_type": "component_verify_ticket"}, True),
        ({"Event": "Component Info"}, UNREAD | {"info_type": "unauthorized"}, True),
        ({"Event": "Component Info"}, UNREAD | {"info_type": "component_verify_ticket"}, False),
        ({"Event": "Component Info"}, {"msg_type": "text"}, False),
    ],
)
def test_names_are_compared_as_the_alarms_have_them(said, recorded, expected):
    """Yes, no, or not to be told where one of the two does not say."""
    assert expected is names_it(make_alarm(**said), make_arrival(**recorded))


@pytest.mark.parametrize(
    ("kind", "recorded", "expected"),
    [
        ("ticket_timeout", {"info_type": "component_verify_ticket"}, True),
        ("ticket_failure", {"info_type": "authorized"}, False),
        ("component_failure", {"info_type": "authorized"}, True),
        ("component_timeout", {}, False),
        ("payment_timeout", {"transaction_id": "42"}, True),
        ("payment_failure", {}, False),
    ],
)
def test_some_kinds_of_alarm_name_the_push_themselves(kind, recorded, expected):
    """Tickets, notices of a platform and payments are told by the alarm's 内容 alone."""
    assert expected is names_it(make_alarm(kind), make_arrival(**recorded))


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ({}, "ordinary"),
        ({"openid": None, "msg_type": "text"}, "ordinary"),
        ({"openid": None, "info_type": "component_verify_ticket"}, "ticket"),
        ({"openid": None, "info_type": "authorized"}, "component"),
        ({"openid": None, "transaction_id": "42"}, "payment"),
        ({"openid": None, "msg_type": None}, None),
    ],
)
def test_pushes_have_a_sort(recorded, expected):
    """By what they carry; where no user is named and nobody read the body, nothing tells."""
    assert expected == sort_of(make_arrival(**recorded))


@pytest.mark.parametrize(
    ("kind", "sample", "expected"),
    [
        ("request_timeout", {}, {"ordinary"}),
        ("mark_fail", {}, {"ordinary"}),
        ("invalid_response", {"Event": "Component Ticket"}, {"ticket", "component"}),
        ("ticket_timeout", {}, {"ticket"}),
        ("component_failure", {}, {"component"}),
        ("unknown", {"transaction_id": "42"}, {"payment"}),
        ("unknown", {"Event": "Click"}, {"ordinary"}),
        ("unknown", {}, None),
    ],
)
def test_alarms_are_about_a_sort(kind, sample, expected):
    """By their wording and their sample; one that says neither may be about any."""
    assert expected == sorts_of(make_alarm(kind, **sample))


def test_a_platforms_push_that_nobody_read_may_be_meant():
    """In safe mode it names neither user nor InfoType: an alarm about tickets may mean it, stamps decide."""
    unread = make_arrival(openid=None, msg_type=None)

    assert (None, None) == tuple(
        names_it(alarm, unread) for alarm in (make_alarm("ticket_timeout"), make_alarm(Event="Component Ticket"))
    )
