"""
Where the bars of a waterfall lie, as SVG: in parts of its width, so that it can be zoomed as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from wxtrace.page.markup import Markup, joined, tag
from wxtrace.rebuild.attempt import Node, Timeline
from wxtrace.show.axis import Stretch, deadline_of, merged, tick_texts

_LEAST_PART: Final = 100
_LEAST_WIDTH: Final = 0.0001  # per cent; what has none is not drawn, not even its edge
_MOST_TICKS: Final = 7


def way_through(whole: Timeline, held: Mapping[int, Iterable[Stretch]]) -> frozenset[int]:
    """Return the places of the spans that held an attempt up for long enough to count, and of what they lie in."""
    found: set[int] = set()
    for first, stretches in held.items():
        if is_of_note(stretches, whole):
            place: int | None = first
            while place is not None and place not in found:
                found.add(place)
                place = whole.nodes[place].parent
    return frozenset(found)


def is_of_note(stretches: Iterable[Stretch], whole: Timeline) -> bool:
    """Say whether stretches make up a part of the whole that counts."""
    return sum(end - begin for begin, end in stretches) * _LEAST_PART >= max(1, whole.duration_ns)


def stretches_of(nodes: Sequence[Node], whole: Timeline) -> list[Stretch]:
    """Return when any of some spans ran; gaps between them that are too small to be seen are closed."""
    start_ns = whole.start_ns
    return merged(((one.start_ns - start_ns, one.end_ns - start_ns) for one in nodes), whole.duration_ns)


def bars(stretches: Iterable[Stretch], held: Iterable[Stretch], whole: Timeline, end: str = "") -> Markup:
    """
    Return the drawing of a row.

    Args:
        stretches: When it ran.
        held: When it held the attempt up itself, which is drawn over it, or in its place.
        whole: The attempt or the job.
        end: Stands behind the last bar; how it ended, if not well.
    """
    some, held = list(stretches), list(held)
    pieces = [_rect(one, whole) for one in some if one not in held]
    pieces += [_rect(one, whole, class_="held") for one in held]
    first, last = min(begin for begin, _ in some), max(until for _, until in some)
    if first >= whole.duration_ns > 0 and not whole.end_estimated:
        pieces = [tag("text", "›", x="100%", y="70%", class_="after")]
    elif last < 0:
        pieces = [tag("text", "‹", x="0", y="70%", class_="before")]
    elif end:
        pieces.append(tag("text", end, x=_percent(last, whole), y="70%", class_="end"))
    return tag("svg", *pieces, aria_hidden="true")


def deadline(whole: Timeline) -> Markup:
    """Return the line at which WeChat hangs up, if an attempt comes so far."""
    at_ns = deadline_of(whole)
    if at_ns is None:
        return Markup()
    at = _percent(at_ns, whole)
    return tag("line", class_="deadline", x1=at, x2=at, y1="0", y2="100%")


def ticks(whole: Timeline) -> Markup:
    """Return the time axis: a line and a number of seconds at each tick."""
    pieces = []
    for at_ns, seconds in tick_texts(whole.duration_ns, _MOST_TICKS):
        at = _percent(at_ns, whole)
        pieces.append(tag("line", x1=at, x2=at, y1="0", y2="100%"))
        pieces.append(tag("text", f"{seconds} s" if at_ns else "0", x=at, y="-8"))
    return joined(pieces)


def _rect(stretch: Stretch, whole: Timeline, class_: str | None = None) -> Markup:
    long_ns = max(1, whole.duration_ns)
    begin, end = (min(max(at, 0), long_ns) for at in stretch)
    width = f"{max(_LEAST_WIDTH, 100 * (end - begin) / long_ns):.4g}%"
    return tag("rect", class_=class_, x=_percent(begin, whole), width=width)


def _percent(at_ns: int, whole: Timeline) -> str:
    return f"{100 * min(max(at_ns, 0), max(1, whole.duration_ns)) / max(1, whole.duration_ns):.5g}%"
