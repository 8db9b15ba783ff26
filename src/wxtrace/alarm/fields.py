"""
What stands behind the labels of an alarm's head: one line each, however it was wrapped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from wxtrace.alarm.alarm import MOMENT, UNKNOWN
from wxtrace.alarm.fold import fold
from wxtrace.alarm.kind import kind_of

_APPID = re.compile(r"(?:wx|x|\*)[\w*.-]{2,60}", re.IGNORECASE)
_CHAT = re.compile(r"@|\d{1,2}:\d{2}|:$")
_COUNT = re.compile(r"(?<!\d)(\d{1,4})\s{0,4}(分钟|小时)\D{0,8}?(\d[\d,]{0,15})\s{0,4}次", re.IGNORECASE)
_WINDOW = re.compile(r"(?<!\d)(\d{1,4})\s{0,4}(分钟|小时)")
_TIMES = re.compile(r"(?<![\d,])(\d[\d,]{0,15})\s{0,4}次")
_MINUTES: Final = {"分钟": 1, "小时": 60}
_NARROW: Final = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F) if chr(wide).isalnum()}
_LONGEST: Final = 600
_MOST_LINES: Final = 4
"""How much of what stands behind a label can belong to it."""


def appid_of(text: str) -> str:
    """Return the appid that stands behind its label, or nothing if that stands blank."""
    return fold(_line(text, lambda lines: bool(_APPID.fullmatch(lines[0]))))


def nickname_of(text: str) -> str:
    """Return the nickname that stands behind its label, or nothing if that stands blank."""
    return _line(text, lambda lines: len(lines) == 1 and not _CHAT.search(fold(lines[0])))


def time_of(text: str) -> str:
    """Return the time as it stands behind its label; the whole line where it is none."""
    found = MOMENT.match(fold(text[:_LONGEST]))
    return " ".join(fold(text[: found.end()]).split()) if found else _line(text)


def content_of(text: str) -> str:
    """Return what failed, as it stands behind its label; lines over which it was wrapped are joined."""
    lines = [line.strip() for line in text[:_LONGEST].split("\n")]
    lines = lines if lines[0] else [line for line in lines if line][:_MOST_LINES]
    whole = ""
    for line in lines[:_MOST_LINES]:
        if not line or (whole and _is_said(whole) and not fold(line).startswith(",")):
            break
        whole += line
    whole = whole if kind_of(whole) != UNKNOWN or not text.split("\n")[0].strip() else lines[0]
    return whole.rstrip("> ").translate(_NARROW)


def count_of(text: str) -> tuple[int | None, int | None]:
    """Return over how many minutes was counted, and how many failures; None for what cannot be read."""
    short = fold(text[:_LONGEST])
    both = _COUNT.search(short)
    if both:
        return int(both[1]) * _MINUTES[both[2]], _number(both[3])
    window, times = _WINDOW.search(short), _TIMES.search(short)
    return int(window[1]) * _MINUTES[window[2]] if window else None, _number(times[1]) if times else None


def _line(text: str, takes: Callable[[list[str]], bool] | None = None) -> str:
    """Return the line behind a label; where it is blank, the next one if *takes* says that it belongs here."""
    first, _, more = text[:_LONGEST].partition("\n")
    lines = [line.strip() for line in more.split("\n") if line.strip()]
    if first.strip() or not lines or takes is None or not takes(lines):
        return first.strip()
    return lines[0]


def _is_said(content: str) -> bool:
    plain = fold(content)
    return kind_of(plain) != UNKNOWN and not plain.endswith(",") and plain.count("(") == plain.count(")")


def _number(digits: str) -> int:
    return int(digits.replace(",", ""))
