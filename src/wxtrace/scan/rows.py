"""
A row as pyarrow gives it, as the row that the rest of the program knows.

A column that is missing reads as null; where the contract has no null, as
empty, so that a file which somebody else wrote is read for what it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wxtrace.row import LogRow, SpanRow, attributes_of

NO_SEQ: Final = -1
"""Stands for the running number of a row that has none."""

SPAN_COLUMNS: Final = tuple(SpanRow.__slots__)
"""The columns of `spans` of which a row is made."""

LOG_COLUMNS: Final = tuple(LogRow.__slots__)
"""The columns of `logs` of which a row is made."""


def to_span(values: Mapping[str, Any]) -> SpanRow:
    """Return a row of the table `spans`."""
    end_ns = values.get("end_ns")
    return SpanRow(
        openid=values.get("openid"),
        stamp=values.get("stamp"),
        nonce=values.get("nonce"),
        layer=_text(values, "layer"),
        module=_text(values, "module"),
        name=_text(values, "name"),
        trace_id=_text(values, "trace_id"),
        span_id=_text(values, "span_id"),
        parent_span_id=values.get("parent_span_id"),
        kind=_text(values, "kind") or "INTERNAL",
        start_ns=values["start_ns"],
        end_ns=end_ns,
        state=_text(values, "state") or ("open" if end_ns is None else "closed"),
        status_code=_text(values, "status_code") or "UNSET",
        status_message=values.get("status_message"),
        service=_text(values, "service"),
        host=_text(values, "host"),
        pid=values.get("pid") or 0,
        writer=_text(values, "writer"),
        seq=_seq(values),
        attributes=attributes_of(_text(values, "attributes")),
    )


def to_log(values: Mapping[str, Any]) -> LogRow:
    """Return a row of the table `logs`."""
    return LogRow(
        openid=values.get("openid"),
        stamp=values.get("stamp"),
        nonce=values.get("nonce"),
        trace_id=values.get("trace_id"),
        span_id=values.get("span_id"),
        layer=values.get("layer"),
        module=values.get("module"),
        time_ns=values["time_ns"],
        severity=_text(values, "severity"),
        event=_text(values, "event"),
        logger=values.get("logger"),
        service=_text(values, "service"),
        host=_text(values, "host"),
        pid=values.get("pid") or 0,
        writer=_text(values, "writer"),
        seq=_seq(values),
        attributes=attributes_of(_text(values, "attributes")),
    )


def _seq(values: Mapping[str, Any]) -> int:
    seq = values.get("seq")
    return NO_SEQ if seq is None else int(seq)


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return "" if value is None else str(value)
