"""What an alarm says, by its properties."""

from __future__ import annotations

import pytest

from wxtrace.alarm.alarm import Alarm

SECOND = 10**9
STAMP = 1_745_231_475
PROPERTIES = (
    "moment_ns",
    "window_ns",
    "event",
    "msg",
    "msg_type",
    "outer_ip",
    "ip",
    "url",
    "url_path",
    "url_host",
    "transaction_id",
    "http_status",
    "curl_error",
    "decrypt_failed",
    "reply_length",
    "reply_content",
    "platform",
    "is_openid_masked",
    "openid_start",
)


def told(alarm):
    """Return the properties that say something."""
    return {name: value for name in PROPERTIES if (value := getattr(alarm, name)) is not None}


@pytest.mark.parametrize("alarm", [Alarm(), Alarm(time="", openid="", sample={})])
def test_an_alarm_that_says_nothing_knows_nothing(alarm):
    """What is missing or blank is None in every property."""
    assert {} == told(alarm)


def test_a_sample_says_what_was_sent_where_and_what_came_back():
    """Each bracket that is known has a property; those that vary in their case or name have one."""
    sample = {
        "OuterIP": "203.0.113.9",
        "3rdUrl10": "https://wx.example/callback/msg?a=1×tamp=2",
        "ip": "192.0.2.7",
        "MsgType": "20000",
        "Msg": "Subscribe",
        "Event": "UnSubscribe",
        "http code": "405",
        "cURL Error": "56",
        "decrypt fail": None,
        "response_length": "2",
        "response_content": "no",
        "transaction_id": "4200",
        "第三方平台": "某平台",
    }

    assert told(Alarm(sample=sample)) == {
        "event": "UnSubscribe",
        "msg": "Subscribe",
        "msg_type": "20000",
        "outer_ip": "203.0.113.9",
        "ip": "192.0.2.7",
        "url": "https://wx.example/callback/msg?a=1&timestamp=2",
        "url_path": "/callback/msg",
        "url_host": "wx.example",
        "transaction_id": "4200",
        "http_status": 405,
        "curl_error": 56,
        "decrypt_failed": True,
        "reply_length": 2,
        "reply_content": "no",
        "platform": "某平台",
    }


def test_masked_values_are_not_told():
    """Asterisks are no address, no host and no path."""
    sample = {"OuterIP": "*****", "IP": "123.456.123.456", "3rdUrl": "http://***/api/", "response_length": "**"}

    assert {"url": "http://***/api/", "url_path": "/api/"} == told(Alarm(sample=sample))


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("/wx/callback", None, "/wx/callback"),
        ("http://www**************", None, None),
        ("*****", None, None),
        ("xxx", None, None),
        ("https://www.xxx.com/cb", None, "/cb"),
        ("https://wx.example/xxxx/cb", "wx.example", None),
        ("https://wx.example/a...", "wx.example", None),
        ("http://[broken", None, None),
        ("https://wx.example", "wx.example", None),
    ],
)
def test_a_url_is_taken_apart(url, host, path):
    """A URL may be a path alone, masked, or none at all."""
    alarm = Alarm(sample={"3rdUrl": url})

    assert (host, path) == (alarm.url_host, alarm.url_path)


def test_the_name_that_was_not_resolved_is_the_host():
    """A DNS alarm names the host in a bracket of its own."""
    assert "wx.example" == Alarm(sample={"Host": "wx.example"}).url_host


def test_a_payment_has_its_reply_under_another_name():
    """Payment alarms call the reply resp."""
    assert "FAIL" == Alarm(sample={"resp": "FAIL"}).reply_content


@pytest.mark.parametrize(
    ("openid", "is_masked", "start"),
    [
        ("o0123456789abcdefghijklm-_AB", False, None),
        ("o0123456****************", True, "o0123456"),
        ("o012...", True, "o012"),
        ("oxxxxxxxxxxxxxxxxxxxxxxxxxxx", True, "o"),
        ("****", True, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_a_masked_openid_is_known_as_such(openid, is_masked, start):
    """What can be read of a masked openid is its beginning."""
    alarm = Alarm(openid=openid)

    assert (is_masked, start) == (alarm.is_openid_masked, alarm.openid_start)


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("2025-04-21 18:31:15", STAMP),
        ("2025-04-21 18:31", STAMP - 15),
        ("2025/4/21 18:31:15", STAMP),
        ("2025-04-21T18:31:15", STAMP),
        ("2025年4月21日 18:31:15", STAMP),
        ("２０２５-０４-２１　１８：３１：１５", STAMP),
        ("2025-04-21 18:31:", None),
        ("2025-04-21 18:3", None),
        ("2025-04-31 18:31:15", None),
        ("2025-04-21 25:31:15", None),
        ("0000-00-00 00:00:00", None),
        ("2025-04-** **:**:**", None),
        ("昨天", None),
    ],
)
def test_the_time_is_that_of_china(time, seconds):
    """时间 is UTC+8, in the forms in which people write it; what is cut or masked is no time."""
    assert (None if seconds is None else seconds * SECOND) == Alarm(time=time).moment_ns


@pytest.mark.parametrize(("minutes", "expected"), [(None, 300), (5, 300), (30, 1800)])
def test_the_window_begins_at_the_first_failure(minutes, expected):
    """The window is as long as the alarm says, and five minutes where it does not."""
    alarm = Alarm(time="2025-04-21 18:31:15", window_minutes=minutes)

    assert (STAMP * SECOND, (STAMP + expected) * SECOND) == alarm.window_ns
