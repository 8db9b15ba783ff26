"""
What people's tools put in front of lines: quote marks and line numbers, taken away where they belong to an alarm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from wxtrace.alarm.fold import fold
from wxtrace.alarm.labels import LABEL

_QUOTE = re.compile(r"^[ \t]*[>|]", re.MULTILINE)
_QUOTED = re.compile(r"^[ \t]*[>|][^\n]*(?:\n++[ \t]*[>|][^\n]*)*", re.MULTILINE)
_MARKS = re.compile(r"^[ \t]*(?:[>|][ \t]?)+", re.MULTILINE)
_NUMBER = re.compile(r"[ \t]*(\d{1,5})(?:[.:|)、│]|(?=[ \t]|$))")
_NUMBERED_LABEL: Final = re.compile(rf"^{_NUMBER.pattern}[ \t>]*(?:{LABEL.pattern})", re.MULTILINE | re.IGNORECASE)


def unquoted(text: str) -> str:
    """Return *text* without the marks before quoted lines, where the lines that are quoted have a label in them."""
    if not _QUOTE.search(text):
        return text
    return _QUOTED.sub(lambda lines: _MARKS.sub("", lines[0]) if LABEL.search(fold(lines[0])) else lines[0], text)


def unnumbered(text: str) -> str:
    """Return *text* without line numbers, where two or more lines count up and one of them has a label."""
    folded = fold(text)
    if not _NUMBERED_LABEL.search(folded):
        return text
    plain, lines = folded.split("\n"), text.split("\n")
    numbers = [_NUMBER.match(line) for line in plain]
    for run in _runs(numbers, plain):
        some = run if len(run) > 1 else []
        labelled = [place for place in some if LABEL.match(plain[place].lstrip(" 0123456789.:|)、│>"))]
        if labelled:
            _strip(lines, run, numbers, min(_gap(plain[place], numbers[place]) for place in labelled))
    return "\n".join(lines)


def _runs(numbers: Sequence[re.Match[str] | None], lines: Sequence[str]) -> Iterator[list[int]]:
    run: list[int] = []
    last = 0
    for place, found in enumerate(numbers):
        if found and run and int(found[1]) == last + 1:
            run.append(place)
        elif found or lines[place].strip():
            yield run
            run = [place] if found else []
        last = int(found[1]) if found else last
    yield run


def _gap(line: str, number: re.Match[str] | None) -> int:
    rest = line[number.end() :] if number else ""
    return len(rest) - len(rest.lstrip(" "))


def _strip(lines: list[str], run: list[int], numbers: Sequence[re.Match[str] | None], gap: int) -> None:
    for place in run:
        found = numbers[place]
        rest = lines[place][found.end() :] if found else lines[place]
        blank = len(rest) - len(rest.lstrip(" \t\u3000\xa0"))
        lines[place] = rest[min(gap, blank) :]
