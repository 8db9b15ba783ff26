"""
The way of an attempt: what its time went to along the critical path, from access to the reply. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wxtrace.explain import verdict as case
from wxtrace.explain.blocked import with_blocked
from wxtrace.explain.verdict import ACCESS_TO_LOGIC, Part
from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.path import PathTime, Section, critical_path, heaviest, path_times, windows_of
from wxtrace.row import SpanRow

_DETAILS = ("db.query.text", "db.statement", "db.query.summary", "url.full", "http.url")


@dataclass(frozen=True, slots=True)
class Way:
    """
    What the time of an attempt went to.

    `parts` add up to the attempt. `most` is the module with the most time on the
    critical path, where a wait for the event loop has all of its time. `waited_ns` is the
    time between access and logic: what the access layer and waits held before the
    first span of logic had begun; `wait` is the module of layer ``wait`` that holds most of it.
    """

    parts: tuple[Part, ...]
    most: PathTime | None
    waited_ns: int
    wait: PathTime | None


def way_of(attempt: Attempt) -> Way:
    """Return the way of *attempt*; of one whose access span is missing, nothing is said of waiting."""
    sections = with_blocked(attempt, critical_path(attempt))
    logic_ns = _logic_ns(attempt) if attempt.recorded else None
    before = sections if logic_ns is None else _until(logic_ns, sections)
    waits = [time for time in path_times(attempt, before) if time.layer == "wait" and time.ns]
    on_the_way = sum(_access_ns(attempt, section) for section in before) if logic_ns is not None else 0
    return Way(
        _parts(attempt, sections, logic_ns),
        heaviest(path_times(attempt, sections)),
        on_the_way + sum(time.ns for time in waits) if attempt.recorded else 0,
        heaviest(waits) if attempt.recorded else None,
    )


def span_at(attempt: Attempt, place: int | None) -> SpanRow | None:
    """Return the span at a place of the attempt's nodes; None for a gap and for no place."""
    return None if place is None else attempt.nodes[place].span


def detail_of(span: SpanRow | None) -> str | None:
    """Return the statement or call that *span* stands for, None if its name says no more than its module."""
    if span is None:
        return None
    texts: Iterable[object] = (*(span.attributes.get(key) for key in _DETAILS), span.name)
    detail = next((text for text in texts if isinstance(text, str) and text.strip()), "")
    return detail if detail not in ("", span.module) else None


def _parts(attempt: Attempt, sections: Sequence[Section], logic_ns: int | None) -> tuple[Part, ...]:
    """Return the parts in the order of the way; what access alone held up to *logic_ns* is the way to logic."""
    parts = []
    if logic_ns is not None:
        held = [_access_ns(attempt, section) for section in _until(logic_ns, sections)]
        parts.append(Part(ACCESS_TO_LOGIC, sum(held)))
        sections = [
            Section(place, start + taken, end) for (place, start, end), taken in zip(sections, held, strict=True)
        ]
    for time in path_times(attempt, sections):
        if time.ns:
            what = time.module or time.layer or case.UNRECORDED
            parts.append(Part(what, time.ns, detail_of(span_at(attempt, time.place))))
    return tuple(parts)


def _logic_ns(attempt: Attempt) -> int | None:
    """Return when the first span of logic began, or of an app that names none, the first of any work; or None."""
    windows = windows_of(attempt)
    begun = [
        (node.span.layer != "logic", window.start_ns)
        for node, window in zip(attempt.nodes, windows, strict=True)
        if window and node.span and node.span.layer not in ("access", "wait")
    ]
    return min(begun)[1] if begun else None


def _access_ns(attempt: Attempt, section: Section) -> int:
    """Return how long a section of the path belongs to the access layer alone, or to nothing that was recorded."""
    span = span_at(attempt, section.place)
    return section.end_ns - section.start_ns if span is None or span.layer == "access" else 0


def _until(time_ns: int, sections: Iterable[Section]) -> list[Section]:
    return [Section(place, min(start, time_ns), min(end, time_ns)) for place, start, end in sections]
