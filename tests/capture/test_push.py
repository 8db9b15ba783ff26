"""What a request says of its push: the query, the body, the path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serving import QUERY, TEXT
from strategies import push_bodies, usual_queries

from wxtrace.capture import push
from wxtrace.capture.push import MAX_BODY, appid_reader, read_body, read_query, usual_json

FACTS = {
    "wechat.to_user_name": "gh_1",
    "wechat.from_user_name": "oA-1_b",
    "wechat.create_time": 1745231474,
    "wechat.msg_type": "text",
    "wechat.msg_id": "23456",
}
COMPONENT = b"<xml><AppId><![CDATA[wx1]]></AppId><CreateTime>7</CreateTime><InfoType>authorized</InfoType></xml>"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(QUERY, ("oA-1_b", 1745231475, "77", None), id="plain"),
        pytest.param(
            b"signature=0&timestamp=5&nonce=7&openid=oA&encrypt_type=aes&msg_signature=0a",
            ("oA", 5, "7", "aes"),
            id="aes",
        ),
        pytest.param(
            b"openid=oA&nonce=7&msg_signature=0&timestamp=5&encrypt_type=raw", ("oA", 5, "7", "raw"), id="order"
        ),
        pytest.param(b"timestamp=5&openid=oA&timestamp=6&openid=oB", ("oA", 5, None, None), id="first of two"),
        pytest.param(b"timestamp=&timestamp=6&openid=oA", None, id="first of two is empty"),
        pytest.param(b"timestamp=5&openid=o%41%2D%E9%9B%AA", ("oA-雪", 5, None, None), id="percent"),
        pytest.param(b"timestamp=5&openid=o+A%20B", ("o A B", 5, None, None), id="plus"),
        pytest.param(b"time%73tamp=5&%6fpenid=oA", ("oA", 5, None, None), id="encoded keys"),
        pytest.param(b"timestamp=%205%20&openid=oA", ("oA", 5, None, None), id="white space"),
        pytest.param(b"signature=0&timestamp=5&nonce=7", (None, 5, "7", None), id="no openid"),
        pytest.param(b"timestamp=5&nonce=7", None, id="neither openid nor signature"),
        pytest.param(b"signature=0&timestamp=5&nonce=7&echostr=12", None, id="verification"),
        pytest.param(b"signature=0&nonce=7&openid=oA", None, id="no stamp"),
        pytest.param(b"timestamp=1e9&openid=oA", None, id="no number"),
        pytest.param(b"timestamp=-5&openid=oA", None, id="negative"),
        pytest.param("timestamp=１７４５&openid=oA".encode(), None, id="full-width digits"),
        pytest.param(b"timestamp=%EF%BC%91&openid=oA", None, id="full-width digits, encoded"),
        pytest.param(b"timestamp=1745231475000&openid=oA", ("oA", 1745231475000, None, None), id="ms"),
        pytest.param(b"timestamp=%d&openid=oA" % (10**18 - 1), ("oA", 10**18 - 1, None, None), id="absurd"),
        pytest.param(b"timestamp=%d&openid=oA" % 10**30, None, id="beyond 63 bits"),
        pytest.param(b"timestamp=5&openid=" + b"o" * 129, None, id="openid too long"),
        pytest.param(QUERY + b"o" * 129, (None, 1745231475, "77", None), id="openid too long, in the usual form"),
        pytest.param(b"timestamp=5&openid=%FF%FE", None, id="openid no UTF-8"),
        pytest.param(b"xtimestamp=5&openid=oA", None, id="part of a key"),
        pytest.param(b"a=%26timestamp%3D5&openid=oA", None, id="encoded ampersand"),
        pytest.param(b"", None, id="empty"),
        pytest.param(b"&&=&=&a", None, id="rubbish"),
        pytest.param(b"a" * (1 << 20) + b"&timestamp=5&openid=oA", None, id="1 MB before"),
        pytest.param(b"timestamp=5&openid=oA&a=" + b"b" * (1 << 20), ("oA", 5, None, None), id="1 MB behind"),
    ],
)
def test_query(query, expected):
    """The tag is read from a query in any form, and nothing absurd is taken for one."""
    assert expected == read_query(query)


@pytest.mark.parametrize("more", [b"", b"&encrypt_type=aes&msg_signature=0a"])
def test_the_usual_query_takes_the_short_way(monkeypatch, more):
    """WeChat's own form is read without the pattern for all forms."""
    monkeypatch.setattr(push, "_PARAMETER", None)

    assert ("oA-1_b", 1745231475, "77", "aes" if more else None) == read_query(QUERY + more)


@given(usual_queries())
def test_usual_and_unusual_query_agree(query):
    """The one pattern for WeChat's own form reads what the reading piece by piece does."""
    assert push._read_unusual(query) == read_query(query)


@given(st.binary(max_size=200))
def test_no_query_raises(query):
    """Any bytes are a query: there is a tag in them or there is none."""
    found = read_query(b"timestamp=5&openid=oA&" + query)

    assert found is None or ("oA", 5) == found[:2]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(TEXT, FACTS, id="text"),
        pytest.param(TEXT.replace(b"\n", b""), FACTS, id="no white space"),
        pytest.param(TEXT.replace(b"\n", b"\r\n\t "), FACTS, id="much white space"),
        pytest.param(b"\n " + TEXT, FACTS, id="white space in front"),
        pytest.param(b"<?xml version='1.0'?>" + TEXT, FACTS, id="declaration"),
        pytest.param(
            b"<xml><Encrypt><![CDATA[A+/=]]></Encrypt><ToUserName>gh_1</ToUserName></xml>",
            {"wechat.to_user_name": "gh_1"},
            id="safe mode",
        ),
        pytest.param(
            TEXT.replace(b"</xml>", b"<Encrypt><![CDATA[A+/=]]></Encrypt></xml>"), FACTS, id="compat mode"
        ),
        pytest.param(
            COMPONENT,
            {"wechat.appid": "wx1", "wechat.create_time": 7, "wechat.info_type": "authorized"},
            id="component",
        ),
        pytest.param(
            b'{"ToUserName":"gh_1","CreateTime":7,"MsgType":"event","Event":"VIEW","MsgId":9,"Else":[1]}',
            {
                "wechat.to_user_name": "gh_1",
                "wechat.create_time": 7,
                "wechat.msg_type": "event",
                "wechat.event": "VIEW",
                "wechat.msg_id": "9",
            },
            id="json",
        ),
        pytest.param(b"<xml><CreateTime>soon</CreateTime></xml>", {"wechat.create_time": "soon"}, id="no number"),
        pytest.param(b'{"MsgId": {"a": 1}}', {}, id="json of another form"),
        pytest.param(b"[" * 100_000, {}, id="not json"),
        pytest.param(b'{"a":' * 30_000, {}, id="deep json"),
        pytest.param(b"[1]", {}, id="json list"),
        pytest.param(b"a=1&b=2", {}, id="form"),
        pytest.param(b"", {}, id="empty"),
    ],
)
def test_body(body, expected):
    """The facts are read from XML in every mode, and from JSON."""
    assert expected == read_body(body)


def test_a_bomb_is_a_text_like_any_other():
    """Entities are not expanded: no more is read than is there."""
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml><MsgType>&b;</MsgType></xml>'

    assert {"wechat.msg_type": "&b;"} == read_body(bomb)


@pytest.mark.parametrize(
    "text",
    [
        b"</Content><MsgId>666</MsgId>",
        b"<FromUserName>oEvil</FromUserName>",
        b"]]><FromUserName>oEvil</FromUserName><MsgId>666</MsgId>",
        b"<Content><MsgId>666</MsgId></Content>",
    ],
)
@pytest.mark.parametrize("head", [b"", b"<?xml version='1.0'?>"], ids=["usual", "unusual"])
def test_what_a_user_writes_is_no_element(head, text):
    """Text that looks like an element changes no fact, in either path."""
    assert FACTS == read_body(head + TEXT.replace(b"hi", text))


@pytest.mark.parametrize("head", [b"", b"<?xml version='1.0'?>"], ids=["usual", "unusual"])
def test_what_a_code_says_is_no_element(head):
    """A scanned code that looks like an element changes no fact, and makes none that is missing."""
    code = b"<ScanResult><![CDATA[<MsgId>666</MsgId><Event>x</Event>]]></ScanResult>"
    event = TEXT.replace(b"<MsgId>23456</MsgId>", code)

    assert {name: value for name, value in FACTS.items() if name != "wechat.msg_id"} == read_body(head + event)


def test_a_text_that_does_not_end_is_no_element():
    """Of a body cut within the user's text, nothing behind the cut or in the text is believed."""
    cut = b"<?xml version='1.0'?>" + TEXT[: TEXT.index(b"hi")] + b"<MsgId>666</MsgId>" * 9

    assert {name: value for name, value in FACTS.items() if name != "wechat.msg_id"} == read_body(cut)


@given(push_bodies())
def test_usual_and_unusual_body_agree(body):
    """The one pattern for WeChat's own form reads what the reading piece by piece does."""
    assert usual_json(body)
    assert push._xml_facts(body) == read_body(body)


@given(st.binary(max_size=100), st.sampled_from([b"", b"<xml>", TEXT[:90], b"{", b'{"MsgId":']))
def test_no_body_raises(content, head):
    """Any bytes are a body: facts are texts and numbers, or there are none."""
    facts = read_body(head + content)

    assert all(isinstance(value, str | int) for value in facts.values())


@pytest.mark.parametrize(
    "piece",
    [
        b"<![CDATA[",
        b"]]>",
        b"<MsgId>",
        b"<MsgId>1",
        b"<Content>",
        b"</Content>",
        b" ",
        b"<",
        b"&",
        b"%",
        b"%41=&",
        b"=",
    ],
)
def test_a_hostile_request_is_read_in_one_pass(piece):
    """However a request is made, reading it takes no more than its length: this would not end else."""
    many = piece * (MAX_BODY // len(piece))
    for head in (b"", b"<xml>", TEXT, b"{"):
        read_body(head + many)
        usual_json(head + many)

    assert None is read_query(many)
    assert None is appid_reader(None)(many.decode())


@pytest.mark.parametrize(
    ("template", "path", "expected"),
    [
        (None, "/wx0123456789abcdef/callback", "wx0123456789abcdef"),
        (None, "/a/wx0123456789abcdef", "wx0123456789abcdef"),
        (None, "/wx0123456789ABCDEF/callback", None),
        (None, "/awx0123456789abcdef", None),
        (None, "/wx0123456789abcdef0", None),
        ("/{appid}/callback", "/wxA_1/callback", "wxA_1"),
        ("/{appid}/callback", "/wxA/callback/x", "wxA"),
        ("/{appid}/callback", "/wxA/callbacks", None),
        ("/cb.{appid}", "/cbxwx1", None),
    ],
)
def test_appid_of_a_path(template, path, expected):
    """A third-party platform's path says whose push it is, where the template has it."""
    assert expected == appid_reader(template)(path)
