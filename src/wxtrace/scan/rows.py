"""
Columns as pyarrow gives them, as the rows that the rest of the program knows.

A column that is missing reads as null; where the contract has no null, as
empty, so that a file which somebody else wrote is read for what it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wxtrace.row import LogRow, SpanRow, attributes_of

NO_SEQ: Final = -1
"""Stands for the running number of a row that has none."""

SPAN_COLUMNS: Final = tuple(SpanRow.__slots__)
"""The columns of `spans` of which a row is made."""

LOG_COLUMNS: Final = tuple(LogRow.__slots__)
"""The columns of `logs` of which a row is made."""

_NEVER_NULL: Final = {"kind": "INTERNAL", "status_code": "UNSET", "pid": 0}
_SPAN_TEXTS: Final = frozenset(("layer", "module", "name", "trace_id", "span_id", "service", "host", "writer"))
_LOG_TEXTS: Final = frozenset(("severity", "event", "service", "host", "writer"))

Columns = Mapping[str, Sequence[Any]]
"""The values of some rows, by column; all as long as one another."""


def to_spans(columns: Columns, count: int) -> list[SpanRow]:
    """Return *count* rows of the table `spans`."""
    values = _filled(columns, SPAN_COLUMNS, _SPAN_TEXTS, count)
    values["state"] = [
        state or ("open" if end_ns is None else "closed")
        for state, end_ns in zip(values["state"], values["end_ns"], strict=True)
    ]
    return list(map(SpanRow, *values.values()))


def to_logs(columns: Columns, count: int) -> list[LogRow]:
    """Return *count* rows of the table `logs`."""
    return list(map(LogRow, *_filled(columns, LOG_COLUMNS, _LOG_TEXTS, count).values()))


def _filled(columns: Columns, names: Sequence[str], texts: frozenset[str], count: int) -> dict[str, list[Any]]:
    """Return the columns *names*, in that order, without the nulls that the contract does not know."""
    filled: dict[str, list[Any]] = {}
    for name in names:
        values = columns.get(name) or [None] * count
        if name in texts:
            values = list(map(_text, values))
        elif name in _NEVER_NULL:
            values = [value or _NEVER_NULL[name] for value in values]
        elif name == "seq":
            values = [NO_SEQ if value is None else int(value) for value in values]
        elif name == "attributes":
            values = [attributes_of(_text(value)) for value in values]
        filled[name] = list(values)
    return filled


def _text(value: object) -> str:
    return "" if value is None else str(value)
