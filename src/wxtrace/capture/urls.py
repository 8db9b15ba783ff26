"""
URLs as they may be kept: without who logs in, without secrets and openids in the query, however they are written.

What WeChat's API is asked is known, so of its queries only what is known to be harmless is kept. Of other
hosts' queries, what goes by a name of a secret, or names a person, is taken out.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_plus

from wxtrace.capture.attributes import REDACTED

_MAX_URL: Final = 4096
_MAX_PARAMETERS: Final = 64
_DECODED: Final = 8
"""How often a name or value may have been percent-encoded; what was so more often hides a secret."""

_WEIXIN: Final = "weixin.qq.com"
_HARMLESS: Final = frozenset({"grant_type", "appid", "component_appid", "lang", "type", "action", "agentid"})
_HARMLESS_VALUE: Final = re.compile(r"[\w.-]{0,64}")
_SECRET_NAME: Final = re.compile(
    r"(?:token|secret|ticket|passw(?:or)?d|pwd|signature|apikey|accesskey|secretkey|sessionkey|privatekey"
    r"|credentials?|authorization|echostr|jwt|cookie|openid|unionid)$"
    r"|^(?:code|jscode|authcode|authorizationcode|preauthcode|key|sign|sig|auth|session|iv|encrypteddata)$"
)
_SECRET_INSIDE: Final = re.compile(
    r"(?:token|secret|ticket|passw(?:or)?d|signature|code|key|sign)[\"']?\s*[=:]", re.IGNORECASE
)
_NOT_A_LETTER: Final = re.compile(r"[^a-z0-9]+")
_AUTHORITY: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*+:)?//([^/?#\\]*+)")
_API_PATH: Final = re.compile(r"(?:/[A-Za-z0-9_.-]*+)++")
_ID: Final = re.compile(r"(?=.*\d{4})[^/]{6,}|[^/]{41,}")


def host_of(url: str) -> str:
    """Return the host of *url*, in lower case; "" if it has none."""
    found = _AUTHORITY.match(url[:_MAX_URL])
    if found is None:
        return ""
    address = found.group(1).rpartition("@")[2].lower()
    if address.startswith("["):
        return address.partition("]")[0].lstrip("[")
    return address.partition(":")[0].rstrip(".")


def is_weixin(host: str) -> bool:
    """Say whether *host* is WeChat's API or one of its sisters (``sh.api.weixin.qq.com``, ``api.mch…``)."""
    return host.endswith(_WEIXIN) and host.removesuffix(_WEIXIN)[-1:] in ("", ".")


def api_path(url: str) -> str:
    """Return the path of *url* as it may stand in a name: ids in it are ``{id}``; "" where there is none."""
    found = _AUTHORITY.match(url[:_MAX_URL])
    path = _API_PATH.match(url[:_MAX_URL], found.end()) if found else None
    if path is None:
        return ""
    return "/".join("{id}" if _ID.fullmatch(part) else part for part in path.group().split("/")[:12])


def clean_url(url: str) -> str:
    """Return *url* without its user, its fragment, and the secrets of its query; at most 4,096 characters."""
    url = url[:_MAX_URL].partition("#")[0]
    found = _AUTHORITY.match(url)
    if found is not None:
        start, end = found.span(1)
        url = url[:start] + url[start:end].rpartition("@")[2] + url[end:]
    path, mark, query = url.partition("?")
    path = _clean_path(path)
    return path + mark + clean_query(query, is_weixin(host_of(url))) if mark else path


def clean_query(query: str, to_weixin: bool = False) -> str:
    """
    Return a query without its secrets.

    Args:
        query: What follows the question mark.
        to_weixin: It goes to WeChat's API: all but known names is taken out.
    """
    pieces = re.split("([&;])", query[:_MAX_URL].partition("#")[0].lstrip("?"))[: 2 * _MAX_PARAMETERS]
    pieces[::2] = [_clean_parameter(piece, to_weixin) for piece in pieces[::2]]
    return "".join(pieces)


def _clean_path(path: str) -> str:
    """Take out parameters of segments (``/a;token=b``), and a query that hides behind an encoded mark."""
    if ";" in path or "%" in path or "=" in path:
        plain = _decoded(path)
        if _SECRET_INSIDE.search(plain):
            head = path.partition(";")[0]
            return head if not _SECRET_INSIDE.search(_decoded(head)) else _origin(path) + "/" + REDACTED
    return path


def _origin(path: str) -> str:
    found = _AUTHORITY.match(path)
    return found.group() if found else ""


def _clean_parameter(piece: str, to_weixin: bool) -> str:
    name, mark, value = piece.partition("=")
    plain = _decoded(name)
    if to_weixin:
        if not piece or (plain in _HARMLESS and _HARMLESS_VALUE.fullmatch(value)):
            return piece
        known = name if _HARMLESS_VALUE.fullmatch(name) and mark else ""
        return f"{known}={REDACTED}" if known else REDACTED
    if _SECRET_NAME.search(_NOT_A_LETTER.sub("", plain.lower())):
        return f"{name}={REDACTED}" if mark else piece
    if _SECRET_INSIDE.search(plain):
        return REDACTED
    return f"{name}={REDACTED}" if _SECRET_INSIDE.search(_decoded(value)) else piece


def _decoded(text: str) -> str:
    for _ in range(_DECODED):
        plain = unquote_plus(text)
        if plain == text:
            return text
        text = plain
    return f"{text} secret=" if "%" in text else text
