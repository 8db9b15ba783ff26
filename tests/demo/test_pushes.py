"""The pushes that the demo makes, and the alarm."""

from __future__ import annotations

from random import Random
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree

import pytest

from wxtrace.crypto import MessageCrypto, signature
from wxtrace.demo.alarm import timeout_alarm
from wxtrace.demo.fault import Fault, draw_fault
from wxtrace.demo.pushes import KINDS, MODES, PATH, Push, draw_account, draw_openid, make_push

STAMP = 1745231475
ACCOUNT = draw_account(Random(1))
QUERIES = {
    "plain": ["signature", "timestamp", "nonce", "openid"],
    "compat": ["signature", "timestamp", "nonce", "openid", "encrypt_type", "msg_signature"],
    "safe": ["signature", "timestamp", "nonce", "openid", "encrypt_type", "msg_signature"],
}
BODIES = {
    "plain": ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Content", "MsgId"],
    "compat": ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Content", "MsgId", "Encrypt"],
    "safe": ["ToUserName", "Encrypt"],
}


def _made(mode: str, kind: int = 0) -> tuple[Push, dict[str, str], ElementTree.Element]:
    push = make_push(ACCOUNT, KINDS[kind], mode, "oA", STAMP, Random(2))
    return push, dict(parse_qsl(urlsplit(push.target).query)), ElementTree.fromstring(push.body)


@pytest.mark.parametrize("mode", MODES)
def test_a_push_has_the_parameters_and_elements_of_its_mode(mode):
    """Each mode sends what WeChat sends in it, in that order, and nothing else."""
    push, query, xml = _made(mode)

    assert PATH == urlsplit(push.target).path
    assert (QUERIES[mode], BODIES[mode]) == (list(query), [element.tag for element in xml])


@pytest.mark.parametrize("mode", MODES)
def test_the_query_is_signed_with_the_token(mode):
    """signature covers token, timestamp and nonce in every mode."""
    _, query, _ = _made(mode)

    assert signature(ACCOUNT.token, str(STAMP), query["nonce"]) == query["signature"]


@pytest.mark.parametrize("mode", ["compat", "safe"])
def test_an_encrypted_push_is_signed_and_holds_the_whole_message(mode):
    """msg_signature covers the encrypted text, and inside is what plain mode would have sent."""
    _, query, xml = _made(mode)
    encrypted = xml.findtext("Encrypt", "")
    inside = ElementTree.fromstring(MessageCrypto(ACCOUNT.aes_key, ACCOUNT.appid).decrypt(encrypted))

    assert signature(ACCOUNT.token, str(STAMP), query["nonce"], encrypted) == query["msg_signature"]
    assert BODIES["plain"] == [element.tag for element in inside]


@pytest.mark.parametrize("kind", range(1, len(KINDS)), ids=[kind.name for kind in KINDS[1:]])
def test_an_event_names_itself(kind):
    """Every event is of MsgType event, by the user, at the stamp."""
    _, _, xml = _made("plain", kind)
    told = [xml.findtext(tag) for tag in ("MsgType", "Event", "FromUserName", "CreateTime")]

    assert ["event", KINDS[kind].name, "oA", str(STAMP)] == told


def test_a_seed_draws_the_same_again():
    """Account, user, fault and push hang on the seed alone."""

    def drawn() -> tuple[object, ...]:
        random = Random(7)
        account, openid, fault = draw_account(random), draw_openid(random), draw_fault(random)
        return account, openid, fault, make_push(account, fault.kind, "safe", openid, STAMP, random)

    assert drawn() == drawn()


def test_the_switch_tells_the_server_who_is_slow():
    """Module, openid and seconds, as the example's `faults` reads them."""
    assert "reply.menu:oA:5.6" == Fault(KINDS[1], "logic", "reply.menu").switch("oA", 5.6)


def test_the_alarm_is_worded_as_wechats():
    """Every label in its place, the stamp as time of Shanghai too, the sample in brackets."""
    push, _, _ = _made("plain", 2)
    expected = f"""\
Appid: {ACCOUNT.appid}
昵称: 面馆演示号
时间: 2025-04-21 18:31:15
内容: 微信服务器向公众号推送消息或事件后，开发者5秒内没有返回
次数: 5分钟 3次
错误样例: [OpenID=oA][Stamp={STAMP}][OuterIP=127.0.0.1][3rdUrl=http://127.0.0.1:80/callback][IP=127.0.0.1]\
[Event=Scan QRCode]
报警排查指引，请见: https://mmbizurl.cn/s/MpkaZb8yg"""

    assert expected == timeout_alarm(ACCOUNT, push, 80, 3)
