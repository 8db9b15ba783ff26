"""
Rows as pandas DataFrames. Imported only where one is asked for: pandas is slow to come.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields

import pandas as pd

from wxtrace.rebuild.attempt import Job
from wxtrace.rebuild.modules import ModuleTime
from wxtrace.row import LogRow, SpanRow
from wxtrace.show.jobs import FIELDS, rows

_SPAN_COLUMNS = [field.name for field in fields(SpanRow)]
_LOG_COLUMNS = [field.name for field in fields(LogRow)]
_MODULE_COLUMNS = [field.name for field in fields(ModuleTime)]
_JOB_NUMBERS = [name for name in (*FIELDS, "duration_ns") if name.endswith("_ns") or name == "pid"]


def spans_frame(spans: Iterable[SpanRow]) -> pd.DataFrame:
    """Return spans with the contract's columns, a row each; missing whole numbers are ``<NA>``."""
    rows = list(spans)
    frame = pd.DataFrame(
        [{name: getattr(row, name) for name in _SPAN_COLUMNS} for row in rows], columns=_SPAN_COLUMNS
    )
    durations = pd.Series([row.duration_ns for row in rows], dtype="Int64", index=frame.index)
    frame.insert(_SPAN_COLUMNS.index("end_ns") + 1, "duration_ns", durations)
    frame["time"] = _moments(row.start_ns for row in rows)
    return frame.astype({"stamp": "Int64", "end_ns": "Int64", "start_ns": "int64", "pid": "int64", "seq": "int64"})


def logs_frame(logs: Iterable[LogRow]) -> pd.DataFrame:
    """Return log lines with the contract's columns, a row each."""
    rows = list(logs)
    frame = pd.DataFrame(
        [{name: getattr(row, name) for name in _LOG_COLUMNS} for row in rows], columns=_LOG_COLUMNS
    )
    frame["time"] = _moments(row.time_ns for row in rows)
    return frame.astype({"stamp": "Int64", "time_ns": "int64", "pid": "int64", "seq": "int64"})


def modules_frame(times: Iterable[ModuleTime]) -> pd.DataFrame:
    """Return modules with calls, total, self time and share, the greatest share first."""
    return pd.DataFrame([asdict(time) for time in times], columns=_MODULE_COLUMNS)


def jobs_frame(jobs: Sequence[Job]) -> pd.DataFrame:
    """Return jobs by their start, a row for each time that one was tried; missing whole numbers are ``<NA>``."""
    frame = pd.DataFrame(rows(jobs), columns=[*FIELDS, "duration_ns"])
    return frame.astype(dict.fromkeys(_JOB_NUMBERS, "Int64"))


def _moments(times_ns: Iterable[int]) -> pd.Series:
    microseconds = pd.Series([ns // 1000 for ns in times_ns], dtype="int64")
    return pd.to_datetime(microseconds, unit="us", utc=True, errors="coerce")
