"""
Attributes as a JSON object, with what must not be kept taken out.

Whoever made an attribute, its secrets go no further than this: tokens,
secrets, signatures, echostr, tickets, passwords and phone numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

MAX_BYTES: Final = 64 << 10
"""Attributes of one record that encode to more bytes have their long values cut."""
_CUT: Final = 1024
_MAX_KEYS: Final = 256

REDACTED: Final = "[redacted]"

_SECRET_KEY: Final = re.compile(
    r"(?i)(?:^|[^a-z])(?:\w*access_?token|refresh_?token|\w*secret|(?:msg_?)?signature|echostr"
    r"|\w*verify_?ticket|passw(?:or)?d|authorization|(?:set-)?cookie|token)$"
)
_SECRET_VALUE: Final = re.compile(
    r"(?i)((?:access_token|refresh_token|\w*secret|msg_signature|signature|echostr|passw(?:or)?d|token|ticket)"
    r"(?:=|%3D|\\?\"\s*:\s*\\?\"|'\s*:\s*'))[^&\s\"'\\<>;]+"
    r"|(<(?:ComponentVerifyTicket|AuthorizationCode|PreAuthCode)>(?:<!\[CDATA\[)?)[^<\]]+"
    r"|(\bbearer\s+)[\w.~+/=-]+"
)
_SECRET_WORDS: Final = (
    *("token", "secret", "signature", "ticket", "echostr", "passw"),
    *("bearer ", "code>", "cookie", "authorization"),
)
_PHONE: Final = re.compile(r"1[3-9][0-9]{9}(?![0-9A-Za-z_])")
_harmless: set[str] = set()
_MAX_HARMLESS: Final = 4096

dumps: Callable[[Any], bytes]
"""Encode to JSON in UTF-8."""
try:
    import orjson
except ImportError:
    _encoder = json.JSONEncoder(default=str, ensure_ascii=False, separators=(",", ":"), skipkeys=True)

    def dumps(value: Any) -> bytes:
        return _encoder.encode(value).encode("utf-8", "replace")

else:
    dumps = orjson.dumps


def encode(attributes: Mapping[str, Any]) -> bytes:
    """
    Return *attributes* as a JSON object in UTF-8, redacted and bounded; never raises.

    Values that JSON does not know become their `str`.
    """
    try:
        data = dumps(attributes)
        text = data.decode()
        is_suspect = not (_harmless.issuperset(attributes) or _are_harmless(attributes)) or may_hold_secret(text)
    except Exception:  # a value's own __str__ may raise anything
        is_suspect = True
    if is_suspect:
        text = dumps(redact_attributes(attributes)).decode()
        data = text.encode()
    if len(data) > MAX_BYTES:
        text = dumps(_shortened(redact_attributes(attributes))).decode()
        data = text.encode()
    return _PHONE.sub(_masked, text).encode() if _PHONE.search(text) else data


def redact_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return *attributes* as plain values, with secrets taken out by key and by value."""
    return {key: _clean(key, value) for key, value in _plain(attributes).items()}


def redact(text: str) -> str:
    """Return *text* (a name, a message, a log line's event) with secrets and phone numbers taken out."""
    if "=" in text or "<" in text or '"' in text or "'" in text or "earer " in text:
        text = _SECRET_VALUE.sub(_replaced, text)
    return _PHONE.sub(_masked, text) if _PHONE.search(text) else text


def _are_harmless(keys: Iterable[str]) -> bool:
    """Say whether no key names a secret; remember those that do not."""
    for key in keys:
        if _SECRET_KEY.search(key):
            return False
        if len(_harmless) < _MAX_HARMLESS:
            _harmless.add(key)
    return True


def may_hold_secret(text: str) -> bool:
    """
    Say whether some value may hold ``name=secret`` in one of the forms that are known.

    First the single characters without which there is none: most records end there.
    """
    if "=" in text or "<" in text or "\\" in text or "'" in text or ":{" in text or "[" in text:
        lower = text.lower()
        return any(word in lower for word in _SECRET_WORDS)
    return "earer " in text


def _clean(key: str, value: Any) -> Any:
    if _SECRET_KEY.search(key):
        return REDACTED
    if isinstance(value, str):
        return _SECRET_VALUE.sub(_replaced, value)
    if isinstance(value, Mapping):
        return {str(inner): _clean(str(inner), held) for inner, held in value.items()}
    if isinstance(value, list | tuple):
        return [_clean("", held) for held in value]
    return value


def _replaced(found: re.Match[str]) -> str:
    return (found.group(1) or found.group(2) or found.group(3)) + REDACTED


def _masked(found: re.Match[str]) -> str:
    """Mask the middle of a phone number; digits inside a longer number or word are none."""
    digits, before = found.group(), found.string[max(found.start() - 1, 0) : found.start()]
    if before.isalnum() or before in ("_", ".", "-"):
        return digits
    return digits[:3] + "****" + digits[-4:]


def _plain(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {_text(key): _simple(value) for key, value in list(attributes.items())[:_MAX_KEYS]}


def _simple(value: Any, depth: int = 0) -> Any:
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if -(1 << 63) <= value < 1 << 64 else str(value)
    if depth < 8 and isinstance(value, Mapping):
        return {_text(key): _simple(held, depth + 1) for key, held in value.items()}
    if depth < 8 and isinstance(value, list | tuple | set | frozenset):
        return [_simple(held, depth + 1) for held in value]
    return _text(value)


def _text(value: Any) -> str:
    try:
        text = value if isinstance(value, str) else str(value)
    except Exception as error:
        text = f"<{type(value).__name__}: {type(error).__name__}>"
    return text.encode("utf-8", "replace").decode()


def _shortened(attributes: Mapping[str, Any]) -> dict[str, Any]:
    short: dict[str, Any] = {}
    for key, value in _plain(attributes).items():
        text = value if isinstance(value, str) else dumps(value).decode()
        is_long = len(text) > _CUT
        short[key[:_CUT]] = text[:_CUT] + f"… ({len(text)} characters)" if is_long else value
    return short
