"""
A window as pandas DataFrames. Imported only where one is asked for: pandas is slow to come.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta, timezone
from typing import Any

import pandas as pd

from wxtrace.survey.groups import FIELDS, groups_of
from wxtrace.survey.pushes import Told
from wxtrace.survey.shares import Shares
from wxtrace.survey.table import COLUMNS, PUSH_COLUMNS, push_row, row_of
from wxtrace.survey.window import Victim

_WHOLE = ("stamp", "http_status", "arrival_delay_ns")
_NUMBERS = ("attempts", "failed", "attempt", "total_ns", "worst_ns", "start_ns", "pid")
_CHINA = timezone(timedelta(hours=8))
_NAMES = ["openid", "stamp", "nonce", "transaction_id"]


def pushes_frame(victims: Iterable[Victim]) -> pd.DataFrame:
    """Return failed pushes, a row each; missing whole numbers are ``<NA>``, times are UTC."""
    rows = [row_of(victim) for victim in victims]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["time"] = _times(frame)
    return frame.astype(_dtypes(COLUMNS))


def told_frame(told: Iterable[Told]) -> pd.DataFrame:
    """Return pushes that came, a row each, with types of their own; times are UTC+8, as alarms print them."""
    frame = pd.DataFrame([push_row(one) for one in told], columns=list(PUSH_COLUMNS)).astype(_dtypes(PUSH_COLUMNS))
    frame["time"] = _times(frame).dt.tz_convert(_CHINA)
    return frame


def whole_frame(hours: Sequence[pd.DataFrame], shares: Shares, most: int) -> pd.DataFrame:
    """
    Return the pushes of all hours by their arrival, with a column for the share of each module.

    Args:
        hours: Frames of pushes; one that came in two of them stays where it came first.
        shares: Theirs, in the order of the frames.
        most: How many modules have a column of their own.
    """
    frame = pd.concat([told_frame(()), *hours], ignore_index=True).assign(**shares.columns(most))
    frame = frame.sort_values(["start_ns", "writer", "trace_id"], ignore_index=True)
    is_again = frame.duplicated(_NAMES) & frame[["stamp", "transaction_id"]].notna().any(axis=1)
    return frame[~is_again].reset_index(drop=True) if is_again.any() else frame


def groups_frame(victims: Sequence[Victim], what: str) -> pd.DataFrame:
    """
    Return the groups of failures, a row each, with a column for each outcome that occurs.

    Raises:
        BadInput: Failures are not grouped by *what*.
    """
    groups, told = groups_of(victims, what), groups_of(victims, "outcome")
    outcomes = [] if what == "outcome" else [str(group.key[0]) for group in told]
    columns = [*FIELDS[what], "pushes", "attempts", *outcomes, "worst_ns", "detail"]
    rows: list[list[Any]] = [
        [*group.key, group.pushes, group.attempts, *_spread(group.outcomes, outcomes), group.worst_ns, group.detail]
        for group in groups
    ]
    numbers = [name for name in columns if name in ("pushes", "attempts", *outcomes, "worst_ns", "pid")]
    texts = [name for name in columns if name not in numbers]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype(dict.fromkeys(numbers, "int64") | dict.fromkeys(texts, "string"))


def _times(frame: pd.DataFrame) -> pd.Series:
    return pd.to_datetime(frame["start_ns"].astype("int64") // 1000, unit="us", utc=True, errors="coerce")


def _dtypes(columns: Iterable[str]) -> dict[str, str]:
    known = dict.fromkeys(_WHOLE, "Int64") | dict.fromkeys(_NUMBERS, "int64") | {"answered": "bool"}
    return {name: known.get(name, "string") for name in columns}


def _spread(counted: Iterable[tuple[str, int]], outcomes: Iterable[str]) -> list[int]:
    known = dict(counted)
    return [known.get(outcome, 0) for outcome in outcomes]
