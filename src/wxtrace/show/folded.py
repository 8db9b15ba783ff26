"""
A sentence on as many lines as it needs.
"""

from __future__ import annotations

from collections.abc import Iterator

from wxtrace.show.terminal import width


def folded(text: str, columns: int, indent: str = "") -> Iterator[str]:
    """
    Yield *text* as lines of at most *columns*, the later ones indented; broken at blanks where there are any.

    Args:
        text: One line, harmless to a terminal.
        columns: How wide a line may be.
        indent: Stands before every line but the first.
    """
    line, start = "", ""
    for char in text:
        if width(start + line + char) > columns and line:
            head, blank, tail = line.rpartition(" ")
            yield start + (head if blank and head.strip() else line)
            line, start = (tail if blank and head.strip() else ""), indent
        if char != " " or line or not start:
            line += char
    if line:
        yield start + line
