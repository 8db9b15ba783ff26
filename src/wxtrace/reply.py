"""
Would WeChat accept this reply? (Passive reply rules; reference: the guide's 回应失败.)

Valid are, with status 200: the bare word `success`, an empty body, or reply XML
to the user who wrote. Everything else raises the alarm "得到的回应不合法". Payment
notifications have rules of their own.

The recorder judges what the app sends by it, and the reading side what an alarm prints.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from xml.parsers import expat

MAX_KEPT: Final = 64 << 10
"""Bytes of a reply that are looked at."""
MAX_SHOWN: Final = 700
"""Bytes of a refused reply that are recorded; WeChat's alarm shows about as many."""
MAX_TEXT: Final = 2048
"""Bytes of Content that WeChat takes in a text reply."""

PAY_VERSION: Final = "wechat.pay_version"
"""The fact that only payment notifications have: 2 or 3, whose rules their replies go by."""

_ENCRYPTED: Final = frozenset({"Encrypt", "MsgSignature", "TimeStamp", "Nonce"})
_PLAIN: Final = frozenset({"ToUserName", "FromUserName", "CreateTime", "MsgType"})
_SILENT_EVENTS: Final = frozenset({"unsubscribe", "LOCATION", "VIEW", "TEMPLATESENDJOBFINISH"})
_MILLISECONDS: Final = 10**11
_BLOCK: Final = 16
_MAX_CODE: Final = 40
_SIGNATURE: Final = re.compile(r"[0-9a-fA-F]{40}")
_DOCTYPE: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class Judgement(NamedTuple):
    """Whether WeChat would accept a reply, and what is wrong with it: a short code and a detail."""

    acceptable: bool
    reason: str = ""


GOOD: Final = Judgement(True)


def judge(status: int, body: bytes, length: int, facts: Mapping[str, str | int], openid: str | None) -> Judgement:
    """
    Judge a reply.

    Args:
        status: The HTTP status.
        body: The reply's first 64 KiB.
        length: Bytes of the whole reply.
        facts: What is known of the push, by the names of the access span's attributes.
        openid: The user who wrote; the right addressee.
    """
    if PAY_VERSION in facts:
        return _judge_payment(status, body, facts)
    if status != 200:
        return Judgement(False, f"HTTP status {status}")
    if body == b"success" or (not body and not length):
        return GOOD if body or not _is_component(facts, openid) else Judgement(False, "not success: empty")
    if _is_component(facts, openid):
        return Judgement(False, "not success: " + _kind(body))
    stripped = body.strip()
    if stripped.startswith(b"<") and not stripped[:16].lower().startswith((b"<html", b"<!doctype")):
        return _judge_xml(stripped, length, facts, openid)
    if stripped.startswith(b"{"):
        return _judge_json(stripped, facts, openid)
    return Judgement(False, _kind(body))


def _is_component(facts: Mapping[str, str | int], openid: str | None) -> bool:
    """A component push names an authoriser's or the platform's AppId, and no user."""
    return "wechat.info_type" in facts or (openid is None and "wechat.appid" in facts)


def _kind(body: bytes) -> str:
    stripped = body.strip()
    lowered = stripped[:16].lower()
    if lowered.startswith((b"<html", b"<!doctype")):
        return "html page"
    if stripped.strip(b"\"'").strip() == b"success":
        return "quoted success" if stripped[:1] in (b'"', b"'") else "success with white space"
    if lowered.startswith(b"<"):
        return "xml"
    return "json" if lowered[:1] in (b"{", b"[", b'"') else "text"


def _judge_json(body: bytes, facts: Mapping[str, str | int], openid: str | None) -> Judgement:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return Judgement(False, "malformed json")
    if not isinstance(document, dict) or not document.keys() & (_PLAIN | _ENCRYPTED):
        return Judgement(False, "json")
    return _judge_elements({str(key): str(value) for key, value in document.items()}, facts, openid, "json")


def _judge_xml(body: bytes, length: int, facts: Mapping[str, str | int], openid: str | None) -> Judgement:
    if length > MAX_KEPT:
        return Judgement(False, f"too long: {length} bytes")
    elements = _elements(body)
    if isinstance(elements, str):
        return Judgement(False, elements)
    return _judge_elements(elements, facts, openid, "xml")


def _judge_elements(
    elements: dict[str, str], facts: Mapping[str, str | int], openid: str | None, form: str
) -> Judgement:
    if elements.keys() >= _ENCRYPTED:
        problem = _undecryptable(elements)
        return Judgement(False, "not decryptable: " + problem) if problem else GOOD
    if "Encrypt" in elements:
        return Judgement(False, "missing " + ", ".join(sorted(_ENCRYPTED - elements.keys())))
    if _is_safe(facts):
        return Judgement(False, "not encrypted")
    if facts.get("wechat.msg_type") == "event" and facts.get("wechat.event") in _SILENT_EVENTS:
        return Judgement(False, f"{form} where none is allowed: {facts['wechat.event']}")
    if missing := sorted(_PLAIN - elements.keys()):
        return Judgement(False, "missing " + ", ".join(missing))
    return _judge_fields(elements, facts, openid)


def _is_safe(facts: Mapping[str, str | int]) -> bool:
    """In safe mode the push says in the open who gets it, but not who wrote; a plain reply is not taken there."""
    is_told = "wechat.to_user_name" in facts and "wechat.from_user_name" not in facts
    return is_told and facts.get("wechat.encrypt_type") == "aes"


def _undecryptable(elements: dict[str, str]) -> str:
    """Return what shows without the key that WeChat cannot decrypt a reply; nothing where nothing does."""
    try:
        size = len(base64.b64decode("".join(elements["Encrypt"].split()), validate=True))
    except ValueError:
        return "Encrypt is no base64"
    if not size or size % _BLOCK:
        return f"Encrypt is not whole blocks of {_BLOCK} bytes"
    if not _SIGNATURE.fullmatch(elements["MsgSignature"].strip()):
        return "MsgSignature is not 40 hex digits"
    return _wrong_time("TimeStamp", elements)


def _wrong_time(name: str, elements: dict[str, str]) -> str:
    """Return why an element is no time in seconds; nothing where it is one."""
    text = elements[name].strip()
    if not (text.isascii() and text.isdigit()):
        return f"{name} is no number"
    is_fine = len(text) <= len(str(_MILLISECONDS)) and int(text) <= _MILLISECONDS
    return "" if is_fine else f"{name} in milliseconds"


def _judge_fields(elements: dict[str, str], facts: Mapping[str, str | int], openid: str | None) -> Judgement:
    to, sender = elements["ToUserName"], elements["FromUserName"]
    if openid and to != openid:
        echoed = to == facts.get("wechat.to_user_name") or sender == openid
        return Judgement(False, "push echoed back" if echoed else "wrong addressee")
    if problem := _wrong_time("CreateTime", elements):
        return Judgement(False, problem)
    content = elements.get("Content")
    if elements["MsgType"] == "text":
        if not content:
            return Judgement(False, "empty Content")
        if len(content.encode()) > MAX_TEXT:
            return Judgement(False, f"Content too long: {len(content.encode())} bytes")
    return GOOD


def _judge_payment(status: int, body: bytes, facts: Mapping[str, str | int]) -> Judgement:
    """In version 2 the reply XML says whether it went well; in version 3 the status does, and no body is needed."""
    is_third = facts[PAY_VERSION] == 3
    if status != 200 and not (is_third and status == 204):
        return Judgement(False, f"HTTP status {status}")
    return _judge_code(body) if is_third else _judge_return_code(body)


def _judge_code(body: bytes) -> Judgement:
    try:
        document = json.loads(body) if body.lstrip().startswith(b"{") else {}
    except (ValueError, RecursionError):
        document = {}
    code = document.get("code", "SUCCESS") if isinstance(document, dict) else "SUCCESS"
    return GOOD if code == "SUCCESS" else Judgement(False, "not code SUCCESS: " + str(code)[:_MAX_CODE])


def _judge_return_code(body: bytes) -> Judgement:
    stripped = body.strip()
    kind = {b"": "empty", b"success": "bare success"}.get(stripped) or _kind(stripped)
    if kind != "xml":
        return Judgement(False, "not return_code SUCCESS: " + kind)
    elements = _elements(stripped)
    if isinstance(elements, str):
        return Judgement(False, elements)
    code = elements.get("return_code", kind).strip()
    return GOOD if code == "SUCCESS" else Judgement(False, "not return_code SUCCESS: " + code[:_MAX_CODE])


def _elements(body: bytes) -> dict[str, str] | str:
    """Return the texts of the elements right below the root, or what is wrong with the XML."""
    if _DOCTYPE.search(body):
        return "xml with a DOCTYPE"
    found: dict[str, str] = {}
    path: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        path.append(name)
        if len(path) == 2:
            found.setdefault(name, "")

    def text(data: str) -> None:
        if len(path) == 2:
            found[path[1]] += data

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: path.pop()
    parser.CharacterDataHandler = text
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # an encoding that Python does not know, too
        wrong_cdata = body.count(b"<![CDATA[") != body.count(b"]]>")
        return f"malformed xml: {'CDATA not closed, ' if wrong_cdata else ''}{error}"
    return found
