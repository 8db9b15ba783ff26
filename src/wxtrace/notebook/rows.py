"""
Spans of a DataFrame as rows again, be it a lookup's or one that was read straight from the store's Parquet. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from wxtrace.row import SpanRow, attributes_of

NEEDED: Final = ("trace_id", "span_id", "parent_span_id", "name", "start_ns", "end_ns")
"""The columns without which nothing can be drawn; every other one may be missing."""
_TEXTS: Final[Mapping[str, str | None]] = {
    "openid": None,
    "nonce": None,
    "layer": "",
    "module": "",
    "name": "",
    "trace_id": "",
    "span_id": "",
    "parent_span_id": None,
    "kind": "INTERNAL",
    "status_code": "UNSET",
    "status_message": None,
    "service": "",
    "host": "",
    "writer": "",
}


def rows_of(frame: pd.DataFrame) -> list[SpanRow]:
    """Return each row that has a start as a span, in the frame's order; one without an end is still open."""
    columns = {str(name): frame[name].tolist() for name in frame.columns}
    return [
        _row({name: values[at] for name, values in columns.items()}, at, start)
        for at, value in enumerate(columns["start_ns"])
        if (start := _whole(value)) is not None
    ]


def _row(values: Mapping[str, Any], at: int, start_ns: int) -> SpanRow:
    end_ns, seq = _whole(values.get("end_ns")), _whole(values.get("seq"))
    texts: dict[str, Any] = {name: _text(values.get(name), instead) for name, instead in _TEXTS.items()}
    return SpanRow(
        stamp=_whole(values.get("stamp")),
        start_ns=start_ns,
        end_ns=end_ns,
        state=_text(values.get("state"), None) or ("open" if end_ns is None else "closed"),
        pid=_whole(values.get("pid")) or 0,
        seq=at if seq is None else seq,
        attributes=_attributes(values.get("attributes")),
        **texts,
    )


def _text(value: object, instead: str | None) -> str | None:
    return instead if _is_missing(value) else str(value)


def _whole(value: Any) -> int | None:
    try:
        return None if _is_missing(value) else int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _attributes(value: object) -> dict[str, Any]:
    """Return attributes as a lookup's frame has them; the store has them as JSON."""
    if isinstance(value, dict):
        return value
    return attributes_of(value) if isinstance(value, str) else {}


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or value != value


def first_traces(frame: pd.DataFrame, most: int) -> tuple[pd.DataFrame, int]:
    """Return the rows of the first *most* traces, in the frame's order, and how many more traces there are."""
    traces: Sequence[object] = frame["trace_id"].drop_duplicates().tolist()
    return frame[frame["trace_id"].isin(traces[:most])], max(0, len(traces) - most)
