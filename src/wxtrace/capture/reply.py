"""
Would WeChat accept this reply? (Passive reply rules; reference: the guide's 回应失败.)

Valid are, with status 200: the bare word `success`, an empty body, or reply XML
to the user who wrote. Everything else raises the alarm "得到的回应不合法".
"""

from __future__ import annotations

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

_ENCRYPTED: Final = frozenset({"Encrypt", "MsgSignature", "TimeStamp", "Nonce"})
_PLAIN: Final = frozenset({"ToUserName", "FromUserName", "CreateTime", "MsgType"})
_SILENT_EVENTS: Final = frozenset({"unsubscribe", "LOCATION", "VIEW", "TEMPLATESENDJOBFINISH"})
_MILLISECONDS: Final = 10**11
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
    if status != 200:
        return Judgement(False, f"status {status}")
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
        return GOOD
    if "Encrypt" in elements:
        return Judgement(False, "missing " + ", ".join(sorted(_ENCRYPTED - elements.keys())))
    if facts.get("wechat.msg_type") == "event" and facts.get("wechat.event") in _SILENT_EVENTS:
        return Judgement(False, f"{form} where none is allowed: {facts['wechat.event']}")
    if missing := sorted(_PLAIN - elements.keys()):
        return Judgement(False, "missing " + ", ".join(missing))
    return _judge_fields(elements, facts, openid)


def _judge_fields(elements: dict[str, str], facts: Mapping[str, str | int], openid: str | None) -> Judgement:
    to, created = elements["ToUserName"], elements["CreateTime"].strip()
    if openid and to != openid:
        echoed = to == facts.get("wechat.to_user_name")
        return Judgement(False, "push echoed back" if echoed else "wrong addressee")
    if not (created.isascii() and created.isdigit()):
        return Judgement(False, "CreateTime is no number")
    if len(created) > len(str(_MILLISECONDS)) or int(created) > _MILLISECONDS:
        return Judgement(False, "CreateTime in milliseconds")
    content = elements.get("Content")
    if elements["MsgType"] == "text":
        if not content:
            return Judgement(False, "empty Content")
        if len(content.encode()) > MAX_TEXT:
            return Judgement(False, f"Content too long: {len(content.encode())} bytes")
    return GOOD


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
