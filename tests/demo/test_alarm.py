"""The alarms that the demo's sender can post, by what it saw."""

from __future__ import annotations

from random import Random

import pytest

from wxtrace.alarm.parse import parse
from wxtrace.demo.alarm import MAX_CONTENT, Entrance, alarm
from wxtrace.demo.pushes import KINDS, draw_account, make_push
from wxtrace.demo.sender import Attempt

ACCOUNT = draw_account(Random(1))
PUSH = make_push(ACCOUNT, KINDS[2], "plain", "o" + "A" * 27, 1745231475, Random(2))
ENTRANCE = Entrance("http://wx.example.com/callback", "198.51.100.7", "203.0.113.9")
HEAD = {
    "OpenID": PUSH.openid,
    "Stamp": "1745231475",
    "OuterIP": "203.0.113.9",
    "3rdUrl": "http://wx.example.com/callback",
}
QUOTED = {"ip": "198.51.100.7", "response_length": "9", "response_content": '"success"'}
SCAN = {"Event": "Scan QRCode"}
TYPED = {"IP": "198.51.100.7", "MsgType": "20000", **SCAN}
TIMED_OUT = Attempt(0, None, b"", timed_out=True)


def _posted(failed: Attempt, **changes: bool) -> str:
    return alarm(ACCOUNT, PUSH, failed, ENTRANCE, 3, **changes)


@pytest.mark.parametrize(
    ("failed", "kind", "sample"),
    [
        (TIMED_OUT, "request_timeout", {"IP": "198.51.100.7", **SCAN}),
        (Attempt(0, None, b"", True, connected=False), "connect_timeout", {"IP": "198.51.100.7", **SCAN}),
        (Attempt(0, None, b"", False, connected=False), "invalid_response", TYPED | {"cURL Error": "7"}),
        (Attempt(0, None, b"", False), "invalid_response", TYPED | {"cURL Error": "52"}),
        (Attempt(0, None, b"", False, was_reset=True), "invalid_response", TYPED | {"cURL Error": "56"}),
        (Attempt(0, 201, b"success", False), "invalid_response", TYPED | {"http code": "201"}),
        (Attempt(0, 200, b'"success"', False), "invalid_response", SCAN | QUOTED),
    ],
    ids=["no reply", "no connection in time", "no connection", "closed", "reset", "status", "reply"],
)
def test_the_alarm_says_what_the_sender_saw(failed, kind, sample):
    """The wording, and in the sample the push, the entrance, and what came of it; as our own parser reads them."""
    (read,) = parse(_posted(failed))

    assert (kind, 3, HEAD | sample) == (read.kind, read.count, dict(read.sample))


def test_a_reply_that_cannot_be_decrypted_is_called_so():
    """Beside its length and its content."""
    (read,) = parse(_posted(Attempt(0, 200, b"<xml/>", False), decrypts=False))

    expected = HEAD | TYPED | {"decrypt fail": None, "response_length": "6", "response_content": "<xml/>"}
    assert expected == dict(read.sample)


def test_a_long_reply_is_cut_and_its_bracket_with_it():
    """As WeChat does: so many characters, three dots, the end of the line; the length is the whole reply's."""
    text = _posted(Attempt(0, 200, ("面" * 800).encode(), False))

    assert f"[response_length=2400][response_content={'面' * MAX_CONTENT}...\n" in text
