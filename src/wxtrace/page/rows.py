"""
The rows of a waterfall in the order of a tree, folded spans below the row that stands for them. Pure.

Those that people are shown stand in the page itself; the others are known to its script, which makes them if asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from wxtrace.rebuild.attempt import Timeline
from wxtrace.show.alike import homes_of
from wxtrace.show.waterfall import Row, Shown, shown

MOST_KNOWN: Final = 20_000
"""Of a waterfall with more spans and log lines than this, the page holds only those that are shown."""

_Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Entry:
    """
    A row of a page's waterfall.

    `depth` counts from 0; what is folded lies one deeper than in the trace, below its fold. `is_shown`: it stands
    in the page; else its script makes it.
    """

    row: Row
    depth: int
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """All rows of a waterfall that the page knows, and how many it does not even know."""

    entries: tuple[Entry, ...]
    shown: Shown
    is_whole: bool


def listing_of(whole: Timeline) -> Listing:
    """Return the rows of an attempt or of a job, a row below the one that it belongs to."""
    told = shown(whole)
    if len(whole.nodes) + len(whole.lines) > MOST_KNOWN:
        return Listing(tuple(Entry(row, row.depth, True) for row in told.rows), told, is_whole=False)
    return Listing(tuple(_entries(whole, told)), told, is_whole=True)


def _entries(whole: Timeline, told: Shown) -> Iterator[Entry]:
    """Yield all rows; the fold stands where the first of its siblings began, and all of them follow it."""
    by_key = {_key(row): row for row in told.rows if not row.folded}
    folds = {row.place: row for row in told.rows if row.folded}
    places = {id(node): place for place, node in enumerate(whole.nodes)}
    homes = homes_of(
        whole.nodes, {first: [places[id(node)] for node in row.folded] for first, row in folds.items()}
    )
    below: defaultdict[int, list[Entry]] = defaultdict(list)
    rows = shown(whole, full=True).rows
    for row in rows:
        if (home := homes[row.place]) is not None:
            below[home].append(Entry(row, row.depth + 1, is_shown=False))
    for row in rows:
        home = homes[row.place]
        if home is None:
            own = by_key.get(_key(row))
            yield Entry(row if own is None else replace(row, depth=own.depth), row.depth, own is not None)
        elif home == row.place and row.log is None:
            yield Entry(folds[home], row.depth, is_shown=True)
            yield from below[home]


def _key(row: Row) -> _Key:
    return ("span", row.place) if row.log is None else ("line", id(row.log))
