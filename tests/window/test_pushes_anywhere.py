"""The pushes of a window are those that `find` tells of, wherever they lie and however they are judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import store_maker
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import BASE_NS, SECOND, STAMP, forests, make_span
from windows import FIRST, FIRST_NS, INCIDENT, LAST, LAST_NS, NOW_NS, Plan, plans, rows_of, write_journals

import wxtrace
from wxtrace.row import SpanRow
from wxtrace.seal.compact import compact
from wxtrace.seal.seal import seal
from wxtrace.survey.pushes import Told, pushes_of
from wxtrace.survey.shares import shares_of


def told_of(store: Path, *, at_once: bool = True, window: tuple[int, int] = (FIRST_NS, LAST_NS)) -> list[Told]:
    """Return the pushes of a store's window."""
    hours = pushes_of([str(store)], *window, now_ns=NOW_NS, at_once=at_once)
    return [told for some, _ in hours for told in some]


@given(planned=plans())
@settings(deadline=None, max_examples=40)
def test_a_row_says_what_find_says(tmp_path_factory: pytest.TempPathFactory, planned: list[Plan]) -> None:
    """
    Looked up by itself, each push of the window has the verdict of its row, and that attempt has its shares.
    """
    store = tmp_path_factory.mktemp("store")
    (store / "spans").mkdir()
    store_maker.write(store, rows_of(planned))

    pushes = wxtrace.window(FIRST, LAST, store=store)

    inside = {f"oPUSH{push}" for push, plan in enumerate(planned) if 0 <= plan.tries[0].after_s < 300}
    assert sorted(inside) == sorted(pushes["openid"])
    for _, row in pushes.iterrows():
        found = wxtrace.find(openid=row.openid, stamp=int(row.stamp), store=store)
        verdict, spoken_of = found.verdict, found.attempts[row.attempt - 1]
        told = [None if pd.isna(row[name]) else row[name] for name in ("case", "layer", "module")]
        assert [verdict.case, verdict.layer, verdict.module] == told
        if row.case != "crashed":  # how long that took, more records of its writer tell better
            shares = {(one.layer, one.module): one.share_ns for one in spoken_of.times if one.share_ns}
            assert shares == shares_by_module(pushes, row.name)


def shares_by_module(pushes: pd.DataFrame, push: int) -> dict[tuple[str, str], int]:
    """Return the shares of one push of a frame by layer and module."""
    long = shares_of(pushes.loc[[push]])
    return {(one.layer, one.module): one.share_ns for one in long.itertuples()}


@given(planned=plans(), wild=forests(), seen=st.sampled_from([(0, 300), (-20, 1), (290, 320)]))
@settings(deadline=None, max_examples=60)
def test_one_by_one_or_at_once_and_wherever_it_lies(
    tmp_path_factory: pytest.TempPathFactory, planned: list[Plan], wild: list[SpanRow], seen: tuple[int, int]
) -> None:
    """
    Plain or wild, in journals, in Parquet, or in both: the pushes are the same, however they are judged.
    """
    folder = tmp_path_factory.mktemp("store")
    window = (BASE_NS + seen[0] * SECOND, BASE_NS + seen[1] * SECOND)
    rows = rows_of(planned)
    wild = [replace(row, seq=row.seq + 10**6, writer=f"{row.writer}-w", openid="oWILD") for row in wild]
    for name, some in (("parquet", [*rows, *wild]), ("both", rows)):
        (folder / name / "spans").mkdir(parents=True)
        store_maker.write(folder / name, some)
    for name in ("both", "journal"):
        write_journals(folder / name, rows)

    got = [told_of(folder / name, window=window) for name in ("both", "journal")]
    wildly = [told_of(folder / "parquet", window=window, at_once=at_once) for at_once in (True, False)]

    expected = told_of(folder / "both", window=window, at_once=False)
    assert [plain(expected)] * 2 == [plain(some) for some in got]
    assert plain(wildly[0]) == plain(wildly[1])


def plain(told: Iterable[Told]) -> list[Any]:
    """Return pushes in an order of their own; who was called to the logs by a writer's service is left out."""
    return sorted((replace_service(one) for one in told), key=repr)


def replace_service(one: Told) -> Told:
    """Return a push without the service, which journals of tests do not name alike."""
    changed = {name: replace(getattr(one, name), service="") for name in ("first", "one", "event")}
    return replace(one, **changed)


def test_sealed_compacted_or_not_it_is_the_same(tmp_path: Path) -> None:
    """
    In journals, in many files and in one: the frame is the same, types and all.
    """
    write_journals(tmp_path, rows_of([INCIDENT[0], *INCIDENT[2:]]))  # when a writer died, a journal tells otherwise
    frames = [wxtrace.window(FIRST, LAST, store=tmp_path)]
    seal(str(tmp_path))
    frames.append(wxtrace.window(FIRST, LAST, store=tmp_path))
    compact(str(tmp_path))
    frames.append(wxtrace.window(FIRST, LAST, store=[tmp_path]))

    assert 4 == len(frames[0])
    for frame in frames[1:]:
        pd.testing.assert_frame_equal(frames[0], frame)


def test_windows_side_by_side_are_the_whole(tmp_path: Path) -> None:
    """
    A push is in the window in which its first attempt came, and in no other.
    """
    store_maker.write(tmp_path, rows_of(INCIDENT))
    edges = [FIRST + second for second in (-10, 0, 61.5, 64, 299.9, 320)]

    some = [wxtrace.window(*pair, store=tmp_path) for pair in pairwise(edges)]

    whole = wxtrace.window(edges[0], edges[-1], store=tmp_path)
    assert sorted(whole["openid"]) == sorted(openid for frame in some for openid in frame["openid"])


@pytest.mark.parametrize("length_s", [3600, 86_400])
def test_what_lies_in_two_hours_is_one_request(tmp_path: Path, length_s: int) -> None:
    """
    What was recorded without a stamp after the hour, or the day, had struck belongs to the push before.
    """
    strikes = (STAMP // length_s + 1) * length_s
    late = {"stamp": None, "openid": None, "nonce": None, "start_ns": (strikes + 1) * SECOND}
    spans = [
        make_span(0, stamp=strikes - 1, start_ns=strikes * SECOND - SECOND // 2, end_ns=(strikes + 2) * SECOND),
        make_span(1, 0, end_ns=(strikes + 2) * SECOND, **late),
        make_span(2, stamp=1, trace_id="ee" * 16, start_ns=strikes * SECOND - 1, end_ns=strikes * SECOND),
    ]
    store_maker.write(tmp_path, spans)

    told = wxtrace.window(strikes - 60, strikes + 60, store=tmp_path).to_dict("records")

    shares = [(row["share_ns/logic/reply.menu"], row["share_ns/access/asgi"]) for row in told]
    assert [(SECOND, 3 * SECOND // 2), (0, 1)] == shares
