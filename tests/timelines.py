"""
Spans drawn as timelines, for tests that are about who was open when.

    A   ----------        a span of ten seconds; what stands deeper is its child
      B   ----            one that begins at 2 s and ends at 6 s
      C         !         one that begins and ends at 8 s
      D         ->        one that is still open at the lookup
      E  -x               one whose process died

The marks before a name: ``<`` a consumer, ``>`` a producer, ``?`` a span whose record is lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from strategies import BASE_NS, SECOND, make_span

from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.path import Section
from wxtrace.rebuild.trace import rebuild
from wxtrace.row import SpanRow

LOOKED_UP_NS = BASE_NS + 20 * SECOND
"""When the lookup is made: what is open in a drawing is open until here."""

_MARKS = "<>?"
_BAR = 10
_KINDS = {"<": "CONSUMER", ">": "PRODUCER"}


def spans_of(drawing: str, **changes: dict[str, Any]) -> list[SpanRow]:
    """
    Return the spans of a drawing; the name of a span is its module, the outermost is the access span.

    Args:
        drawing: A line a span, the name in the first ten columns.
        changes: For a span of that name, what to change in its row.
    """
    spans: list[SpanRow] = []
    above: list[tuple[int, int]] = []
    for number, line in enumerate(line for line in drawing.splitlines() if line.strip()):
        label, bar = line[:_BAR], line[_BAR:]
        depth = len(label) - len(label.lstrip())
        above = [(at, place) for at, place in above if at < depth]
        mark, name = label.strip()[0], label.strip().lstrip(_MARKS)
        span = make_span(number, above[-1][1] if above else None, module=name, name=name, **_times(bar))
        above.append((depth, number))
        if mark != "?":
            kind = {"kind": _KINDS[mark]} if mark in _KINDS else {}
            values = {field: getattr(span, field) for field in SpanRow.__slots__} | kind | changes.get(name, {})
            spans.append(SpanRow(**values))
    return spans


def attempt_of(drawing: str, **changes: dict[str, Any]) -> Attempt:
    """Return the only attempt of a drawing."""
    (attempt,) = rebuild(spans_of(drawing, **changes), [], LOOKED_UP_NS)
    return attempt


def line_of(attempt: Attempt, sections: Iterable[Section]) -> str:
    """Return a path as a line, a letter a second; a dot where nothing was open, a bar where a section ends."""
    letters = []
    for section in sections:
        span = None if section.place is None else attempt.nodes[section.place].span
        letters.append((span.name if span else ".") * ((section.end_ns - section.start_ns) // SECOND))
    return "|".join(letters)


def _times(bar: str) -> dict[str, Any]:
    start = BASE_NS + (len(bar) - len(bar.lstrip())) * SECOND
    drawn = bar.strip()
    if drawn.endswith(">"):
        return {"start_ns": start, "end_ns": None, "state": "open"}
    if drawn.endswith("x"):
        return {"start_ns": start, "end_ns": None, "state": "crashed"}
    return {"start_ns": start, "end_ns": start + drawn.count("-") * SECOND}
