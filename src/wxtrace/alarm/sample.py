"""
The brackets of 错误样例: each a name and what it says of the first failure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from wxtrace.alarm.fold import fold
from wxtrace.alarm.labels import KNOWN
from wxtrace.alarm.reply import Bounds, end_of_reply

_OPEN: Final = re.compile(
    rf"(?P<gap>[\s,，、;；]*)\[\s{{0,4}}(?:(?P<known>{KNOWN})|(?P<other>[^][=:]{{1,40}}))\s{{0,4}}(?P<sign>[]=:])",
    re.IGNORECASE,
)
_KNOWN_BRACKET = re.compile(rf"\[\s{{0,4}}(?:{KNOWN})\s{{0,4}}[]=:]", re.IGNORECASE)
_KNOWN_NAME = re.compile(KNOWN, re.IGNORECASE)
_BROKEN = re.compile(r"[ ,，、;；]*\[[^][]{1,40}(?=\n|\Z)")
_EDGE = re.compile(r"[\[\]]")
_LETTER = re.compile(r"[^\W\d_]")
_NOTHING = re.compile(r"[\s.…*。·-]*")

_REPLIES: Final = frozenset(("response_content", "resp"))
_PLATFORM: Final = "第三方平台"
_WORDS: Final = frozenset(("event", "msg"))
_NARROW: Final = str.maketrans("［］", "[]")
_MOST_BRACKETS: Final = 64
"""More than any sample has."""
_MOST_LINES: Final = 4
"""Over how many lines a value may have been wrapped."""


@dataclass(frozen=True, slots=True)
class Sample:
    """
    What 错误样例 says.

    Args:
        items: Each bracket's name and value.
        end: Where it ends in the text.
        is_known: Whether a bracket has a name that WeChat is known to use.
        cut: The names whose values are cut off.
        unread: What could not be read.
    """

    items: Mapping[str, str | None]
    end: int
    is_known: bool = False
    cut: frozenset[str] = frozenset()
    unread: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reader:
    """Reads the brackets of one sample, one after the other."""

    text: str
    folded: str
    bounds: Bounds
    items: dict[str, str | None] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    unread: dict[str, None] = field(default_factory=dict)
    is_known: bool = False
    after_reply: bool = False

    def read(self) -> int:
        place = self.bounds.start
        for _ in range(_MOST_BRACKETS):
            opened = _OPEN.match(self.folded, place, self.limit)
            name = _name(opened) if opened else ""
            if not opened or not self._belongs(opened, name):
                if _BROKEN.match(self.folded, place, self.limit):
                    self.unread["the last bracket"] = None
                break
            value, place = (None, opened.end()) if opened["sign"] == "]" else self._value(name, opened.end())
            if self.items.setdefault(name, value) != value:
                self.unread[f"{name}, which stands twice"] = None
        return place

    @property
    def limit(self) -> int:
        """How far the next bracket can reach; labels within a reply are none of another alarm."""
        return self.bounds.hard if self.after_reply else self.bounds.soft

    def _belongs(self, opened: re.Match[str], name: str) -> bool:
        """Say whether a bracket is one of the sample: not a face, a time or a quotation in the chat after it."""
        if self.after_reply:
            return name == _PLATFORM
        if _KNOWN_NAME.fullmatch(name):
            self.is_known = True
            return True
        return bool(_LETTER.search(name)) and (opened["sign"] == "=" or not opened["gap"])

    def _value(self, name: str, start: int) -> tuple[str | None, int]:
        if name.lower() in _REPLIES:
            return self._reply(name, start)
        end, after, is_closed = _close(self.folded, start, self.limit)
        if not is_closed:
            self.cut.add(name)
            self.unread[f"the end of {name}"] = None
        return _tidy(name, self.text[start:end]), after

    def _reply(self, name: str, start: int) -> tuple[str, int]:
        self.after_reply = True
        length = next((value for key, value in self.items.items() if key.lower() == "response_length"), None)
        bounds = Bounds(start, max(self.bounds.soft, start), max(self.bounds.hard, start), self.bounds.is_sure)
        found = end_of_reply(self.text, self.folded, bounds, _whole(length))
        if not found.is_whole:
            self.unread[f"the end of {name}"] = None
        reply = self.text[start : found.end]
        is_wide = self.text[found.end : found.end + 1] == "］"
        return reply.translate(_NARROW) if is_wide else reply, found.after


def read_sample(text: str, folded: str, bounds: Bounds) -> Sample:
    """
    Return the brackets that stand at the start of *bounds*.

    Args:
        text: The text that was pasted.
        folded: The same, folded.
        bounds: From after the label to where the sample must have ended.
    """
    if not _OPEN.match(folded, bounds.start, bounds.soft):
        return Sample({}, bounds.start, unread=() if _is_blank(folded, bounds) else ("the sample",))
    reader = _Reader(text, folded, bounds)
    end = reader.read()
    return Sample(reader.items, end, reader.is_known, frozenset(reader.cut), tuple(reader.unread))


def _name(opened: re.Match[str]) -> str:
    """Return the name in a bracket, also where a line was wrapped within it."""
    name = opened["known"] or opened["other"]
    whole = name.replace("\n", "").strip()
    return whole if _KNOWN_NAME.fullmatch(whole) else " ".join(name.split())


def _is_blank(folded: str, bounds: Bounds) -> bool:
    """Say whether the label stands blank, or only dots and asterisks stand behind it."""
    line = folded[bounds.start : min(bounds.start + 200, bounds.soft)].partition("\n")[0]
    return bool(_NOTHING.fullmatch(line))


def _close(folded: str, start: int, limit: int) -> tuple[int, int, bool]:
    """Return where a value ends, where reading goes on, and whether a bracket ends it: its own, or the next one."""
    depth, last, broken = 0, -1, _first_line(folded, start, limit)
    for edge in _EDGE.finditer(folded, start, _after_lines(folded, start, limit)):
        place = edge.start()
        if edge[0] == "[" and _KNOWN_BRACKET.match(folded, place):
            end = start + len(folded[start:place].rstrip())
            return end - (depth > 0 and last == end - 1), place, True
        if edge[0] == "[":
            depth += 1
        elif depth:
            depth, last = depth - 1, place
        else:
            return place, place + 1, True
    return (last, last + 1, True) if last >= 0 else (broken, broken, False)


def _first_line(folded: str, start: int, limit: int) -> int:
    """Return where the first line of a value ends, less the white space."""
    end = folded.find("\n", start, limit)
    return start + len(folded[start : limit if end < 0 else end].rstrip())


def _after_lines(folded: str, start: int, limit: int) -> int:
    """Return where so many lines end as a value can have been wrapped over."""
    place = start
    for _ in range(_MOST_LINES + 1):
        end = folded.find("\n", place, limit)
        if end < 0:
            return limit
        place = end + 1
    return place


def _tidy(name: str, value: str) -> str:
    """Return a value without the line breaks and full-width forms that it got on the way."""
    if name == _PLATFORM or not _KNOWN_NAME.fullmatch(name):
        return value.strip()
    if name.lower() in _WORDS:
        return " ".join(fold(value).split())
    return "".join(line.strip() for line in fold(value).split("\n"))


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) <= 9 else None
