"""Tests of `wxtrace.seal.retain`: whole hours go, oldest first."""

from __future__ import annotations

import pytest

from wxtrace.errors import BadInput
from wxtrace.seal.retain import Retained, retain

DAY_S = 86_400
TEN_NS = 1_790_000_000 * 10**9  # 2026-09-21 14:13:20 UTC


def _hour(store, table, day, hour, size=10):
    folder = store / table / f"day=d202609{day}" / f"hour=h{hour}"
    folder.mkdir(parents=True)
    (folder / "a.parquet").write_bytes(bytes(size))


def _left(store):
    return sorted("/".join(path.parts[-4:-1]) for path in store.rglob("*.parquet"))


def test_hours_that_ended_too_long_ago_go_from_both_tables(tmp_path):
    """
    An hour goes when it ended more than so many days ago, not when it began then.
    """
    for table in ("spans", "logs"):
        _hour(tmp_path, table, "14", "13")
        _hour(tmp_path, table, "14", "14")

    assert Retained(1, 20, 20) == retain(str(tmp_path), max_age_days=7, now_ns=TEN_NS)
    assert ["logs/day=d20260914/hour=h14", "spans/day=d20260914/hour=h14"] == _left(tmp_path)


def test_the_oldest_hours_go_until_the_rest_is_small_enough(tmp_path):
    """
    Over the limit of bytes whole hours go; the one for absurd stamps ends with its day.
    """
    _hour(tmp_path, "spans", "20", "23")
    _hour(tmp_path, "spans", "20", "other")
    _hour(tmp_path, "spans", "21", "00")

    assert Retained(2, 20, 10) == retain(str(tmp_path), max_bytes=10, now_ns=TEN_NS)
    assert ["spans/day=d20260921/hour=h00"] == _left(tmp_path)


def test_a_day_goes_with_its_last_hour(tmp_path):
    """
    No empty folders of days are left.
    """
    _hour(tmp_path, "spans", "01", "00")
    retain(str(tmp_path), now_ns=TEN_NS)

    assert [] == list((tmp_path / "spans").iterdir())


def test_folders_that_are_not_ours_stay(tmp_path):
    """
    What is named otherwise is neither counted nor removed.
    """
    _hour(tmp_path, "spans", "xx", "00")

    assert Retained(0, 0, 0) == retain(str(tmp_path), max_bytes=0, now_ns=TEN_NS)
    assert ["spans/day=d202609xx/hour=h00"] == _left(tmp_path)


def test_the_limits_can_be_set_by_the_environment(tmp_path, monkeypatch):
    """
    Without arguments the environment decides.
    """
    _hour(tmp_path, "spans", "20", "00")
    monkeypatch.setenv("WXTRACE_KEEP_DAYS", "2.5")
    kept = retain(str(tmp_path), now_ns=TEN_NS)
    monkeypatch.setenv("WXTRACE_KEEP_BYTES", "9")

    assert (0, 1) == (kept.hours, retain(str(tmp_path), now_ns=TEN_NS).hours)


def test_a_limit_that_is_no_number_is_named(tmp_path, monkeypatch):
    """
    A mistyped setting removes nothing, and says which one it is.
    """
    monkeypatch.setenv("WXTRACE_KEEP_DAYS", "a week")

    with pytest.raises(BadInput, match="WXTRACE_KEEP_DAYS is 'a week'"):
        retain(str(tmp_path))


def test_without_a_store_nothing_goes(tmp_path):
    """
    To clean a store that is not there does nothing.
    """
    assert Retained(0, 0, 0) == retain(str(tmp_path / "none"))
