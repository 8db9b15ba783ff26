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

_USUAL_QUERY: Final = re.compile(
    rb"signature=[0-9a-f]{1,64}&timestamp=([0-9]{1,18})&nonce=([0-9A-Za-z]{1,64})&openid=([0-9A-Za-z_-]{1,128})"
    rb"(?:&encrypt_type=(aes)&msg_signature=[0-9a-f]{1,64})?"
)
_PARAMETER: Final = re.compile(
    rb"(?:^|&)(openid|timestamp|nonce|signature|msg_signature|encrypt_type|echostr)=([^&]*)"
)
_USUAL_BODY: Final = re.compile(
    rb"<xml>\s{0,8}<ToUserName><!\[CDATA\[([\w@.-]{1,128})\]\]></ToUserName>"
    rb"\s{0,8}<FromUserName><!\[CDATA\[([\w@.-]{1,128})\]\]></FromUserName>"
    rb"\s{0,8}<CreateTime>([1-9][0-9]{0,17})</CreateTime>"
    rb"\s{0,8}<MsgType><!\[CDATA\[(\w{1,64})\]\]></MsgType>"
    rb"(?:\s{0,8}<Event><!\[CDATA\[(\w{1,64})\]\]></Event>)?"
)
_MESSAGE_ID: Final = re.compile(rb"<MsgI[dD]>([0-9]{1,32})</MsgI[dD]>")
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
    usual = _USUAL_QUERY.fullmatch(query)
    if usual is None:
        return _read_unusual(query)
    stamp, nonce, openid, encryption = usual.groups()
    return openid.decode(), int(stamp), nonce.decode(), None if encryption is None else "aes"


def usual_json(body: bytes) -> bytes:
    """
    Return the facts of the commonest form of a push, as members of a JSON object, each with a comma behind.

    What the pattern lets pass has nothing that JSON would have escaped.

    Returns:
        Nothing where the body has another form; `read_body` reads any.
    """
    usual = _USUAL_BODY.match(body)
    if usual is None:
        return b""
    told = (
        b'"wechat.to_user_name":"%b","wechat.from_user_name":"%b","wechat.create_time":%b,"wechat.msg_type":"%b",'
        % usual.group(1, 2, 3, 4)
    )
    if usual.group(5) is not None:
        told += b'"wechat.event":"%b",' % usual.group(5)
    found = _message_id(body)
    return told if found is None else told + b'"wechat.msg_id":"%b",' % found


def read_body(body: bytes) -> Facts:
    """
    Return what the first 64 KiB of a push's body say of it, by the names of the access span's attributes.

    A scan for the known elements, no tree: a tree costs more and can be bombed.
    """
    if usual := usual_json(body):
        return cast(Facts, json.loads(b"{%b}" % usual[:-1]))
    head = body[:64].lstrip()
    if head.startswith(b"{"):
        return _json_facts(body)
    return _xml_facts(body) if head.startswith(b"<") else {}


def _message_id(content: bytes) -> bytes | None:
    """Return the last MsgId, unless it stands in a text: that is closed before another is opened."""
    at = content.rfind(b"<MsgI")
    if at < 0:
        return None
    closing = content.find(b"]]>", at)
    if closing >= 0 and not at < content.find(b"<![CDATA[", at) < closing:
        return None
    found = _MESSAGE_ID.match(content, at)
    return None if found is None else found.group(1)


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
    for element, value in _ELEMENT.findall(without_markup(body).decode("utf-8", "replace")):
        _put(facts, _FACTS[element], value)
    return facts


def without_markup(body: bytes) -> bytes:
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
