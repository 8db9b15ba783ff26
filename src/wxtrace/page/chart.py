"""
A waterfall as a table that reads without a script, and that a script makes a tree to walk, fold, zoom and search.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from wxtrace.page import spoken
from wxtrace.page.geometry import bars, deadline, is_of_note, stretches_of, ticks, way_through
from wxtrace.page.known import Known
from wxtrace.page.markup import Markup, block, joined, tag
from wxtrace.page.rows import Entry, Listing, listing_of
from wxtrace.rebuild.attempt import Timeline
from wxtrace.row import LogRow
from wxtrace.show.axis import Stretch, held_by, merged
from wxtrace.show.waterfall import Row
from wxtrace.show.words import Words

_DEEPEST: Final = 12
_ENDS: Final = {"crashed": "✕", "open": "▸"}


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What is drawn: the attempt or the job, when each place held it up, and which places count."""

    whole: Timeline
    held: Mapping[int, list[Stretch]]
    places: Mapping[int, int]
    way: frozenset[int]
    words: Words

    def held_by(self, row: Row) -> list[Stretch]:
        """Return when a row held the attempt up; of many alike spans as they look together."""
        places = [self.places[id(node)] for node in row.folded] or [row.place]
        stretches = [stretch for place in places for stretch in self.held.get(place, ())]
        return merged(stretches, self.whole.duration_ns) if row.folded else stretches


def _drawing(whole: Timeline, words: Words) -> _Drawing:
    held = held_by(whole)
    places = {id(node): place for place, node in enumerate(whole.nodes)}
    return _Drawing(whole, held, places, way_through(whole, held), words)


def chart(whole: Timeline, label: str, known: Known, words: Words) -> Markup:
    """
    Return the waterfall of an attempt or of a job.

    Args:
        whole: The attempt or the job.
        label: What it is of, for those who do not see it.
        known: Takes the rows, those too that are not shown.
        words: Gives the words.
    """
    listing = listing_of(whole)
    number = known.add(whole, listing.entries)
    drawing = _drawing(whole, words)
    rows = joined(_row(at, entry, drawing) for at, entry in enumerate(listing.entries) if entry.is_shown)
    grid = tag("svg", ticks(whole), deadline(whole), class_="grid", aria_hidden="true")
    table = tag("table", _head(words), tag("tbody", rows), class_="waterfall", aria_label=label)
    return tag(
        "div",
        _zoom(words),
        tag("div", grid, table, class_="plot"),
        joined(_left_out(listing, words)),
        class_="chart held-up" if drawing.held else "chart",
        data_chart=number,
    )


def _head(words: Words) -> Markup:
    heads = (
        tag("th", words("span"), scope="col"),
        tag("th", tag("span", words("time in s"), class_="unseen"), scope="col", class_="axis"),
        tag("th", words("start"), scope="col", class_="figure"),
        tag("th", words("took"), scope="col", class_="figure"),
    )
    return tag("thead", tag("tr", *heads))


def _zoom(words: Words) -> Markup:
    buttons = (
        tag("button", "−", type="button", class_="out", aria_label=words("zoom out")),
        tag("button", words("whole"), type="button", class_="whole"),
        tag("button", "+", type="button", class_="in", aria_label=words("zoom in")),
    )
    return tag("div", *buttons, class_="zoom", role="group", aria_label=words("zoom of the time axis"), hidden=True)


def _left_out(listing: Listing, words: Words) -> Iterator[Markup]:
    """Yield how much is not shown; the button shows it, if the page knows it."""
    told = []
    if listing.shown.nodes_left:
        text = "… {count:shorter span is|shorter spans are} not shown; --full draws them, --json has all"
        told.append(words(text, count=listing.shown.nodes_left))
    if listing.shown.lines_left:
        text = "… {count:more log line|more log lines}; --full shows them, --json has all"
        told.append(words(text, count=listing.shown.lines_left))
    if told:
        button = tag("button", words("show all"), type="button", class_="all", hidden=True)
        yield tag("p", " ".join(told), *([button] if listing.is_whole else []), class_="more")


def _row(at: int, entry: Entry, drawing: _Drawing) -> Markup:
    row, whole = entry.row, drawing.whole
    if row.log is not None:
        return _line(at, entry, row.log, drawing)
    state = "" if row.folded else spoken.state_of(row.node.span)
    nodes = row.folded or (row.node,)
    took_ns = sum(node.end_ns - node.start_ns for node in nodes)
    held = drawing.held_by(row)
    return tag(
        "tr",
        tag("th", *_name(row, state, drawing), scope="row"),
        tag("td", bars(stretches_of(nodes, whole), held, whole, _ENDS.get(state, "")), class_="bar"),
        tag("td", f"{(row.node.start_ns - whole.start_ns) / 10**9:.3f}", class_="start"),
        tag("td", f"{took_ns / 10**9:.3f}", class_="took"),
        class_=_classes(row, state, is_path=row.place in drawing.way or is_of_note(held, whole)),
        data_r=at,
    )


def _classes(row: Row, state: str, *, is_path: bool) -> str:
    kind, path = "group" if row.folded else "span", "path" if is_path else ""
    return " ".join(filter(None, (kind, spoken.layer_of(row.node.span), state, path, _depth(row.depth))))


def _name(row: Row, state: str, drawing: _Drawing) -> Iterator[Markup]:
    words = drawing.words
    yield tag("span", spoken.name_of(row, words), class_="name")
    if row.folded:
        yield tag("span", f" ×{len(row.folded):,}", class_="times")
    if state:
        yield tag("span", spoken.state_text(state, words), class_="mark")
    detail = spoken.fold_of(row, drawing.whole, words) if row.folded else spoken.statement_of(row.node.span)
    if detail:
        yield tag("span", detail, class_="detail")


def _line(at: int, entry: Entry, log: LogRow, drawing: _Drawing) -> Markup:
    seen = spoken.snapshot_of(log, drawing.whole, drawing.words)
    classes = ["line", "snapshot" if seen else spoken.severity_of(log), _depth(entry.row.depth)]
    if seen:
        content = [block(seen)]
    else:
        said, values = spoken.line_of(log, drawing.words)
        content = [tag("span", said, class_="name"), *([tag("span", values, class_="detail")] if values else [])]
    return tag("tr", tag("td", *content, colspan=4), class_=" ".join(filter(None, classes)), data_r=at)


def _depth(depth: int) -> str:
    return f"d{min(depth, _DEEPEST)}"
