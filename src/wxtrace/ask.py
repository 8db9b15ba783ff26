"""
What is asked for, as people give it: openid and stamp, read into what the store knows.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, Final

from wxtrace.errors import BadInput

_UNITS: Final = ((10**18, 10**9, "nanoseconds"), (10**15, 10**6, "microseconds"), (10**12, 10**3, "milliseconds"))
_CHINA = timezone(timedelta(hours=8))
_MOMENT = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})[T\s]+(\d{1,2}):(\d{2}):(\d{2})", re.ASCII)
_MINUTE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)
_SECONDS = re.compile(r"\d{10}", re.ASCII)
_NO_MORE_S = 1 << 33

STAMP_REMEDY: Final = "Give the Stamp of the alarm (unix seconds), or --time '2014-12-01 20:12:00' (UTC+8)."
OPENID_REMEDY: Final = (
    "Give the openid as the alarm prints it, without spaces; leave --openid out to look for the stamp alone."
)
TIME_REMEDY: Final = "Give it as the alarm prints it, in UTC+8: 2014-12-01 20:12:00."
MOMENT_REMEDY: Final = "Give '2014-12-01 20:12' (UTC+8), a datetime, or unix seconds."
SECONDS_REMEDY: Final = "Give whole seconds, 0 or more."
COUNT_REMEDY: Final = "Give a whole number, 1 or more."
NUMBER_REMEDY: Final = "Give a number, 0 or more."


@dataclass(frozen=True, slots=True)
class Stamp:
    """A stamp in unix seconds, the unit in which it was given, and the number itself if that is a finer one."""

    seconds: int
    unit: str = "seconds"
    given: int | None = None


def stamp_of(value: object, name: str = "--stamp") -> Stamp:
    """
    Read a stamp: unix seconds, or a finer unit, which is told by its size.

    Args:
        value: A whole number, or its digits as text (full-width ones too).
        name: What the user calls it.

    Raises:
        BadInput: It is missing, not a number, negative, or too long to be one.
    """
    number = _whole(value)
    if number is None or not 0 <= number < 10**20:
        raise BadInput(name, value, STAMP_REMEDY)
    for least, factor, unit in _UNITS:
        if number >= least:
            return Stamp(number // factor, unit, number)
    return Stamp(number)


def time_of(text: str, name: str = "--time") -> Stamp:
    """
    Read the time of an alarm, UTC+8, as a stamp.

    Raises:
        BadInput: It is no date and time of day.
    """
    found = _MOMENT.fullmatch(unicodedata.normalize("NFKC", text).strip())
    try:
        numbers = [int(number) for number in found.groups()] if found else []
        return Stamp(int(datetime(*numbers[:6], tzinfo=_CHINA).timestamp()))  # type: ignore[arg-type, misc]
    except (TypeError, ValueError, OverflowError):
        raise BadInput(name, text, TIME_REMEDY) from None


def moment_of(value: object, name: str) -> int:
    """
    Read a moment, in nanoseconds since the epoch.

    Args:
        value: Text as an alarm prints it, or in ISO 8601, seconds and time of day may be missing; a `date`, or
            a `datetime` (a pandas ``Timestamp`` too); what has no zone is in UTC+8; or unix seconds.
        name: What the user calls it.

    Raises:
        BadInput: It is none of these, or no calendar reaches it.
    """
    try:
        moment: Any = _written(value) if isinstance(value, str) else value
        if type(moment) is date:
            moment = datetime.combine(moment, time())
        if isinstance(moment, datetime):
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=_CHINA)).timestamp()
        seconds = math.nan if isinstance(moment, bool) else float(moment)
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if not 0 <= seconds < _NO_MORE_S:
        raise BadInput(name, value, MOMENT_REMEDY)
    return round(seconds * 10**6) * 1000


def _written(text: str) -> datetime | int:
    plain = unicodedata.normalize("NFKC", text).strip()
    if found := _MINUTE.fullmatch(plain):
        return datetime(*(int(number or 0) for number in found.groups()))  # type: ignore[arg-type]
    return int(plain) if _SECONDS.fullmatch(plain) else datetime.fromisoformat(plain)


def openid_of(value: object, name: str = "--openid") -> str | None:
    """
    Read an openid; None stays None.

    Raises:
        BadInput: It is blank, has spaces or control characters in it, or is no text.
    """
    if value is None:
        return None
    text = value.strip() if isinstance(value, str) else ""
    if not text or not text.isprintable() or any(char.isspace() for char in text):
        raise BadInput(name, value, OPENID_REMEDY)
    return text


def whole_of(value: object, name: str, least: int, remedy: str) -> int:
    """
    Read a whole number.

    Raises:
        BadInput: It is none, less than *least*, or absurdly large.
    """
    number = _whole(value)
    if number is None or not least <= number <= 10**15:
        raise BadInput(name, value, remedy)
    return number


def number_of(value: str, name: str) -> float:
    """
    Read a number, 0 or more.

    Raises:
        BadInput: It is none, negative, or not finite.
    """
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise BadInput(name, value, NUMBER_REMEDY)
    return number


def _whole(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = value.strip() if isinstance(value, str) else ""
    digits = text.removeprefix("-").removeprefix("\uff0d")
    if not digits.isdecimal() or len(digits) > 30:
        return None
    return int(digits) if digits == text else -int(digits)
