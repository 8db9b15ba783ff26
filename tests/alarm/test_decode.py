"""Decode: the bytes of a paste to its text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxtrace.alarm.decode import decoded

TEXT = "Appid: wx1\n内容: 微信服务器向公众号推送消息或事件后，开发者5秒内没有返回\n次数: 5分钟 3次\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_the_usual_encodings_are_told_apart(encoding):
    """What an editor on a Chinese machine saves is read as what it is."""
    assert TEXT == decoded(TEXT.encode(encoding))


@pytest.mark.parametrize("damage", [b"\xff", b"\x00\xfe", b"\xe5"])
def test_a_few_bad_bytes_do_not_garble_the_rest(damage):
    """They stand as what they are, no character; every other character stays."""
    content = TEXT.encode()

    assert TEXT == decoded(content + damage).rstrip("\ufffd\x00")


def test_a_text_cut_within_a_character_stays_utf_8():
    """As `head -c` cuts it, or a limit."""
    content = TEXT.encode()[:-8]
    whole = content.decode("utf-8", "ignore")

    assert whole == decoded(content).rstrip("\ufffd")


@given(st.binary(max_size=200))
def test_any_bytes_are_some_text(content):
    """Nothing that is piped in can raise."""
    assert isinstance(decoded(content), str)
