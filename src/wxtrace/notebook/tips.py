"""
What the pointer is told over a row of a waterfall: all that the row has no room for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from wxtrace.rebuild.attempt import Timeline
from wxtrace.row import LogRow
from wxtrace.show.drawing import label_of
from wxtrace.show.raised import ATTRIBUTES
from wxtrace.show.terminal import clean, cut
from wxtrace.show.waterfall import Row
from wxtrace.show.words import Words

_MOST_ATTRIBUTES: Final = 6
_COLUMNS: Final = 120


def tip_of_span(row: Row, whole: Timeline, words: Words) -> Iterator[str]:
    """Yield name, start and duration of a span, or of many alike ones, how it ended, and its attributes."""
    node, span = row.node, row.node.span
    if span is not None:
        yield cut(label_of(span, words), _COLUMNS)
    start, took = words.seconds(node.start_ns - whole.start_ns), words.seconds(node.end_ns - node.start_ns)
    if row.folded:
        lengths = [one.end_ns - one.start_ns for one in row.folded]
        text = "{count} alike from {start} on: {all} in all, the longest {longest}"
        yield words(
            text,
            count=len(lengths),
            start=start,
            all=words.seconds(sum(lengths)),
            longest=words.seconds(max(lengths)),
        )
    else:
        yield f"{words('start')} {start} · {words('took')} {took}"
    if span is not None:
        if span.status_message:
            yield cut(clean(span.status_message), _COLUMNS)
        yield from _attributes(span.attributes)


def tip_of_line(log: LogRow) -> Iterator[str]:
    """Yield what a log line says, and its values."""
    yield cut(clean(log.event.rstrip()), 3 * _COLUMNS)
    yield from _attributes({key: value for key, value in log.attributes.items() if key not in ATTRIBUTES})


def _attributes(attributes: Mapping[str, Any]) -> Iterator[str]:
    for key, value in islice(attributes.items(), _MOST_ATTRIBUTES):
        yield cut(f"{clean(str(key))}={clean(str(value))}", _COLUMNS)
    if len(attributes) > _MOST_ATTRIBUTES:
        yield "…"
