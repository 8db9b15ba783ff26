"""Whether WeChat would accept a reply."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxtrace.capture.reply import MAX_KEPT, judge

OPENID = "oA"
TEXT = {"wechat.msg_type": "text", "wechat.to_user_name": "gh_1"}
COMPONENT = {"wechat.info_type": "component_verify_ticket", "wechat.appid": "wx1"}


def xml(
    to: str = OPENID, kind: str = "text", created: str = "1745231475", more: str = "<Content>hi</Content>"
) -> bytes:
    """Return reply XML."""
    return (
        f"<xml><ToUserName><![CDATA[{to}]]></ToUserName><FromUserName>gh_1</FromUserName>"
        f"<CreateTime>{created}</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>{more}</xml>"
    ).encode()


ENCRYPTED = (
    b"<xml><Encrypt>A+</Encrypt><MsgSignature>0</MsgSignature><TimeStamp>1</TimeStamp><Nonce>2</Nonce></xml>"
)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"success", id="success"),
        pytest.param(b"", id="empty"),
        pytest.param(xml(), id="text"),
        pytest.param(b"\n" + xml() + b"\n", id="white space around"),
        pytest.param(xml(kind="image", more="<Image><MediaId>1</MediaId></Image>"), id="image"),
        pytest.param(xml(kind="transfer_customer_service", more=""), id="to the customer service"),
        pytest.param(xml(created=" 1745231475 "), id="white space in CreateTime"),
        pytest.param(xml(more="<Content><![CDATA[<a>&]]></Content>"), id="cdata"),
        pytest.param(ENCRYPTED, id="encrypted"),
        pytest.param(b'{"Encrypt":"A+","MsgSignature":"0","TimeStamp":1,"Nonce":"1"}', id="encrypted json"),
        pytest.param(
            b'{"ToUserName":"oA","FromUserName":"gh_1","CreateTime":1,"MsgType":"text","Content":"hi"}', id="json"
        ),
    ],
)
def test_acceptable(body):
    """WeChat takes the bare word, nothing at all, reply XML to the user, and any encrypted reply."""
    assert (True, "") == judge(200, body, len(body), TEXT, OPENID)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b'"success"', "quoted success", id="quoted"),
        pytest.param(
            b'{"ToUserName":"oB","FromUserName":"gh_1","CreateTime":1,"MsgType":"text","Content":"hi"}',
            "wrong addressee",
            id="json to another",
        ),
        pytest.param(b'{"Encrypt":"x"}', "missing MsgSignature, Nonce, TimeStamp", id="half encrypted json"),
        pytest.param(b"'success'", "quoted success", id="quoted singly"),
        pytest.param(b"success\n", "success with white space", id="white space"),
        pytest.param(b"SUCCESS", "text", id="capitals"),
        pytest.param(b"ok", "text", id="text"),
        pytest.param(b" ", "text", id="blank"),
        pytest.param(b"<html><body>502</body></html>", "html page", id="html"),
        pytest.param(b"\n<!DOCTYPE html><p>", "html page", id="html with doctype"),
        pytest.param(b'{"errcode":0}', "json", id="json"),
        pytest.param(b'{"errcode":', "malformed json", id="half json"),
        pytest.param(b'{"a":' * 30_000, "malformed json", id="deep json"),
        pytest.param(b"[1]", "json", id="json list"),
        pytest.param(b'"ok"', "json", id="json string"),
        pytest.param(xml(to="gh_1"), "push echoed back", id="echoed"),
        pytest.param(xml(to="oB"), "wrong addressee", id="wrong addressee"),
        pytest.param(xml(created="1745231475000"), "CreateTime in milliseconds", id="milliseconds"),
        pytest.param(xml(created="1" * 5000), "CreateTime in milliseconds", id="beyond what Python reads"),
        pytest.param(xml(created="now"), "CreateTime is no number", id="no number"),
        pytest.param(xml(created=""), "CreateTime is no number", id="no CreateTime"),
        pytest.param(xml(created="²"), "CreateTime is no number", id="superscript digit"),
        pytest.param(xml(more="<Content></Content>"), "empty Content", id="empty content"),
        pytest.param(xml(more=""), "empty Content", id="no content"),
        pytest.param(xml(more=f"<Content>{'雪' * 683}</Content>"), "Content too long: 2049 bytes", id="long"),
        pytest.param(
            b"<xml><ToUserName>oA</ToUserName></xml>", "missing CreateTime, FromUserName, MsgType", id="half"
        ),
        pytest.param(b"<xml>success</xml>", "missing CreateTime, FromUserName, MsgType, ToUserName", id="wrapped"),
        pytest.param(
            xml().replace(b"]]></MsgType>", b"]]</MsgType>"),
            "malformed xml: CDATA not closed, unclosed CDATA section: line 1, column 173",
            id="bad cdata",
        ),
        pytest.param(xml()[:-6], "malformed xml: no element found: line 1, column 168", id="cut"),
        pytest.param(b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a '1'>]><xml/>", "xml with a DOCTYPE", id="bomb"),
        pytest.param(
            b"<?xml version='1.0' encoding='rot13'?><xml/>",
            "malformed xml: 'rot13' is not a text encoding; use codecs.decode() to handle arbitrary codecs",
            id="no encoding",
        ),
    ],
)
def test_refused(body, reason):
    """Every form that raises the alarm is told by what is wrong with it."""
    assert (False, reason) == judge(200, body, len(body), TEXT, OPENID)


@pytest.mark.parametrize("status", [201, 204, 302, 400, 404, 405, 500])
def test_only_status_200_counts(status):
    """A right reply with another status is refused."""
    assert (False, f"status {status}") == judge(status, b"success", 7, TEXT, OPENID)


@pytest.mark.parametrize("event", ["unsubscribe", "LOCATION", "VIEW", "TEMPLATESENDJOBFINISH"])
def test_an_event_that_takes_no_reply(event):
    """Reply XML to an event without a conversation is refused."""
    facts = {"wechat.msg_type": "event", "wechat.event": event}

    assert (False, f"xml where none is allowed: {event}") == judge(200, xml(), 200, facts, OPENID)
    assert (True, "") == judge(200, b"success", 7, facts, OPENID)


def test_a_reply_longer_than_what_is_kept():
    """Reply XML of more than 64 KiB is told as too long, and not as cut."""
    body = xml(more=f"<Content>{'a' * MAX_KEPT}</Content>")

    assert (False, f"too long: {len(body)} bytes") == judge(200, body[:MAX_KEPT], len(body), TEXT, OPENID)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not success: empty"),
        (b'"success"', "not success: quoted success"),
        (b"success ", "not success: success with white space"),
        (xml(), "not success: xml"),
        (b"ok", "not success: text"),
        (b"{}", "not success: json"),
        (b"<html>", "not success: html page"),
    ],
)
def test_a_component_push_takes_success_alone(body, reason):
    """A component push is answered by exactly `success`."""
    assert (False, reason) == judge(200, body, len(body), COMPONENT, None)
    assert (False, reason) == judge(200, body, len(body), {"wechat.appid": "wx1"}, None)
    assert (True, "") == judge(200, b"success", 7, COMPONENT, None)


def test_an_unknown_user_is_no_wrong_addressee():
    """Where the openid is not known, any addressee passes."""
    assert (True, "") == judge(200, xml(to="oB"), 200, {}, None)


@pytest.mark.parametrize("piece", [b"<a>", b"<a ", b"<![CDATA[", b"]]>", b" ", b"[", b'"', b"&", b"<!", b"{"])
def test_a_hostile_reply_is_read_in_one_pass(piece):
    """However a reply is made, judging it takes no more than its length: this would not end else."""
    for head in (b"", b"<xml>", b"{", xml()[:-6]):
        body = (head + piece * MAX_KEPT)[:MAX_KEPT]

        assert not judge(200, body, len(body), TEXT, OPENID).acceptable


@given(st.binary(max_size=120), st.sampled_from([b"", b"<", b"{", b"<xml>", xml()[:60], xml()]))
def test_no_reply_raises(body, head):
    """Any bytes are a reply: it is acceptable, or a reason says why not."""
    judged = judge(200, head + body, len(head + body), TEXT, OPENID)

    assert judged.acceptable is (judged.reason == "")
