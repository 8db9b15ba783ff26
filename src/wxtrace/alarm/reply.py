"""
Where the reply that an alarm quotes ends: it may hold brackets, lines and labels of its own, and may be cut off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

PLATFORM: Final = "[第三方平台"
_CLOSED = re.compile(r"\][ \t]*(?=\n|\Z|报警排查指引|\[第三方平台 {0,4}[]=:])")
_ENDING = re.compile(r"[\s\[>|]|\Z|报警排查指引|昵称|时间|内容|次数|app", re.IGNORECASE)
"""What can follow the bracket that ends a reply: the next field or alarm, and what chats put before it."""
_ROOT = re.compile(r"\s{0,40}(?:<[?!][^<>]{0,200}>\s{0,40}){0,3}<([a-z][\w:.-]{0,60})", re.IGNORECASE)
_BRACKET = re.compile(r"[\[\]]")
_DOTS = re.compile(r"\.\.\.[ \t]*(?=\n|\Z)")
_SPACE = re.compile(r"\s*")
_GOING_ON: Final = frozenset("]><,;}")
"""What follows a bracket that is one of the reply's own."""
_CUT: Final = ("...", "…")


class Bounds(NamedTuple):
    """
    A stretch of a folded text in which a reply stands.

    Args:
        start: Where the reply begins.
        soft: Where it must have ended if it has no end of its own: the next label, or the end of the text.
        hard: What it cannot reach beyond: the next guide line, or the next sample.
        is_sure: Whether nothing but the reply can stand before `soft`: a guide line follows.
    """

    start: int
    soft: int
    hard: int
    is_sure: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """Where a reply ends, where reading goes on, and whether its end was there: a bracket, or WeChat's own dots."""

    end: int
    after: int
    is_whole: bool = True


def end_of_reply(text: str, folded: str, bounds: Bounds, length: int | None) -> End:
    """
    Return where a reply ends.

    Args:
        text: The text that was pasted.
        folded: The same, folded.
        bounds: Where to look.
        length: How many bytes the reply has by its ``response_length``; None if that is not said.
    """
    found = _by_length(text, folded, bounds, length)
    if found is None or not _ENDING.match(folded, found + 1) or _is_own(folded, bounds.start, found):
        closed = (_by_root(folded, bounds), _by_depth(folded, bounds))
        further = next((place for place in closed if place is not None), None)
        found = max((place for place in (found, further) if place is not None), default=None)
    return _by_what_follows(text, folded, bounds, length) if found is None else End(found, found + 1)


def _is_own(folded: str, start: int, place: int) -> bool:
    """Say whether a bracket closes one of the reply's own: line breaks that were added may have moved it there."""
    depth = 0
    for bracket in _BRACKET.finditer(folded, start, place):
        depth = depth + 1 if bracket[0] == "[" else max(depth - 1, 0)
    return depth > 0


def _by_length(text: str, folded: str, bounds: Bounds, length: int | None) -> int | None:
    """Return the place of the bracket that stands exactly where the reply must end."""
    if length is None:
        return None
    coded = text[bounds.start : min(bounds.start + length, bounds.hard)].encode("utf-8", "surrogatepass")[:length]
    end = bounds.start + len(coded.decode("utf-8", "ignore"))
    is_there = len(coded) == length and folded[end : end + 1] == "]" and folded[end + 1 : end + 2] not in _GOING_ON
    return end if is_there and folded.find(PLATFORM, bounds.start, end) < 0 else None


def _by_root(folded: str, bounds: Bounds) -> int | None:
    """Return the place of the bracket after the end tag of the root element."""
    root = _ROOT.match(folded, bounds.start, bounds.hard)
    tag = f"</{root[1]}>" if root else ""
    place = folded.find(tag, bounds.start, bounds.hard) if root else -1
    while place >= 0:
        space = _SPACE.match(folded, place + len(tag), bounds.hard)
        end = space.end() if space else place
        if folded[end : end + 1] == "]" and end < bounds.hard:
            return end
        place = folded.find(tag, place + len(tag), bounds.hard)
    return None


def _by_depth(folded: str, bounds: Bounds) -> int | None:
    """Return the place of the first bracket that closes none of the reply's own and has an end of line after it."""
    depth, last = 0, _trimmed(folded, bounds.start, bounds.soft) - 1
    for bracket in _BRACKET.finditer(folded, bounds.start, bounds.hard):
        if bracket[0] == "[":
            depth += 1
        elif depth:
            depth -= 1
        elif bracket.start() == last or _CLOSED.match(folded, bracket.start()):
            return bracket.start()
    return None


def _by_what_follows(text: str, folded: str, bounds: Bounds, length: int | None) -> End:
    """Return the end of a reply whose own brackets do not tell it: by what follows, WeChat's dots, or the line."""
    platform = folded.rfind(PLATFORM, bounds.start, bounds.soft)
    soft = platform if platform >= 0 else bounds.soft
    end = _trimmed(folded, bounds.start, soft)
    if bounds.is_sure or platform >= 0:
        is_closed = end > bounds.start and folded[end - 1] == "]"
        return End(end - is_closed, soft, is_closed or folded.endswith(_CUT, bounds.start, end))
    dots = _DOTS.search(folded, bounds.start, soft)
    closed = _CLOSED.search(folded, bounds.start, soft)
    if dots and (closed is None or _is_short(text[bounds.start : dots.start()], length)):
        return End(dots.start() + len(dots[0].rstrip()), dots.end())
    return End(closed.start(), closed.start() + 1) if closed else End(end, soft, is_whole=False)


def _is_short(text: str, length: int | None) -> bool:
    return length is None or len(text.encode("utf-8", "surrogatepass")) < length


def _trimmed(folded: str, start: int, end: int) -> int:
    """Return where what stands between two places ends, less the white space."""
    return start + len(folded[start:end].rstrip())
