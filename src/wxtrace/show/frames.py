"""
Rows as pandas DataFrames. Imported only where one is asked for: pandas is slow to come.

The types of the columns are the same for any rows, for none, and in every pandas from 2.2 on. Text is ``string``,
whole numbers are ``int64``, ``Int64`` where one may be missing, and a missing value is ``<NA>`` in both; moments
are ``datetime64[us, UTC]``. Attributes are dictionaries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, Final

import pandas as pd

from wxtrace.rebuild.attempt import Job
from wxtrace.rebuild.modules import ModuleTime
from wxtrace.row import LogRow, SpanRow
from wxtrace.show.jobs import FIELDS, rows

_TEXT, _WHOLE, _WHOLE_OR_NONE = "string", "int64", "Int64"
_OWN: Final[Mapping[str, str]] = {
    "start_ns": _WHOLE,
    "time_ns": _WHOLE,
    "pid": _WHOLE,
    "seq": _WHOLE,
    "stamp": _WHOLE_OR_NONE,
    "end_ns": _WHOLE_OR_NONE,
    "duration_ns": _WHOLE_OR_NONE,
    "attributes": "object",
}
_OF_MODULES: Final[Mapping[str, str]] = {
    "calls": _WHOLE,
    "total_ns": _WHOLE,
    "self_ns": _WHOLE,
    "share_ns": _WHOLE,
    "share": "float64",
}
_OF_JOBS: Final[Mapping[str, str]] = {
    "number": _WHOLE,
    "attempt": _WHOLE,
    "pid": _WHOLE_OR_NONE,
    "end_estimated": "bool",
    "in_request": "bool",
    **{name: _WHOLE_OR_NONE for name in (*FIELDS, "duration_ns") if name.endswith("_ns")},
}
_SPAN_COLUMNS: Final = [field.name for field in fields(SpanRow)]
_SPAN_COLUMNS.insert(_SPAN_COLUMNS.index("end_ns") + 1, "duration_ns")
_LOG_COLUMNS: Final = [field.name for field in fields(LogRow)]
_MODULE_COLUMNS: Final = [field.name for field in fields(ModuleTime)]


def spans_frame(spans: Iterable[SpanRow]) -> pd.DataFrame:
    """
    Return spans with the contract's columns, a row each.

    `stamp`, `end_ns` and `duration_ns` are ``Int64``; `time` is the start, to the microsecond.
    """
    some = list(spans)
    values = [[getattr(row, name) for name in _SPAN_COLUMNS] for row in some]
    return _frame(_SPAN_COLUMNS, values, _OWN).assign(time=_moments(row.start_ns for row in some))


def logs_frame(logs: Iterable[LogRow]) -> pd.DataFrame:
    """Return log lines with the contract's columns, a row each; `stamp` is ``Int64``, `time` to the microsecond."""
    some = list(logs)
    values = [[getattr(row, name) for name in _LOG_COLUMNS] for row in some]
    return _frame(_LOG_COLUMNS, values, _OWN).assign(time=_moments(row.time_ns for row in some))


def modules_frame(times: Iterable[ModuleTime]) -> pd.DataFrame:
    """Return modules with calls, total, self time and share, the greatest share first; `share` is ``float64``."""
    return _frame(_MODULE_COLUMNS, [list(asdict(time).values()) for time in times], _OF_MODULES)


def jobs_frame(jobs: Sequence[Job]) -> pd.DataFrame:
    """
    Return jobs by their start, a row for each time that one was tried.

    Times in nanoseconds, and `pid`, are ``Int64``: a job that nobody has taken has none.
    """
    return _frame([*FIELDS, "duration_ns"], [list(row.values()) for row in rows(jobs)], _OF_JOBS)


def _frame(columns: Sequence[str], values: Sequence[Sequence[Any]], types: Mapping[str, str]) -> pd.DataFrame:
    """Return rows as a frame; a column of no other type is text."""
    frame = pd.DataFrame(values, columns=list(columns), index=pd.RangeIndex(len(values)), dtype="object")
    return frame.astype({name: types.get(name, _TEXT) for name in columns})


def _moments(times_ns: Iterable[int]) -> pd.Series:
    microseconds = pd.Series([ns // 1000 for ns in times_ns], dtype="int64")
    return pd.to_datetime(microseconds, unit="us", utc=True, errors="coerce").astype("datetime64[us, UTC]")
