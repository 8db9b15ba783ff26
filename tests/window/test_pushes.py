"""`wxtrace.window`: every push of a window, a row each, with types of its own."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import store_maker
from strategies import BASE_NS, STAMP
from windows import FIRST, INCIDENT, LAST, Plan, Try, rows_of

import wxtrace
from wxtrace.ask import moment_of
from wxtrace.errors import BadInput, StoreMissing
from wxtrace.lookup.pushes import ORDER_REMEDY
from wxtrace.survey.shares import PREFIX, shares_of


def summed(pushes: pd.DataFrame) -> pd.Series:
    """Return the sum of all shares of each push."""
    return pushes.filter(like=PREFIX).sum(axis=1)


def test_every_push_is_a_row(tmp_path: Path) -> None:
    """
    Whose first attempt came in the window is there once, with what became of it.
    """
    store_maker.write(tmp_path, rows_of(INCIDENT))

    pushes = wxtrace.window(FIRST, LAST, store=tmp_path)

    told = ["openid", "attempts", "failed", "answered", "attempt", "outcome", "case", "layer", "module", "total_ns"]
    expected = [
        ("oPUSH0", 2, 1, True, 1, "too_late", "slow_module", "storage", "mysql", 5_500_000_000),
        ("oPUSH1", 2, 1, True, 1, "crashed", "crashed", "storage", "mysql", 0),
        ("oPUSH2", 1, 1, False, 1, "refused", "refused_reply", None, None, 500_000_000),
        ("oPUSH3", 1, 0, True, 1, "answered", "replied", None, None, 500_000_000),
        ("oPUSH5", 2, 1, True, 1, "too_late", "slow_module", "remote", "api.weixin.qq.com", 4_000_000_000),
    ]
    assert expected == [tuple(None if pd.isna(one) else one for one in row) for row in pushes[told].to_numpy()]
    assert list(pushes["total_ns"]) == list(summed(pushes))


def test_a_push_has_its_facts(tmp_path: Path) -> None:
    """
    A row says who, what, when and where, in UTC+8 as alarms do, and whose the time was.
    """
    store_maker.write(tmp_path, rows_of([Plan((Try(0.125, "too_late"),))]))

    (row,) = wxtrace.window(FIRST, LAST, store=tmp_path).to_dict("records")

    assert {
        "openid": "oPUSH0",
        "stamp": STAMP,
        "nonce": "n1",
        "event": "CLICK",
        "msg_type": "event",
        "attempts": 1,
        "failed": 1,
        "answered": False,
        "attempt": 1,
        "outcome": "too_late",
        "case": "slow_module",
        "layer": "storage",
        "module": "mysql",
        "detail": "SELECT id, name FROM fan WHERE openid = ?",
        "total_ns": 5_500_000_000,
        "worst_ns": 5_500_000_000,
        "arrival_delay_ns": 125_000_000,
        "http_status": 200,
        "start_ns": BASE_NS + 125_000_000,
        "service": "wx-callback",
        "host": "web-1",
        "pid": 7,
        "writer": "web-1-7-0-abcd",
        "trace_id": f"{1:032x}",
        "time": pd.Timestamp("2025-04-21 18:31:15.125", tz="UTC+08:00"),
        "share_ns/storage/mysql": 4_950_000_000,
        "share_ns/logic/reply.menu": 440_000_000,
        "share_ns/access/asgi": 110_000_000,
    } == {name: value for name, value in row.items() if not pd.isna(value)}


DTYPES = {
    "string": (
        *("openid", "nonce", "event", "msg_type", "msg_id", "info_type", "appid", "transaction_id", "outcome"),
        *("case", "layer", "module", "detail", "service", "host", "writer", "trace_id", "client", "path"),
    ),
    "int64": ("attempts", "failed", "attempt", "total_ns", "worst_ns", "start_ns", "pid"),
    "Int64": ("stamp", "arrival_delay_ns", "http_status"),
    "bool": ("answered",),
    "datetime64[us, UTC+08:00]": ("time",),
}


def test_a_window_without_pushes_has_all_columns(tmp_path: Path) -> None:
    """
    Where nothing came the frame is empty; its columns and their types are those of any other.
    """
    store_maker.write(tmp_path, rows_of(INCIDENT))
    empty, full = (wxtrace.window(FIRST + after, LAST + after, store=tmp_path) for after in (86_400, 0))

    dtypes = {name: kind for kind, names in DTYPES.items() for name in names}
    known = [name for name in full.columns if not name.startswith(PREFIX)]
    assert 0 == len(empty)
    assert dtypes == {name: str(dtype) for name, dtype in empty.dtypes.items()}
    assert known == list(empty.columns)
    assert dtypes == {name: str(full[name].dtype) for name in known}
    assert {"int64"} == {str(dtype) for dtype in full.filter(like=PREFIX).dtypes}
    assert 0 == len(shares_of(empty))


def test_only_the_modules_with_most_time_have_columns(tmp_path: Path) -> None:
    """
    However many modules a store has, the frame stays narrow, and nothing of the time is lost.
    """
    store_maker.write(tmp_path, rows_of(INCIDENT))

    pushes = wxtrace.window(FIRST, LAST, store=tmp_path, modules=2)

    shares = list(pushes.filter(like=PREFIX).columns)
    assert ["share_ns/storage/mysql", "share_ns/remote/api.weixin.qq.com", "share_ns/others"] == shares
    assert list(pushes["total_ns"]) == list(summed(pushes))


@pytest.mark.parametrize(
    "moment",
    [
        "2025-04-21 18:31:15",
        "2025/4/21 18:31:15",
        "２０２５-04-21 18:31:15",
        datetime(2025, 4, 21, 18, 31, 15),
        datetime(2025, 4, 21, 10, 31, 15, tzinfo=UTC),
        pd.Timestamp("2025-04-21 18:31:15"),
        pd.Timestamp("2025-04-21 12:31:15+02:00"),
        np.int64(STAMP),
        float(STAMP),
        str(STAMP),
        "2025-04-21T10:31:15Z",
        "2025-04-21T12:31:15.000+02:00",
    ],
    ids=repr,
)
def test_a_moment_is_given_as_one_likes(tmp_path: Path, moment: Any) -> None:
    """
    As text and without a zone it is in UTC+8, as alarms print it.
    """
    store_maker.write(tmp_path, rows_of([Plan((Try(0, "answered"),)), Plan((Try(-1, "answered"),))]))

    assert ["oPUSH0"] == list(wxtrace.window(moment, STAMP + 60, store=tmp_path)["openid"])


@pytest.mark.parametrize("day", ["2025-04-21", "2025/4/21", date(2025, 4, 21)])
def test_a_day_is_its_midnight(day: Any) -> None:
    """
    A date without a time of day begins in China.
    """
    assert 1745164800 * 10**9 == moment_of(day, "first")


@pytest.mark.parametrize(("first", "last"), [(LAST, FIRST), (FIRST, FIRST)])
def test_a_window_that_ends_before_it_begins_is_refused(first: Any, last: Any) -> None:
    """
    Both moments are told: nothing could have come, and that would look like an answer.
    """
    with pytest.raises(BadInput) as told:
        wxtrace.window(first, last, store="nowhere")

    assert (f"{first} to {last}", ORDER_REMEDY) == (told.value.value, told.value.remedy)


@pytest.mark.parametrize(
    "moment",
    ["soon", "2025-13-01 00:00", "20250421183115", "123456", "", None, True, float("nan"), -1, 10**12, pd.NaT],
)
def test_what_is_no_moment_is_refused(moment: Any) -> None:
    """
    It is named with what to give instead.
    """
    with pytest.raises(BadInput, match=r"(first|last) is .*2014-12-01 20:12"):
        wxtrace.window(moment, LAST, store="nowhere")


def test_bad_numbers_and_no_store_are_refused(tmp_path: Path) -> None:
    """
    Modules are counted from 1; a store that is not there is named.
    """
    with pytest.raises(BadInput, match="modules is 0"):
        wxtrace.window(FIRST, LAST, store=tmp_path, modules=0)
    with pytest.raises(StoreMissing, match="nowhere"):
        wxtrace.window(FIRST, LAST, store=tmp_path / "nowhere")


def test_it_tells_how_far_it_is(tmp_path: Path) -> None:
    """
    Hour by hour, to the end.
    """
    store_maker.write(tmp_path, rows_of(INCIDENT))
    told: list[tuple[int, int]] = []

    wxtrace.window(FIRST, LAST, store=tmp_path, progress=lambda done, of_all: told.append((done, of_all)))

    assert told == sorted(told)
    assert told[-1][0] == told[-1][1] > 0
    assert {told[-1][1]} == {of_all for _, of_all in told}
