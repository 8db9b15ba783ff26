"""
The labels of an alarm, wherever in a text they stand: line breaks get lost on the way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby
from typing import Final, NamedTuple

APPID: Final = "appid"
NICKNAME: Final = "nickname"
TIME: Final = "time"
CONTENT: Final = "content"
COUNT: Final = "count"
SAMPLE: Final = "sample"
BARE: Final = "bare"
GUIDE: Final = "guide"
"""The labels; `BARE` is a bracket of a sample whose label may be missing."""

ORDER: Final = {APPID: 0, NICKNAME: 1, TIME: 2, CONTENT: 3, COUNT: 4, SAMPLE: 5, BARE: 5, GUIDE: 6}
"""The order in which WeChat prints them."""

KNOWN: Final = (
    r"(?:OpenID|Stamp|OuterIP|3rdUrl10|3rdUrl|MsgType|Msg|Event|IP|Host|response_length|response_content|resp"
    r"|transaction_id|http\s{1,4}code|cURL\s{1,4}Error|decrypt\s{1,4}fail|第三方平台)"
)
"""The names that are known to stand in the brackets of a sample, as a pattern."""

LABEL: Final = re.compile(
    r"(?:(?<![a-z_/?&])(?P<appid>app[ _]?id)|(?P<nickname>昵称)|(?P<time>时间)|(?P<content>内容)"
    r"|(?P<count>次数)|(?P<sample>错误样例)) {0,8}:"
    r"|(?P<bare>\[ {0,4}(?:OpenID|Stamp|transaction_id) {0,4}=)"
    r"|(?P<guide>报警排查指引)",
    re.IGNORECASE,
)
"""A label, in a folded text; the group that matched has its name."""

_MARKS: Final = frozenset(">|")
_DIGITS: Final = frozenset("0123456789")
_AFTER_NUMBER: Final = " \n.:)、"
_FEW: Final = 2
"""More numbers than these, one higher than the other, are line numbers."""
_BEFORE: Final = 24  # how much of what stands before a label is looked at
_DATE = re.compile(r"\s{0,8}[\d*x]{2,4}\s?[-/.年]", re.IGNORECASE)
_SHAPES: Final = {  # what follows a label that is one, wherever it stands
    APPID: re.compile(r" {0,8}(?:wx|\*{2}|x{3}|\n|(?:昵称|时间) {0,8}:)", re.IGNORECASE),
    NICKNAME: re.compile(r"[^\n:]{0,60}\n?时间 {0,8}:"),
    TIME: _DATE,
    CONTENT: re.compile(r"\s{0,8}(?:微信服务器|推送)"),
    COUNT: re.compile(r"\s{0,8}\d{1,9}\s{0,4}分钟"),
}
_MARGIN: Final = " 0123456789>|."
_ONE_WORD = re.compile(r" {0,8}[!-~]{0,80}+ {0,8}(?:\n|\Z|[^ -~]|[\d>|])")
_NUMBER = re.compile(r"(?:^|(?<=\s))(\d{1,3})[.:)、]?\s*$")
_QUOTE = re.compile(r"(?:^|(?<=\s))[>|][>|\s]*$")


class Label(NamedTuple):
    """A label that was found: its name, where it begins, and where what it says begins."""

    name: str
    start: int
    end: int


def labels_of(folded: str) -> list[Label]:
    """Return the labels of a folded text, in their order; words that only look like one are left out."""
    labels: list[Label] = []
    numbers: dict[int, tuple[int, int]] = {}
    for match in LABEL.finditer(folded):
        name, start = str(match.lastgroup), match.start()
        if (name == TIME and not _is_time(folded, match)) or (name == APPID and not _is_appid(folded, match)):
            continue
        sign = folded[start - _BEFORE if start > _BEFORE else 0 : start].rstrip(_AFTER_NUMBER)[-1:]
        mark = _QUOTE.search(_before(folded, start)) if sign in _MARKS else None
        number = _NUMBER.search(_before(folded, start)) if sign in _DIGITS else None
        if number:
            numbers[len(labels)] = int(number[1]), len(number[0])
        labels.append(Label(name, start - len(mark[0]) if mark else start, match.end()))
    return _with_numbers(labels, numbers) if len(numbers) > _FEW else labels


def is_head(folded: str, label: Label) -> bool:
    """Say whether a label met within a reply is another alarm's: it begins a line, or has the shape of one."""
    if label.name in (SAMPLE, GUIDE, BARE):
        return label.name != BARE
    shape = _SHAPES.get(label.name)
    return begins_line(folded, label.start) or bool(shape and shape.match(folded, label.end))


def begins_line(folded: str, start: int) -> bool:
    """Say whether nothing but quote marks and line numbers stands before a place on its line."""
    before = _before(folded, start)
    return not before[before.rfind("\n") + 1 :].strip(_MARGIN)


def _before(folded: str, start: int) -> str:
    """Return the little that stands before a label; with a sign in front where there is more."""
    return "…" + folded[start - _BEFORE : start] if start > _BEFORE else folded[:start]


def _is_time(folded: str, match: re.Match[str]) -> bool:
    if _DATE.match(folded, match.end()):
        return True
    after = folded[match.end() : match.end() + 40]
    is_apart = not folded[max(match.start() - 1, 0) : match.start()].strip()
    return bool(LABEL.match(after.lstrip())) or (is_apart and not after.partition("\n")[0].strip())


def _is_appid(folded: str, match: re.Match[str]) -> bool:
    """Say whether one word stands behind the label, and not a sentence of some log."""
    return bool(_ONE_WORD.match(folded, match.end())) or begins_line(folded, match.start())


def _with_numbers(labels: list[Label], numbers: Mapping[int, tuple[int, int]]) -> list[Label]:
    """Return the labels with the number before each as a part of it, where three or more of them count up."""
    for _, group in groupby(numbers, lambda place: numbers[place][0] - place):
        run = list(group)
        for place in run if len(run) > _FEW else ():
            labels[place] = labels[place]._replace(start=labels[place].start - numbers[place][1])
    return labels
