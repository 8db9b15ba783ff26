"""An alarm as JSON, and in words."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from strategies import hostile_text

from wxtrace.alarm.alarm import Alarm
from wxtrace.show.alarm import KINDS, document, render
from wxtrace.show.words import ZH, Words

ALARM = Alarm(
    kind="invalid_response",
    appid="wx0123456789abcdef",
    nickname="",
    time="2025-04-21 18:31:15",
    content="微信服务器向公众号推送消息或事件后，得到的回应不合法",
    window_minutes=5,
    count=3,
    sample={"OpenID": "oMadeUp0****", "Stamp": "1745231475", "decrypt fail": None, "response_content": "<a>\n</a>"},
    openid="oMadeUp0****",
    stamp=1745231475,
    unread=("the end of response_content", "Event, which stands twice", "the time"),
)


def test_the_json_is_that_of_the_contract():
    """Labels that are missing are left out, blank ones are empty, brackets without a value null."""
    assert {
        "kind": "invalid_response",
        "appid": "wx0123456789abcdef",
        "nickname": "",
        "time": "2025-04-21 18:31:15",
        "content": "微信服务器向公众号推送消息或事件后，得到的回应不合法",
        "window_minutes": 5,
        "count": 3,
        "sample": {
            "OpenID": "oMadeUp0****",
            "Stamp": "1745231475",
            "decrypt fail": None,
            "response_content": "<a>\n</a>",
        },
        "openid": "oMadeUp0****",
        "stamp": 1745231475,
        "unread": ["the end of response_content", "Event, which stands twice", "the time"],
    } == document(ALARM)
    assert {"kind": "unknown", "sample": {}} == document(Alarm(sample={}))


def test_an_alarm_is_told_in_english():
    """The kind, the window, how many, whom it names, what it says of the request, and what was not read."""
    assert (
        "Alarm: invalid response: WeChat does not take the reply\n"
        "  account: wx0123456789abcdef\n"
        "  first failure: 2025-04-21 18:31:15 (UTC+8); counted until 18:36:15\n"
        "  failed: 3 attempts in 5 minutes\n"
        "  whom: openid oMadeUp0**** (masked) stamp 1745231475\n"
        "  decrypt fail: ✓\n"
        "  response_content: <a> </a>\n"
        "  Not read of the alarm: the end of response_content\n"
        "  Not read of the alarm: Event, which stands twice\n"
        "  Not read of the alarm: the time\n"
    ) == render([ALARM], Words("en"))


def test_an_alarm_is_told_in_chinese():
    """The same in the reader's language; a kind that is not known shows its 内容."""
    alarms = [Alarm(content="一种新的报警", time="昨天", unread=("the time",)), Alarm("mark_fail")]

    assert (
        "报警：没有“内容”，或内容没有见过的报警\n"
        "  内容：一种新的报警\n"
        "  首次失败：昨天\n"
        "  报警中无法读取：时间\n"
        "\n"
        "报警：MarkFail（自动屏蔽）：多次失败后，微信暂停推送一分钟\n"
    ) == render(alarms, Words("zh"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_words(kind):
    """Each kind is told in both languages."""
    assert f"报警：{ZH[KINDS[kind]]}\n" == render([Alarm(kind)], Words("zh"))


@given(hostile_text)
def test_an_alarm_is_harmless_to_a_terminal(text):
    """Whatever stands in an alarm, it does not move the cursor; and it is JSON."""
    alarm = Alarm(
        appid=text, nickname=text, time=text, content=text, sample={text: text}, openid=text, unread=(text,)
    )

    shown = render([alarm], Words("en"))

    assert [] == [char for char in shown.replace("\n", "") if not char.isprintable()]
    assert document(alarm) == json.loads(json.dumps(document(alarm)))
