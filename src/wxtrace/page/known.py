"""
What the page's script knows: all rows of all waterfalls, packed as JSON; texts that are the same stand there once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final

from wxtrace.page import spoken
from wxtrace.page.markup import Markup
from wxtrace.page.rows import Entry
from wxtrace.rebuild.attempt import Timeline
from wxtrace.rebuild.modules import self_times
from wxtrace.row import LogRow
from wxtrace.show.axis import Stretch, held_by
from wxtrace.show.waterfall import Row
from wxtrace.show.words import Words

_SPAN, _LINE, _FOLD = 0, 1, 2
_ESCAPED: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}

Packed = list[object]


class Known:
    """Gathers the rows of the waterfalls of a page."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._places: dict[str, int] = {"": 0}
        self._charts: list[dict[str, object]] = []

    def add(self, whole: Timeline, entries: Iterable[Entry]) -> int:
        """Take the rows of a waterfall, and return its number."""
        selves = self_times(whole.nodes, [node.parent for node in whole.nodes])
        held = held_by(whole)
        rows = [self._row(entry, whole, selves, held) for entry in entries]
        self._charts.append({"took": whole.duration_ns, "rows": rows})
        return len(self._charts) - 1

    def script(self) -> Markup:
        """Return all that was gathered as a block of data, which nothing in it can leave."""
        told = {"say": _said(self._words), "strings": list(self._places), "charts": self._charts}
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        text = "".join(_ESCAPED.get(char, char) for char in text)
        return Markup(f'<script type="application/json" id="data">{text}</script>')

    def _row(self, entry: Entry, whole: Timeline, selves: Sequence[int], held: dict[int, list[Stretch]]) -> Packed:
        row = entry.row
        if row.log is not None:
            return self._line(entry, row.log, whole)
        if row.folded:
            sum_ns = sum(node.end_ns - node.start_ns for node in row.folded)
            start_ns, of = row.node.start_ns - whole.start_ns, (self._layer(row), self._attributes(row))
            return [_FOLD, entry.depth, start_ns, sum_ns, len(row.folded), *of]
        node = row.node
        return [
            _SPAN,
            entry.depth,
            node.start_ns - whole.start_ns,
            node.end_ns - node.start_ns,
            selves[row.place],
            self._layer(row),
            self._state(row),
            *self._named(entry),
            self._attributes(row),
            held.get(row.place, []),
            self._where(row, whole),
        ]

    def _named(self, entry: Entry) -> tuple[int, int]:
        """Return name and statement; of what stands in the page, the page tells them."""
        if entry.is_shown:
            return 0, 0
        row = entry.row
        return self._text(spoken.name_of(row, self._words)), self._text(spoken.statement_of(row.node.span))

    def _line(self, entry: Entry, log: LogRow, whole: Timeline) -> Packed:
        said, values, seen = "", "", ""
        if not entry.is_shown:
            seen = spoken.snapshot_of(log, whole, self._words)
            said, values = spoken.line_of(log, self._words)
        told = (seen or said, "" if seen else values, spoken.severity_of(log))
        at_ns = log.time_ns - whole.start_ns
        return [_LINE, entry.depth, at_ns, *map(self._text, told), self._attributes(entry.row), bool(seen)]

    def _layer(self, row: Row) -> int:
        return self._text(spoken.layer_of(row.node.span))

    def _state(self, row: Row) -> int:
        return self._text(spoken.state_of(row.node.span))

    def _attributes(self, row: Row) -> list[int]:
        pairs = spoken.attributes_of(row, self._words)
        return [self._text(text) for pair in pairs for text in pair]

    def _where(self, row: Row, whole: Timeline) -> int:
        span = row.node.span
        return 0 if span is None else self._text(spoken.where_of(span))

    def _text(self, text: str) -> int:
        return self._places.setdefault(text, len(self._places))


def _said(words: Words) -> dict[str, str]:
    """Return what the script says, by the names that it knows."""
    return {
        "hit": words("{at} of {count}", at="{at}", count="{count}"),
        "none": words("not found"),
        "layer": words("layer"),
        "start": words("start"),
        "took": words("took"),
        "self": words("self"),
        "state": words("state"),
        "where": words("where"),
        "sum": words("sum"),
        "error": words("error"),
        "open": words("running"),
        "crashed": words("crashed"),
        "seconds": words("{duration} s", duration="{duration}"),
    }
