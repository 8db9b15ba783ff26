"""Whether WeChat would accept a reply."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxtrace.reply import MAX_KEPT, PAY_VERSION, judge

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


def encrypted(**changes: str) -> bytes:
    """Return an encrypted reply of one block."""
    values = {"Encrypt": "QUJD" * 5 + "QQ==", "MsgSignature": "0f" * 20, "TimeStamp": "1745231475", "Nonce": "2"}
    return (
        b"<xml>%b</xml>" % "".join(f"<{key}>{value}</{key}>" for key, value in (values | changes).items()).encode()
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
        pytest.param(encrypted(), id="encrypted"),
        pytest.param(encrypted(Encrypt="QUJDQUJD\nQUJDQUJD\r\nQUJDQQ=="), id="encrypted, in lines"),
        pytest.param(
            b'{"Encrypt":"QUJDQUJDQUJDQUJDQUJDQQ==","MsgSignature":"%b","TimeStamp":1,"Nonce":"1"}' % (b"0F" * 20),
            id="encrypted json",
        ),
        pytest.param(
            b'{"ToUserName":"oA","FromUserName":"gh_1","CreateTime":1,"MsgType":"text","Content":"hi"}', id="json"
        ),
    ],
)
def test_acceptable(body):
    """WeChat takes the bare word, nothing at all, reply XML to the user, and what it can decrypt."""
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


@pytest.mark.parametrize("status", [201, 204, 302, 400, 404, 405, 499, 500, 999])
def test_only_status_200_counts(status):
    """A right reply with another status is refused."""
    assert (False, f"HTTP status {status}") == judge(status, b"success", 7, TEXT, OPENID)


@pytest.mark.parametrize("event", ["unsubscribe", "LOCATION", "VIEW", "TEMPLATESENDJOBFINISH"])
def test_an_event_that_takes_no_reply(event):
    """Reply XML to an event without a conversation is refused."""
    facts = {"wechat.msg_type": "event", "wechat.event": event}

    assert (False, f"xml where none is allowed: {event}") == judge(200, xml(), 200, facts, OPENID)
    assert (True, "") == judge(200, b"success", 7, facts, OPENID)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param({"Encrypt": "A+"}, "Encrypt is no base64", id="half base64"),
        pytest.param({"Encrypt": "雪" * 24}, "Encrypt is no base64", id="text"),
        pytest.param({"Encrypt": ""}, "Encrypt is not whole blocks of 16 bytes", id="nothing"),
        pytest.param({"Encrypt": "QUJD"}, "Encrypt is not whole blocks of 16 bytes", id="less than a block"),
        pytest.param({"Encrypt": "QUJD" * 7}, "Encrypt is not whole blocks of 16 bytes", id="a block and a half"),
        pytest.param({"MsgSignature": "0f" * 16}, "MsgSignature is not 40 hex digits", id="md5"),
        pytest.param({"MsgSignature": "0g" * 20}, "MsgSignature is not 40 hex digits", id="no hex"),
        pytest.param({"TimeStamp": "now"}, "TimeStamp is no number", id="no number"),
        pytest.param({"TimeStamp": "1745231475000"}, "TimeStamp in milliseconds", id="milliseconds"),
    ],
)
def test_an_encrypted_reply_that_nobody_can_decrypt(changes, problem):
    """What shows without the key that WeChat cannot decrypt a reply is told."""
    body = encrypted(**changes)

    assert (False, f"not decryptable: {problem}") == judge(200, body, len(body), TEXT, OPENID)


def test_a_plain_reply_in_safe_mode():
    """Where the push was encrypted whole, its reply has to be; in compat mode it may be plain."""
    compat = {"wechat.encrypt_type": "aes", "wechat.to_user_name": "gh_1", "wechat.from_user_name": OPENID}
    safe = {key: value for key, value in compat.items() if key != "wechat.from_user_name"}

    assert (False, "not encrypted") == judge(200, xml(), len(xml()), safe, OPENID)
    assert (True, "") == judge(200, encrypted(), len(encrypted()), safe, OPENID)
    assert (True, "") == judge(200, b"success", 7, safe, OPENID)
    assert (True, "") == judge(200, xml(), len(xml()), compat, OPENID)


def test_the_push_echoed_back_where_its_addressee_is_not_known():
    """A reply that comes from the user who wrote is the push itself."""
    body = xml(to="gh_1").replace(b"<FromUserName>gh_1", b"<FromUserName>oA")

    assert (False, "push echoed back") == judge(200, body, len(body), {}, OPENID)


def paid(code: str) -> bytes:
    """Return the reply XML to a payment notification of version 2."""
    return (
        f"<xml><return_code><![CDATA[{code}]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>".encode()
    )


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        pytest.param(200, paid("SUCCESS"), "", id="success"),
        pytest.param(200, b"\n" + paid("SUCCESS") + b"\n", "", id="white space around"),
        pytest.param(200, paid("FAIL"), "not return_code SUCCESS: FAIL", id="fail"),
        pytest.param(200, paid("F" * 99), "not return_code SUCCESS: " + "F" * 40, id="a code without an end"),
        pytest.param(200, b"<xml/>", "not return_code SUCCESS: xml", id="no code"),
        pytest.param(200, b"success", "not return_code SUCCESS: bare success", id="the word"),
        pytest.param(200, b"", "not return_code SUCCESS: empty", id="empty"),
        pytest.param(200, b'{"code":"SUCCESS"}', "not return_code SUCCESS: json", id="as in version 3"),
        pytest.param(200, b"<html>502</html>", "not return_code SUCCESS: html page", id="html"),
        pytest.param(
            200,
            paid("SUCCESS").replace(b"]]>", b"]>"),
            "malformed xml: CDATA not closed, unclosed CDATA section: line 1, column 94",
            id="bad cdata",
        ),
        pytest.param(201, paid("SUCCESS"), "HTTP status 201", id="created"),
    ],
)
def test_a_payment_of_version_2(status, body, reason):
    """A payment notification of version 2 is answered by XML with the return_code SUCCESS."""
    facts = {PAY_VERSION: 2, "wechat.event": "payment", "wechat.appid": "wx1"}

    assert (not reason, reason) == judge(status, body, len(body), facts, None)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        pytest.param(200, b"", "", id="empty"),
        pytest.param(204, b"", "", id="no content"),
        pytest.param(200, b'{"code":"SUCCESS","message":""}', "", id="json"),
        pytest.param(200, b"success", "", id="any text: the status decides"),
        pytest.param(200, b'{"code":', "", id="half json"),
        pytest.param(200, b'{"code":"FAIL"}', "not code SUCCESS: FAIL", id="fail"),
        pytest.param(500, b'{"code":"FAIL"}', "HTTP status 500", id="status 500"),
        pytest.param(201, b"", "HTTP status 201", id="created"),
    ],
)
def test_a_payment_of_version_3(status, body, reason):
    """A payment notification of version 3 is answered by status 200 or 204, and by no code but SUCCESS."""
    assert (not reason, reason) == judge(status, body, len(body), {PAY_VERSION: 3}, None)


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
