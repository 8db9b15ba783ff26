"""
Moments for people, in UTC+8, as WeChat's alarm prints them.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

CHINA: Final = timezone(timedelta(hours=8))


def moment(ns: int) -> str:
    """Return date and time of day to the second; the number itself where no calendar reaches."""
    try:
        return datetime.fromtimestamp(ns // 10**9, CHINA).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return str(ns // 10**9)


def until(last_ns: int, first_ns: int) -> str:
    """Return when what began at *first_ns* ends; the date is left out where it is the same."""
    first, last = moment(first_ns), moment(last_ns)
    return last[-8:] if first[:10] == last[:10] and len(last) == len(first) == 19 else last


def time_of_day(ns: int) -> str:
    """Return the time of day to the millisecond."""
    return f"{moment(ns)[-8:]}.{ns // 10**6 % 1000:03d}"
