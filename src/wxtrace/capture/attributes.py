"""
Attributes as a JSON object, with what must not be kept taken out.

Whoever made an attribute, its secrets go no further than this: tokens,
secrets, signatures, echostr, tickets, passwords and phone numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import isfinite
from typing import Any, Final

from wxtrace.capture.values import may_hold_value, without_values

MAX_BYTES: Final = 64 << 10
"""Attributes of one record that encode to more bytes have their long values cut."""
_CUT: Final = 1024
_MAX_KEYS: Final = 256
_MAX_DEPTH: Final = 8
_MAX_HELD: Final = 16384

REDACTED: Final = "[redacted]"

_SECRET_KEY: Final = re.compile(
    r"(?i)(?:access_?token|secret|ticket|js_?code|auth_?code|session_?key"
    r"|(?:^|[^a-z])(?:refresh_?token|(?:msg_?)?signature|echostr|passw(?:or)?d|authorization|(?:set-)?cookie|token))$"
)
_SECRET_VALUE: Final = re.compile(
    r"(?i)((?:access(?:_|%5F)token|secret|signature|echostr|passw(?:or)?d|token|ticket|js(?:_|%5F)code"
    r"|auth(?:_|%5F)code|authorization(?:_|%5F)code|session(?:_|%5F)key|[?&]code)"
    r"(?:=|%3D|%253D|\\?\"\s*:\s*\\?\"|'\s*:\s*'))[^&\s\"'\\<>;]+"
    r"|(<(?:ComponentVerifyTicket|AuthorizationCode|PreAuthCode)>(?:<!\[CDATA\[)?)[^<\]]+"
    r"|(\bbearer\s+)[\w.~+/=-]+"
)
_SECRET_WORDS: Final = (
    *("token", "secret", "signature", "ticket", "echostr", "passw"),
    *("bearer ", "code>", "cookie", "authorization"),
    *("s_code", "s%5fcode", "h_code", "h%5fcode", "n_code", "n%5fcode", "n_key", "n%5fkey", "?code", "&code"),
)
_PHONE: Final = re.compile(r"1[3-9][0-9]{9}(?![0-9A-Za-z_])")
_PHONE_BYTES: Final = re.compile(_PHONE.pattern.encode())
_TELLING: Final = b"{[=<\\'%"
"""Bytes of which a secret inside a value has one; every JSON object has one of them to begin with."""
_INSIDE: Final = re.compile(r"[0-9A-Za-z_.-]$")
_harmless: set[str] = set()
_MAX_HARMLESS: Final = 4096

dumps: Callable[[Any], bytes]
"""Encode to JSON in UTF-8."""
try:
    import orjson
except ImportError:
    _encoder = json.JSONEncoder(
        default=str, ensure_ascii=False, allow_nan=False, separators=(",", ":"), skipkeys=True
    )

    def dumps(value: Any) -> bytes:
        """Encode by the standard library."""
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
        if (
            _harmless.issuperset(attributes)
            and len(data) - len(data.translate(None, _TELLING)) == 1
            and b"earer " not in data
            and b"EARER " not in data
            and b"@" not in data
            and _PHONE_BYTES.search(data) is None
            and len(data) <= MAX_BYTES
        ):
            return data
        text = data.decode()
        is_suspect = not _are_harmless(attributes) or may_hold_secret(text) or _PHONE.search(text) is not None
    except Exception:  # a value's own __str__ may raise anything
        is_suspect = True
    if is_suspect:
        data = dumps(redact_attributes(attributes))
    if len(data) > MAX_BYTES:
        data = dumps(_shortened(redact_attributes(attributes)))
    return data


def redact_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return *attributes* as plain values, with secrets taken out by key and by value."""
    return {redact(key): _clean(key, value) for key, value in _plain(attributes).items()}


def redact(text: str) -> str:
    """Return *text* (a name, a message, a log line's event) with secrets and phone numbers taken out."""
    if "=" in text or "<" in text or '"' in text or "'" in text or "%" in text or "earer " in text.lower():
        text = _SECRET_VALUE.sub(_replaced, text)
    if "'" in text or '"' in text or "\n" in text or "@" in text:
        text = without_values(text)
    return _PHONE.sub(_masked, text) if _PHONE.search(text) else text


def _are_harmless(keys: Iterable[str]) -> bool:
    """Say whether no key names a secret; remember those that do not."""
    for key in keys:
        if key in _harmless:
            continue
        if _SECRET_KEY.search(key):
            return False
        if len(_harmless) < _MAX_HARMLESS:
            _harmless.add(key)
    return True


def may_hold_secret(text: str) -> bool:
    """
    Say whether some value may hold ``name=secret`` in one of the forms that are known.

    First the single characters without which there is none.
    """
    if "=" in text or "<" in text or "\\" in text or "'" in text or ":{" in text or "[" in text or "%" in text:
        lower = text.lower()
        return any(word in lower for word in _SECRET_WORDS) or may_hold_value(text)
    return "earer " in text.lower() or may_hold_value(text)


def _clean(key: str, value: Any) -> Any:
    if _SECRET_KEY.search(key):
        return value if value is None or isinstance(value, bool) else REDACTED
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(inner): _clean(inner, held) for inner, held in value.items()}
    if isinstance(value, list):
        return [_clean("", held) for held in value]
    # a phone number may also stand as a number
    return redact(str(value)) if type(value) is int and _PHONE.fullmatch(str(value)) else value


def _replaced(found: re.Match[str]) -> str:
    return (found.group(1) or found.group(2) or found.group(3)) + REDACTED


def _masked(found: re.Match[str]) -> str:
    """Mask the middle of a phone number; digits inside a longer number or (Latin) word are none."""
    digits, before = found.group(), found.string[max(found.start() - 4, 0) : found.start()]
    if _INSIDE.search(before) and not before.endswith(("+86", "+86-")):
        return digits
    return digits[:3] + "****" + digits[-4:]


def _plain(attributes: Mapping[str, Any]) -> dict[str, Any]:
    left = iter(range(_MAX_HELD))
    return {text_of(key): _simple(value, left) for key, value in list(attributes.items())[:_MAX_KEYS]}


def _simple(value: Any, left: Iterator[int], depth: int = 0) -> Any:
    """Return *value* in the types of JSON; *left* runs out where it holds too much, itself perhaps."""
    try:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, float):
            return float(value) if isfinite(value) else None
        if isinstance(value, int):
            return int(value) if -(1 << 63) <= value < 1 << 64 else text_of(value)
        if isinstance(value, Mapping | list | tuple | set | frozenset) and depth < _MAX_DEPTH:
            return _simple_inside(value, left, depth + 1)
    except Exception as error:  # a class of the app may do anything, where it looks like one of Python's
        return _unreadable(value, error)
    return text_of(value)


def _simple_inside(value: Any, left: Iterator[int], depth: int) -> Any:
    if isinstance(value, Mapping):
        return {
            text_of(key): _simple(held, left, depth) for (key, held), _ in zip(value.items(), left, strict=False)
        }
    return [_simple(held, left, depth) for held, _ in zip(value, left, strict=False)]


def text_of(value: Any) -> str:
    """Return the `str` of *value* as UTF-8 has it; of what has none, its type and why."""
    try:
        text = value if isinstance(value, str) else str(value)
        return text.encode("utf-8", "replace").decode()
    except Exception as error:
        return _unreadable(value, error)


def _unreadable(value: object, error: Exception) -> str:
    return f"<{type(value).__name__}: {type(error).__name__}>"


def _shortened(attributes: Mapping[str, Any]) -> dict[str, Any]:
    short: dict[str, Any] = {}
    for key, value in _plain(attributes).items():
        text = value if isinstance(value, str) else dumps(value).decode()
        is_long = len(text) > _CUT
        short[key[:_CUT]] = text[:_CUT] + f"… ({len(text)} characters)" if is_long else value
    return short
