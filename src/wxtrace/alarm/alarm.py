"""
The vocabulary: an alarm of WeChat, as it was read out of a paste.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from wxtrace.alarm.fold import fold

DNS_FAILURE: Final = "dns_failure"
DNS_TIMEOUT: Final = "dns_timeout"
CONNECT_TIMEOUT: Final = "connect_timeout"
REQUEST_TIMEOUT: Final = "request_timeout"
INVALID_RESPONSE: Final = "invalid_response"
MARK_FAIL: Final = "mark_fail"
TICKET_TIMEOUT: Final = "ticket_timeout"
TICKET_FAILURE: Final = "ticket_failure"
COMPONENT_TIMEOUT: Final = "component_timeout"
COMPONENT_FAILURE: Final = "component_failure"
PAYMENT_TIMEOUT: Final = "payment_timeout"
PAYMENT_FAILURE: Final = "payment_failure"
UNKNOWN: Final = "unknown"
"""The kinds of an alarm, told by its 内容 alone; `UNKNOWN` where that is missing or says something else."""

USUAL_MINUTES: Final = 5
"""The window of an alarm that does not say how long it is."""

_YEARS: Final = range(2000, 2200)
"""What a year can be; others are slips, and their nanoseconds are no int64."""
_CHINA = timezone(timedelta(hours=8))
MOMENT: Final = re.compile(
    r"\s*(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})[日T]?\s*(\d{1,2})[:时](\d\d)(?:[:分](\d\d))?(?![\d:])"
)
_HIDDEN = re.compile(r"x{4,}|X{4,}|[^\w-]", re.ASCII)
_MASKED = re.compile(r"[*…]|\.\.\.|(?<![a-z0-9])x{3,}(?![a-z0-9])", re.IGNORECASE)
_MANGLED = "×tamp"  # what an HTML page makes of &timestamp


@dataclass(frozen=True, slots=True)
class Alarm:
    """
    One alarm. None stands where the alarm has no such label, an empty text where the label stands blank.

    Args:
        kind: What failed, by the wording of 内容.
        appid: The account, as published; perhaps masked.
        nickname: The account's name, as published.
        time: 时间, the first failure of the window, as published; UTC+8.
        content: 内容, as published.
        window_minutes: Over how long the failures were counted.
        count: How many attempts failed in it.
        sample: What 错误样例 says of the first failure: each bracket's name and value, in their order; None for a
            bracket without a value. None in place of the mapping where there is no such label.
        openid: The user of the first failure, as published; perhaps masked.
        stamp: The query parameter ``timestamp`` of its push, unix seconds.
        unread: What is there and could not be read, a short English phrase each.
    """

    kind: str = UNKNOWN
    appid: str | None = None
    nickname: str | None = None
    time: str | None = None
    content: str | None = None
    window_minutes: int | None = None
    count: int | None = None
    sample: Mapping[str, str | None] | None = None
    openid: str | None = None
    stamp: int | None = None
    unread: tuple[str, ...] = ()

    @property
    def moment_ns(self) -> int | None:
        """时间 in nanoseconds since the epoch; None where it is missing, masked or no moment."""
        return moment_of(self.time or "")

    @property
    def window_ns(self) -> tuple[int, int] | None:
        """From 时间 to the end of the window that was counted; five minutes where the alarm does not say."""
        first = self.moment_ns
        return None if first is None else (first, first + self.length_ns)

    @property
    def length_ns(self) -> int:
        """How long the window is, in nanoseconds; five minutes where the alarm does not say."""
        minutes = USUAL_MINUTES if self.window_minutes is None else self.window_minutes
        return minutes * 60 * 10**9

    @property
    def event(self) -> str | None:
        """The event by the alarm's own name, such as ``Click Menu Url``."""
        return self._text("Event")

    @property
    def msg(self) -> str | None:
        """The message by the alarm's own name, such as ``Text``."""
        return self._text("Msg")

    @property
    def msg_type(self) -> str | None:
        """WeChat's internal number of the type; not the MsgType of the push."""
        return self._text("MsgType")

    @property
    def outer_ip(self) -> str | None:
        """The address from which WeChat sent; None where it is masked or no address."""
        return _address(self._text("OuterIP"))

    @property
    def ip(self) -> str | None:
        """The address to which WeChat sent; None where it is masked or no address."""
        return _address(self._text("IP"))

    @property
    def url(self) -> str | None:
        """The URL that is configured, perhaps with its query; ``×tamp`` is repaired."""
        text = self._text("3rdUrl") or self._text("3rdUrl10")
        return text.replace(_MANGLED, "&timestamp") if text else None

    @property
    def url_path(self) -> str | None:
        """The path of the URL; None where it is masked."""
        path = _split(self.url)[1] or ""
        return path if path.startswith("/") and not _MASKED.search(path) else None

    @property
    def url_host(self) -> str | None:
        """The host of the URL, or the one whose name could not be resolved; None where it is masked."""
        host = self._text("Host") or _split(self.url)[0]
        return host if host and not _MASKED.search(host) else None

    @property
    def transaction_id(self) -> str | None:
        """The payment that the push was about."""
        return self._text("transaction_id")

    @property
    def http_status(self) -> int | None:
        """The status of the reply, where WeChat names it."""
        return _number(self._text("http code"))

    @property
    def curl_error(self) -> int | None:
        """The error number of WeChat's HTTP client, such as 7 (no connection) or 56 (broken off)."""
        return _number(self._text("cURL Error"))

    @property
    def decrypt_failed(self) -> bool | None:
        """True where WeChat could not decrypt the reply; None where it does not say."""
        return True if "decrypt fail" in {name.lower() for name in self.sample or ()} else None

    @property
    def reply_length(self) -> int | None:
        """The bytes of the reply, as WeChat counted them."""
        return _number(self._text("response_length"))

    @property
    def reply_content(self) -> str | None:
        """The reply, as WeChat printed it; long ones are cut and end with ``...``."""
        text = self._text("response_content")
        return self._text("resp") if text is None else text

    @property
    def platform(self) -> str | None:
        """The third-party platform that the account has authorised, if it is named."""
        return self._text("第三方平台")

    @property
    def is_openid_masked(self) -> bool | None:
        """Whether somebody has hidden a part of the openid."""
        return bool(_HIDDEN.search(self.openid)) if self.openid else None

    @property
    def openid_start(self) -> str | None:
        """The readable beginning of a masked openid; None where there is none, or nothing is masked."""
        hidden = _HIDDEN.search(self.openid) if self.openid else None
        return self.openid[: hidden.start()] or None if self.openid and hidden else None

    def _text(self, name: str) -> str | None:
        sample = self.sample or {}
        return next((value for key, value in sample.items() if key.lower() == name.lower()), None)


def moment_of(text: str) -> int | None:
    """Return a date and time of day in UTC+8, with or without seconds, in nanoseconds since the epoch; or None."""
    found = MOMENT.match(fold(text))
    if not found:
        return None
    year, month, day, hour, minute, second = (int(number or 0) for number in found.groups())
    if year not in _YEARS:
        return None
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_CHINA)
    except ValueError:
        return None
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1) * 10**9


def _address(text: str | None) -> str | None:
    try:
        return str(ip_address(text or ""))
    except ValueError:
        return None


def _split(url: str | None) -> tuple[str | None, str | None]:
    try:
        parts = urlsplit(url or "")
        return parts.hostname, parts.path
    except ValueError:
        return None, None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) <= 18 else None
