"""The kind of an alarm, by its 内容."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wxtrace.alarm.kind import kind_of
from wxtrace.show.alarm import KINDS

WORDINGS = [
    ("dns_failure", "微信服务器向公众号推送消息或事件时，解析DNS失败"),
    ("dns_failure", "微信服务器向服务号推送消息或事件时,解析DNS时发现是无效域名"),
    ("dns_timeout", "微信服务器向公众号推送消息或事件时，解析DNS超时，超时时间为5秒"),
    ("connect_timeout", "微信服务器连接服务号开发者服务器时发生超时，超时时间为5秒"),
    ("request_timeout", "微信服务器向服务号推送消息或事件后，开发者5秒内没有返回"),
    ("invalid_response", "微信服务器向公众号推送消息或事件后，得到的回应不合法"),
    ("mark_fail", "微信服务器向公众号推送消息或事件发生多次失败后，暂时不推送消息，一分钟后解除屏蔽"),
    ("ticket_timeout", "推送component_verify_ticket时，开发者5S内没有返回"),
    ("ticket_timeout", "微信服务器向公众号服务开发者推送component_verify_ticket时，开发者5秒内没有返回"),
    ("ticket_failure", "推送component_verify_ticket时，开发者没有返回success"),
    (
        "ticket_failure",
        "微信服务器向公众号服务开发者推送component_verify_ticket时，得到的回应不合法（应返回success）",
    ),
    ("component_timeout", "推送第三方平台消息（如取消授权消息）等，第三方平台5秒内没有返回"),
    ("component_failure", "推送第三方平台消息（如取消授权消息）等，第三方平台没有返回success"),
    ("payment_timeout", "推送“支付完成事件”给开发者后，开发者5秒内没有返回"),
    ("payment_failure", "推送“支付完成事件”给开发者后，得到的回应不合法"),
    ("unknown", ""),
    ("unknown", "今晚开会"),
    ("unknown", "支付失败"),
    ("unknown", "微信服务器今天很忙"),
]
TITLES = [
    ("dns_failure", "DNS失败"),
    ("dns_timeout", "DNS超时"),
    ("connect_timeout", "连接超时"),
    ("request_timeout", "请求超时"),
    ("invalid_response", "回应失败"),
    ("mark_fail", "MarkFail（自动屏蔽）"),
    ("ticket_timeout", "推送component_verify_ticket超时"),
    ("ticket_failure", "推送component_verify_ticket失败"),
    ("component_timeout", "推送组件消息超时"),
    ("component_failure", "推送第三方平台消息失败"),
]


@pytest.mark.parametrize(("kind", "content"), WORDINGS + TITLES)
def test_the_wording_tells_the_kind(kind, content):
    """Each wording of the guide, and each that was seen, is one kind; what says something else is unknown."""
    assert kind == kind_of(content)


@pytest.mark.parametrize(("kind", "content"), WORDINGS)
def test_punctuation_does_not_matter(kind, content):
    """A wording that was retyped, with other commas or none, is the same kind."""
    bare = "".join(char for char in content if char not in "，,（）()“”")
    wide = content.replace("5", "５").replace("，", ", ")

    assert [kind, kind] == [kind_of(bare), kind_of(wide)]


def test_the_kinds_are_as_documented():
    """docs/alarms.md has a row for each kind, and no other."""
    page = (Path(__file__).parents[2] / "docs" / "alarms.md").read_text("utf-8")
    _, _, section = page.partition("## Kinds")

    assert list(KINDS) == re.findall(r"^\| `([a-z_]+)` \|", section.partition("\n## ")[0], re.MULTILINE)
