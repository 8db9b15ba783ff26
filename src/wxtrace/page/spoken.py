"""
What the rows of a waterfall say: names, statements, states, log lines, attributes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from wxtrace.explain.way import detail_of
from wxtrace.page.markup import lines_of
from wxtrace.rebuild.attempt import Timeline
from wxtrace.row import LogRow, SpanRow
from wxtrace.show import raised, snapshot
from wxtrace.show.drawing import gap_text, label_of, values_of
from wxtrace.show.terminal import clean, cut
from wxtrace.show.times import time_of_day
from wxtrace.show.waterfall import Row, below
from wxtrace.show.words import Words

LAYERS: Final = frozenset(("access", "logic", "storage", "remote", "wait"))
WARNING, ERROR = "warning", "error"

_DETAIL_COLUMNS: Final = 120
_MOST_KINDS: Final = 4
_VALUES_COLUMNS: Final = 160


def name_of(row: Row, words: Words) -> str:
    """Return how a span is called, or what is missing in its place."""
    span = row.node.span
    return gap_text(row.node, words) if span is None else label_of(span, words)


def statement_of(span: SpanRow | None) -> str:
    """Return what a span asked for, its statement or URL, without what its name says already."""
    if span is None:
        return ""
    text = " ".join((detail_of(span) or "").split())
    return cut(clean(text.removeprefix(span.name).strip()), _DETAIL_COLUMNS)


def fold_of(row: Row, whole: Timeline, words: Words) -> str:
    """Return how long the longest of folded spans took, what lies in them, and the statement that all share."""
    longest_ns = max(node.end_ns - node.start_ns for node in row.folded)
    told = [f"{words('longest')} {words.seconds(longest_ns)}"]
    kinds = Counter(label_of(node.span, words) for node in below(row, whole) if node.span is not None)
    counted = [f"{label} ×{count:,}" for label, count in kinds.most_common(_MOST_KINDS)]
    if counted:
        told.append(words("in them: {first}", first=" · ".join(counted)))
    statements = {statement_of(node.span) for node in row.folded}
    return " · ".join([*told, *(statements if len(statements) == 1 else ())]).removesuffix(" · ")


def layer_of(span: SpanRow | None) -> str:
    """Return the layer of a span as a word that a style sheet knows."""
    return span.layer if span is not None and span.layer in LAYERS else "other"


def state_of(span: SpanRow | None) -> str:
    """Return how a span ended, if not well: ``error``, ``open``, ``crashed``; else nothing."""
    if span is None:
        return ""
    return span.state if span.state in ("open", "crashed") else ERROR if span.status_code == "ERROR" else ""


def state_text(state: str, words: Words) -> str:
    """Return a state in words."""
    told = {"open": words("running"), "crashed": words("crashed"), ERROR: words("error")}
    return told.get(state, "")


def severity_of(log: LogRow) -> str:
    """Return how grave a line is, as a word that a style sheet knows; empty for an ordinary one."""
    severity = log.severity.lower()
    if severity in raised.SEVERE:
        return ERROR
    return WARNING if severity in ("warning", "warn") else ""


def snapshot_of(log: LogRow, whole: Timeline, words: Words) -> str:
    """Return what a line holds of a hanging request, as several lines; empty for an ordinary one."""
    return "\n".join(snapshot.lines(log, whole, words))


def line_of(log: LogRow, words: Words) -> tuple[str, str]:
    """Return what an ordinary log line says, and its values, as far as there is room for them."""
    error = raised.raised_text(log.attributes, words)
    said = (time_of_day(log.time_ns), clean(log.severity), clean(log.event.rstrip()), error)
    return " ".join(filter(None, said)), cut(" ".join(values_of(log, with_error=not error)), _VALUES_COLUMNS)


def attributes_of(row: Row, words: Words) -> Iterator[tuple[str, str]]:
    """Yield what else is known of a row, name and value, each harmless; long ones say how much is left out."""
    span = row.node.span
    if row.log is None and span is not None and span.status_message and not row.folded:
        yield words("error"), lines_of(span.status_message)
    for name, value in _attributes(row).items():
        yield clean(str(name)), lines_of(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def where_of(span: SpanRow) -> str:
    """Return in which process a span ran."""
    return f"{clean(span.service)}@{clean(span.host)} pid {span.pid}"


def _attributes(row: Row) -> Mapping[str, Any]:
    """Return the attributes of a row; of folded spans those that all of them share."""
    if row.log is not None:
        return row.log.attributes
    first, *others = [{} if node.span is None else node.span.attributes for node in row.folded or (row.node,)]
    return {name: value for name, value in first.items() if all(one.get(name) == value for one in others)}
