"""
Where the bars of a waterfall lie, as SVG: in parts of its width, so that it can be zoomed as a whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from wxtrace.explain.outcome import DEADLINE_NS
from wxtrace.page.markup import Markup, joined, tag
from wxtrace.rebuild.attempt import Attempt, Node, Timeline
from wxtrace.rebuild.path import critical_path

Stretch = tuple[int, int]
"""From and to, in nanoseconds from the start of the whole."""

_FINEST: Final = 400
_LEAST_PART: Final = 100
_MOST_TICKS: Final = 7
_STEPS: Final = (1, 2, 5)


def held_by(whole: Timeline) -> dict[int, list[Stretch]]:
    """Return, by its place, when each span itself held the attempt up: the critical path. A job has none."""
    held: defaultdict[int, list[Stretch]] = defaultdict(list)
    for section in critical_path(whole) if isinstance(whole, Attempt) else ():
        if section.place is not None:
            held[section.place].append((section.start_ns - whole.start_ns, section.end_ns - whole.start_ns))
    return dict(held)


def way_through(whole: Timeline, held: Mapping[int, Iterable[Stretch]]) -> frozenset[int]:
    """Return the places of the spans that held an attempt up for long enough to count, and of what they lie in."""
    found: set[int] = set()
    for first, stretches in held.items():
        if sum(end - begin for begin, end in stretches) * _LEAST_PART >= whole.duration_ns:
            place: int | None = first
            while place is not None and place not in found:
                found.add(place)
                place = whole.nodes[place].parent
    return frozenset(found)


def merged(nodes: Sequence[Node], whole: Timeline) -> list[Stretch]:
    """Return when any of many spans ran; gaps too small to be seen are closed."""
    least_ns = whole.duration_ns // _FINEST
    found: list[Stretch] = []
    for start, end in sorted((node.start_ns - whole.start_ns, node.end_ns - whole.start_ns) for node in nodes):
        if found and start <= found[-1][1] + least_ns:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def bars(stretches: Iterable[Stretch], held: Iterable[Stretch], whole: Timeline, end: str = "") -> Markup:
    """
    Return the drawing of a row.

    Args:
        stretches: When it ran.
        held: When it held the attempt up itself, which is drawn over it.
        whole: The attempt or the job.
        end: Stands behind the last bar; how it ended, if not well.
    """
    some = list(stretches)
    pieces = [_rect(one, whole) for one in some]
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
    if not isinstance(whole, Attempt) or whole.duration_ns < DEADLINE_NS:
        return Markup()
    at = _percent(DEADLINE_NS, whole)
    return tag("line", class_="deadline", x1=at, x2=at, y1="0", y2="100%")


def ticks(whole: Timeline) -> Markup:
    """Return the time axis: a line and a number of seconds at each tick."""
    step = step_of(whole.duration_ns)
    digits = max(0, 10 - len(str(step)))
    pieces = []
    for at_ns in range(0, whole.duration_ns + 1, step):
        at = _percent(at_ns, whole)
        pieces.append(tag("line", x1=at, x2=at, y1="0", y2="100%"))
        pieces.append(tag("text", f"{at_ns / 10**9:.{digits}f} s" if at_ns else "0", x=at, y="-8"))
    return joined(pieces)


def step_of(length_ns: int) -> int:
    """Return how far ticks are from each other: 1, 2 or 5 of a power of ten, in nanoseconds."""
    least, power = max(1, length_ns // _MOST_TICKS), 1
    while True:
        for step in _STEPS:
            if step * power >= least:
                return step * power
        power *= 10


def _rect(stretch: Stretch, whole: Timeline, class_: str | None = None) -> Markup:
    long_ns = max(1, whole.duration_ns)
    begin, end = (min(max(at, 0), long_ns) for at in stretch)
    width = f"{100 * max(0, end - begin) / long_ns:.4g}%"
    return tag("rect", class_=class_, x=_percent(begin, whole), width=width)


def _percent(at_ns: int, whole: Timeline) -> str:
    return f"{100 * min(max(at_ns, 0), max(1, whole.duration_ns)) / max(1, whole.duration_ns):.5g}%"
