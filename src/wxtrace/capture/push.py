"""
What a request says of the push that it delivers: its query, its body, its path.

Everything here comes in before any signature is checked, so it is read with
bounds and believed in nothing. WeChat writes its pushes always alike: one
pattern takes the common form, and any other form is read piece by piece.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final, cast
from urllib.parse import unquote_to_bytes

Facts = dict[str, str | int]
Query = tuple[str | None, int | None, str | None, str | None]
"""openid, stamp, nonce, encrypt_type; None for what is missing or absurd."""

MAX_BODY: Final = 64 << 10
"""Bytes of a body that are looked at."""
_MAX_QUERY: Final = 8 << 10
_MAX_TEXT: Final = 128
_MAX_USUAL: Final = 320

_PARAMETER: Final = re.compile(
    rb"(?:^|&)(openid|timestamp|nonce|signature|msg_signature|encrypt_type|echostr)=([^&]*)"
)
_JSON: Final = (
    b'"wechat.to_user_name":"%b","wechat.from_user_name":"%b","wechat.create_time":%b,"wechat.msg_type":"%b",'
)
_HARMLESS: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-@."
"""What a value may consist of that goes into JSON as it is."""
_ELEMENT: Final = re.compile(
    r"<(ToUserName|FromUserName|CreateTime|MsgType|Event|MsgId|MsgID|AppId|InfoType)>"
    r"(?:<!\[CDATA\[)?([^\]<]{1,128})(?:\]\]>)?</"
)
_FACTS: Final = {
    "ToUserName": "wechat.to_user_name",
    "FromUserName": "wechat.from_user_name",
    "CreateTime": "wechat.create_time",
    "MsgType": "wechat.msg_type",
    "Event": "wechat.event",
    "MsgId": "wechat.msg_id",
    "MsgID": "wechat.msg_id",
    "AppId": "wechat.appid",
    "InfoType": "wechat.info_type",
}
_APPID: Final = re.compile(r"/(wx[0-9a-f]{16})(?=/|$)")


def read_query(query: bytes) -> Query | None:
    """
    Read a push's query as it came; of a doubled parameter the first counts.

    Returns:
        None if it is not like WeChat's: it has no stamp, or neither an openid nor a signature,
        or it is a verification (``echostr``).
    """
    if b"%" in query or b"+" in query:
        return _read_unusual(query)
    parts = query.split(b"&", 4)
    if len(parts) < 4 or len(query) > _MAX_USUAL:
        return _read_unusual(query)
    signature, stamp, nonce, openid = parts[:4]
    if (
        signature[:10] != b"signature="
        or stamp[:10] != b"timestamp="
        or nonce[:6] != b"nonce="
        or openid[:7] != b"openid="
        or (len(parts) == 5 and parts[4][:17] != b"encrypt_type=aes&")
    ):
        return _read_unusual(query)
    stamp, nonce, openid = stamp[10:], nonce[6:], openid[7:]
    if (
        not stamp.isdigit()
        or len(stamp) > 18
        or (nonce + openid).translate(None, _HARMLESS)
        or not 0 < len(openid) <= _MAX_TEXT
        or not 0 < len(nonce) <= _MAX_TEXT
    ):
        return _read_unusual(query)
    return openid.decode(), int(stamp), nonce.decode(), "aes" if len(parts) == 5 else None


class Body:
    """
    The first 64 KiB of a push's body, and what they say of it.

    A scan for the known elements, no tree: a tree costs more and can be bombed.
    """

    __slots__ = ("_usual", "content")

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._usual = _usual_values(content)

    @property
    def sender(self) -> str | None:
        """FromUserName."""
        if self._usual is not None:
            return self._usual[1].decode()
        sender = self.facts().get("wechat.from_user_name")
        return None if sender is None else str(sender)

    def facts(self) -> Facts:
        """Return what it says, by the names of the access span's attributes."""
        if self._usual is not None:
            return cast(Facts, json.loads(b"{%b}" % self._usual_json()[:-1]))
        head = self.content[:64].lstrip()
        if head.startswith(b"{"):
            return _json_facts(self.content)
        return _xml_facts(self.content) if head.startswith(b"<") else {}

    def json(self) -> bytes | None:
        """Return the facts as members of a JSON object, each with a comma behind; None where it is not usual."""
        return None if self._usual is None else self._usual_json()

    def _usual_json(self) -> bytes:
        """Put the values together: none has anything that JSON would have escaped."""
        assert self._usual is not None
        told = _JSON % self._usual
        if self._usual[3] == b"event":
            told += _usual_event(self.content)
        found = _message_id(self.content)
        return told + b'"wechat.msg_id":"%b",' % found if found else told


def _usual_values(content: bytes) -> tuple[bytes, bytes, bytes, bytes] | None:
    """Return ToUserName, FromUserName, CreateTime and MsgType, where they begin the body in this order."""
    parts = content.split(b"]]>", 3)
    if len(parts) != 4:
        return None
    before, _, to = parts[0].partition(b"<ToUserName><![CDATA[")
    between, _, sender = parts[1].partition(b"<FromUserName><![CDATA[")
    dated, _, kind = parts[2].partition(b"<MsgType><![CDATA[")
    after, _, created = dated.partition(b"<CreateTime>")
    created, _, rest = created.partition(b"</CreateTime>")
    if (
        before.rstrip() != b"<xml>"
        or between.split() != _TO_CLOSED
        or after.split() != _FROM_CLOSED
        or rest.strip()
        or not 0 < len(created) <= 18
        or created[:1] == b"0"
        or not created.isdigit()
        or not (to and sender and kind)
        or len(parts[0]) + len(parts[1]) + len(parts[2]) > _MAX_USUAL
        or (to + sender + kind).translate(None, _HARMLESS)
    ):
        return None
    return to, sender, created, kind


def _usual_event(content: bytes) -> bytes:
    """Return the member for the Event that follows MsgType; nothing where none does."""
    event, _, _ = content.partition(b"<Event><![CDATA[")[2].partition(b"]]>")
    usual = event and len(event) <= _MAX_TEXT and not event.translate(None, _HARMLESS)
    return b'"wechat.event":"%b",' % event if usual else b""


def _message_id(content: bytes) -> bytes:
    """Return the last MsgId, unless it stands in a text: that is closed before another is opened."""
    at = content.rfind(b"<MsgI")
    if at < 0:
        return b""
    closing = content.find(b"]]>", at)
    if closing >= 0 and not at < content.find(b"<![CDATA[", at) < closing:
        return b""
    found = content[at + 7 : at + 40].partition(b"<")[0]
    is_id = found.isdigit() and len(found) <= 32 and content[at + 5 : at + 7] in (b"d>", b"D>")
    return found if is_id else b""


_TO_CLOSED: Final = [b"</ToUserName>"]
_FROM_CLOSED: Final = [b"</FromUserName>"]


def appid_reader(template: str | None) -> Callable[[str], str | None]:
    """
    Return a function that reads the appid from a path.

    Args:
        template: Such as ``/{appid}/callback``; None takes any path segment that looks like an appid.
    """
    pattern = (
        _APPID
        if template is None
        else re.compile(re.escape(template).replace(r"\{appid\}", r"(\w{1,64})") + r"(?=/|$)")
    )

    def read(path: str) -> str | None:
        found = pattern.search(path)
        return found.group(1) if found else None

    return read


def _read_unusual(query: bytes) -> Query | None:
    pairs = _PARAMETER.findall(_plain_keys(query[:_MAX_QUERY]))
    pairs.reverse()
    found = dict(pairs)
    stamp = _stamp(_decoded(found.get(b"timestamp")))
    openid = _decoded(found.get(b"openid"))
    is_signed = b"signature" in found or b"msg_signature" in found
    if stamp is None or b"echostr" in found or not (is_signed or openid):
        return None
    return openid, stamp, _decoded(found.get(b"nonce")), _decoded(found.get(b"encrypt_type"))


def _plain_keys(query: bytes) -> bytes:
    """Decode the keys, which nobody encodes but anybody may."""
    if b"%" not in query:
        return query
    parts = (part.partition(b"=") for part in query.split(b"&"))
    return b"&".join(unquote_to_bytes(key) + equals + value for key, equals, value in parts)


def _decoded(value: bytes | None) -> str | None:
    if not value or len(value) > 3 * _MAX_TEXT:
        return None
    if b"%" in value or b"+" in value:
        value = unquote_to_bytes(value.replace(b"+", b" "))
    try:
        text = value.decode().strip()
    except UnicodeDecodeError:
        return None
    return text if 0 < len(text) <= _MAX_TEXT else None


def _stamp(text: str | None) -> int | None:
    """Return the stamp, however absurd, if it is a number that 63 bits hold."""
    if text is None or len(text) > 18 or not (text.isascii() and text.isdigit()):
        return None
    return int(text)


def _xml_facts(body: bytes) -> Facts:
    start, end = body.find(b"<Content>"), body.rfind(b"</Content>")
    if start >= 0:
        body = body[:start] + (body[end:] if end >= 0 else b"")
    facts: Facts = {}
    for element, value in _ELEMENT.findall(_without_markup(body).decode("utf-8", "replace")):
        _put(facts, _FACTS[element], value)
    return facts


def _without_markup(body: bytes) -> bytes:
    """Take out the texts that pose as elements; split, as a pattern would look to the end from every start."""
    head, *sections = body.split(b"<![CDATA[")
    kept = [head]
    for section in sections:
        text, close, rest = section.partition(b"]]>")
        kept.append((b"" if b"<" in text else text) + close + rest)
    return b"<![CDATA[".join(kept)


def _json_facts(body: bytes) -> Facts:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    facts: Facts = {}
    if isinstance(document, dict):
        for element, fact in _FACTS.items():
            value = document.get(element)
            if isinstance(value, str | int):
                _put(facts, fact, str(value)[: _MAX_TEXT + 1])
    return facts


def _put(facts: Facts, fact: str, text: str) -> None:
    if fact not in facts and (text := text.strip()) and len(text) <= _MAX_TEXT:
        is_number = fact == "wechat.create_time" and text.isascii() and text.isdigit() and len(text) <= 18
        facts[fact] = int(text) if is_number else text
