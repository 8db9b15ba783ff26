"""
A window as pandas DataFrames. Imported only where one is asked for: pandas is slow to come.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from wxtrace.survey.groups import FIELDS, groups_of
from wxtrace.survey.table import COLUMNS, row_of
from wxtrace.survey.window import Victim

_WHOLE = ("stamp", "http_status", "arrival_delay_ns")
_NUMBERS = ("attempts", "failed", "worst_ns", "start_ns", "pid")


def pushes_frame(victims: Iterable[Victim]) -> pd.DataFrame:
    """Return failed pushes, a row each; missing whole numbers are ``<NA>``, times are UTC."""
    rows = [row_of(victim) for victim in victims]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["time"] = pd.to_datetime(frame["start_ns"].astype("int64") // 1000, unit="us", utc=True, errors="coerce")
    dtypes = dict.fromkeys(_WHOLE, "Int64") | dict.fromkeys(_NUMBERS, "int64") | {"answered": "bool"}
    texts = [name for name in COLUMNS if name not in dtypes]
    return frame.astype(dtypes | dict.fromkeys(texts, "string"))


def groups_frame(victims: Sequence[Victim], what: str) -> pd.DataFrame:
    """
    Return the groups of failures, a row each, with a column for each outcome that occurs.

    Raises:
        ValueError: Failures are not grouped by *what*.
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


def _spread(counted: Iterable[tuple[str, int]], outcomes: Iterable[str]) -> list[int]:
    known = dict(counted)
    return [known.get(outcome, 0) for outcome in outcomes]
