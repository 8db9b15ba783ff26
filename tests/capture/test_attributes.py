"""Attributes as JSON: secrets taken out, sizes bounded, nothing raised."""

from __future__ import annotations

import importlib
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import attribute_trees, secret_keys, secret_values

from wxtrace.capture import attributes
from wxtrace.capture.attributes import MAX_BYTES, REDACTED, encode, redact, redact_attributes


class Hostile:
    """An object of the app that cannot even be named."""

    def __str__(self):
        raise RuntimeError("no name")

    __repr__ = __str__


@pytest.fixture(name="module", params=["orjson", "json"])
def with_and_without_orjson(request, monkeypatch):
    """The module as it is with the extra `fast`, and without it."""
    if request.param == "json":
        monkeypatch.setitem(sys.modules, "orjson", None)
        yield importlib.reload(attributes)
        monkeypatch.undo()
        importlib.reload(attributes)
    else:
        yield attributes


def encoded(value):
    """Return what is recorded of *value*."""
    return json.loads(encode(value))


def test_harmless_attributes_stay():
    """Texts, numbers, truth values and nothing come back as they went in."""
    told = {"a": "雪", "b": 1, "c": 1.5, "d": True, "e": None, "f": ["x", 2], "g": {"h": "i"}}

    assert told == encoded(told)


@pytest.mark.parametrize(
    "key",
    [
        *("access_token", "ACCESS_TOKEN", "wx.access_token", "component_access_token", "accesstoken"),
        *("refresh_token", "authorizer_refresh_token", "secret", "app_secret", "appsecret", "client-secret"),
        *(
            "signature",
            "msg_signature",
            "msgsignature",
            "echostr",
            "component_verify_ticket",
            "ComponentVerifyTicket",
        ),
        *("password", "passwd", "db.password", "authorization", "http.request.header.authorization"),
        *("cookie", "set-cookie", "token", "wx.token", "js_code", "jscode", "auth_code", "session_key"),
    ],
)
def test_a_secret_key(key):
    """Whatever stands under the name of a secret is taken out, at any depth."""
    assert {key: REDACTED, "a": {key: REDACTED}, "b": [{key: REDACTED}]} == encoded(
        {key: "s3cr3t", "a": {key: ["s3cr3t"]}, "b": [{key: {"x": "s3cr3t"}}]}
    )


@pytest.mark.parametrize(
    "key", ["openid", "tokens_used", "signature_ok", "nonce", "stamp", "event_key", "secretary"]
)
def test_a_key_that_only_sounds_like_one(key):
    """A name that merely holds such a word keeps its value."""
    assert {key: "value"} == encoded({key: "value"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://api/x?access_token=ABC-1&b=2", "https://api/x?access_token=[redacted]&b=2"),
        ("https://api/token?appid=wx1&secret=ABC", "https://api/token?appid=wx1&secret=[redacted]"),
        ("redirect=%2Fx%3Faccess_token%3DABC%26a=1", "redirect=%2Fx%3Faccess_token%3D[redacted]"),
        (
            "/wx?signature=0a&timestamp=5&msg_signature=0b",
            "/wx?signature=[redacted]&timestamp=5&msg_signature=[redacted]",
        ),
        ("redirect%3Faccess%5Ftoken%3DABC%26a", "redirect%3Faccess%5Ftoken%3D[redacted]"),
        ("state%253Daccess_token%253DABC", "state%253Daccess_token%253D[redacted]"),
        ("/sns/jscode2session?js_code=ABC&a=1", "/sns/jscode2session?js_code=[redacted]&a=1"),
        ("/sns/oauth2/access_token?code=ABC&a=1", "/sns/oauth2/access_token?code=[redacted]&a=1"),
        ('{"session_key":"ABC","auth_code":"D"}', '{"session_key":"[redacted]","auth_code":"[redacted]"}'),
        ("errcode=40001, status code=200", "errcode=40001, status code=200"),
        ("100%", "100%"),
        ("/wx?echostr=123 HTTP/1.1", "/wx?echostr=[redacted] HTTP/1.1"),
        ('{"access_token":"ABC","expires_in":7200}', '{"access_token":"[redacted]","expires_in":7200}'),
        ('{"access_token": "ABC"}', '{"access_token": "[redacted]"}'),
        (r'"{\"refresh_token\":\"ABC\"}"', r'"{\"refresh_token\":\"[redacted]\"}"'),
        ("{'secret': 'ABC', 'a': 1}", "{'secret': '[redacted]', 'a': 1}"),
        (
            "<ComponentVerifyTicket><![CDATA[ticket@@@ABC]]></ComponentVerifyTicket>",
            "<ComponentVerifyTicket><![CDATA[[redacted]]]></ComponentVerifyTicket>",
        ),
        ("<AuthorizationCode>ABC</AuthorizationCode>", "<AuthorizationCode>[redacted]</AuthorizationCode>"),
        ("Authorization: Bearer abc.DEF-1", "Authorization: Bearer [redacted]"),
        ("call 13812345678 now", "call 138****5678 now"),
        ("13812345678", "138****5678"),
        ("手机13812345678。", "手机138****5678。"),
        ("+8613812345678", "+86138****5678"),
        ("23813812345678", "23813812345678"),
        ("1381234567890123", "1381234567890123"),
        ("id_13812345678", "id_13812345678"),
        ("12812345678", "12812345678"),
        ("a plain text", "a plain text"),
    ],
)
def test_secrets_in_texts(text, expected):
    """Tokens in URLs, in JSON, in XML and in headers, and phone numbers, are taken out of names and of values."""
    assert expected == redact(text)
    assert {"a": expected, "b": [expected], "c": {"d": expected}} == encoded(
        {"a": text, "b": [text], "c": {"d": text}}
    )


def test_ids_are_no_phone_numbers():
    """A message id, a stamp in milliseconds and an openid keep their digits."""
    told = {"msg_id": 23456789013812345, "text": "24613812345678901", "ms": 1381234567890, "openid": "o13812345678"}

    assert told == encoded(told)


def test_a_phone_number_that_is_a_number():
    """A phone number is masked where it stands as a number; the object stays JSON."""
    assert {"phone": "138****5678"} == {key: str(value) for key, value in encoded({"phone": "13812345678"}).items()}
    assert b"13812345678" not in encode({"phone": 13812345678})
    assert isinstance(json.loads(encode({"phone": 13812345678})), dict)


@given(secret_keys, secret_values)
def test_no_secret_gets_out(key, value):
    """A value under the name of a secret never appears in what is recorded, wherever it stands."""
    for held in (
        {key: value},
        {"a": {"b": {key: value}}},
        {"a": [{key: [value]}]},
        {"a": json.dumps({key: value})},
    ):
        assert value.encode() not in encode(held)


@given(secret_values)
def test_no_secret_of_a_url_gets_out(value):
    """A token in a URL never appears in what is recorded, nor in a name."""
    for name in ("access_token", "component_access_token", "secret", "msg_signature", "echostr"):
        url = f"https://api.weixin.qq.com/cgi-bin/x?a=1&{name}={value}&b=2"

        assert value not in redact(url)
        assert value.encode() not in encode({"http.url": url})


@given(attribute_trees)
def test_anything_can_be_encoded(tree):
    """Whatever the app says of itself becomes a JSON object in UTF-8 of bounded size."""
    data = encode(tree)

    assert len(data) <= 2 * MAX_BYTES
    assert isinstance(json.loads(data), dict)


def cyclic():
    """Return a list that holds itself."""
    held: list[object] = []
    held.append(held)
    return held


def test_hostile_values(module):
    """Objects without a name, a form in JSON or an end are recorded as well as may be."""
    told = json.loads(
        module.encode({"a": Hostile(), "b": "\ud800x", "c": 10**30, "d": {1}, "e": b"x", 7: "f", "g": cyclic()})
    )

    assert ("<Hostile: RuntimeError>", "?x", 10**30, [1], "b'x'", "f") == (
        told["a"],
        told["b"],
        int(told["c"]),
        told["d"],
        told["e"],
        told["7"],
    )
    assert isinstance(told["g"], list)


class Odd(dict):
    """A mapping that does not let itself be read."""

    def items(self):
        """Fail."""
        raise KeyError("odd")


class Half(float):
    """A number of the app's own class."""


def test_odd_classes(module):
    """A class that looks like one of Python's and is none breaks nothing."""
    told = json.loads(module.encode({"a": {1: Odd(a=1)}, "b": Half(1.5), "c": {3: (Half(2.5),)}}))

    assert ({"1": "<Odd: KeyError>"}, 1.5, {"3": [2.5]}) == (told["a"], told["b"], told["c"])


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_json_lacks(module, number):
    """NaN and infinity do not break the object for readers that take JSON by its letter."""
    told = json.loads(module.encode({"a": number, "b": [number]}), parse_constant=pytest.fail)

    assert {"a", "b"} == set(told)


@given(st.floats() | st.dictionaries(st.text(), st.floats()))
def test_every_number_is_json(number):
    """Any number of Python's, wherever it stands, is recorded as JSON by its letter."""
    json.loads(encode({"a": number}), parse_constant=pytest.fail)


@pytest.mark.parametrize(
    "piece",
    ["a", "1", "_", "secret", "token ", "bearer ", " ", '"', "\\", "<ComponentVerifyTicket>", "13812345678"],
)
def test_a_hostile_text_is_read_in_one_pass(piece):
    """However a text is made, looking for secrets in it takes no more than its length: this would not end else."""
    text = "token=A bearer= " + piece * (200_000 // len(piece))

    assert redact(text).startswith("token=[redacted] ")
    assert len(encode({"a": text, text: 1, "b": {text: [text]}})) <= MAX_BYTES


def test_long_values_are_cut():
    """Attributes over 64 KiB have their long values cut, with their length told; short ones stay."""
    told = encoded({"long": "雪" * 100_000, "list": ["xxx"] * 16_000, "short": "x"})

    assert "雪" * 1024 + "… (100000 characters)" == told["long"]
    assert "… (96001 characters)" == told["list"][1024:]
    assert "x" == told["short"]


def test_many_attributes_are_cut():
    """Of more than 256 attributes that are too long together the first 256 are kept."""
    told = encoded({f"k{number}": "x" * 1000 for number in range(1000)})

    assert [f"k{number}" for number in range(256)] == list(told)


def test_a_phone_number_at_a_cut():
    """A long value is redacted before it is cut."""
    assert b"access_token=ABC" not in encode({"long": "x" * 1010 + "?access_token=ABCDEF" + "x" * MAX_BYTES})


def test_redacted_attributes_stay_values():
    """For span processors secrets are taken out and values keep their types."""
    assert {"token": REDACTED, "n": 1, "url": "?secret=[redacted]"} == redact_attributes(
        {"token": "ABC", "n": 1, "url": "?secret=ABC"}
    )


def test_keys_that_were_seen_are_bounded(monkeypatch):
    """Names that change with every call do not fill the memory."""
    monkeypatch.setattr(attributes, "_harmless", set())
    for number in range(6000):
        encode({f"key {number}": 1})

    assert len(attributes._harmless) <= 4096


@pytest.mark.parametrize("key", ["jsapi_ticket", "ticket", "suite_ticket", "component_verify_ticket"])
def test_every_ticket_is_a_secret(key):
    """Tickets of every kind go no further."""
    assert {key: REDACTED} == encoded({key: "t-0"})


def test_whether_there_is_a_secret_is_none():
    """That there is a token, or is none, may be told."""
    assert {"has_token": True, "token": None} == encoded({"has_token": True, "token": None})


def test_bearer_in_capitals():
    """A header's scheme is written in any case."""
    assert b"abc.def" not in encode({"auth": "BEARER abc.def"})
