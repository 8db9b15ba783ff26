"""Snapshots: what was written down of a request in flight, read whatever it holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from snapshots import LOCKED, frames, snapshot, wild_attributes
from strategies import BASE_NS, SECOND, make_log

from wxtrace.rebuild.own import is_own
from wxtrace.rebuild.snapshot import (
    Chain,
    Culprit,
    Frame,
    LastWords,
    Occupied,
    Snapshot,
    culprit_of,
    last_words_of,
    snapshot_of,
    snapshots_of,
)

CULPRIT = {"function": "parse_menu", "file": "menus.py", "line": 88, "openid": "o…9f", "self": True}


def test_a_snapshot_is_read_whole():
    """What the watchdog writes comes back, with the app's own frames told from the others."""
    log = snapshot(9, 3.6, 2, loop={"lag_ns": 7, "blocked_ns": 8, "culprit": CULPRIT})

    expected = Snapshot(
        time_ns=BASE_NS + 36 * SECOND // 10,
        span_id="0000000000000003",
        mark_ns=3_500_000_000,
        age_ns=3_600_000_000,
        tasks=(
            Chain(
                "Task-9",
                (
                    Frame("run_asgi", "uvicorn/protocols/http/httptools_impl.py", 426, own=False),
                    Frame("on_text", "callback.py", 88, own=True),
                    Frame("lock_row", "storage.py", 41, own=True),
                    Frame("Lock.acquire", "asyncio/locks.py", 114, own=False),
                ),
                "Lock.acquire",
            ),
        ),
        threads=(),
        in_flight=14,
        lag_ns=7,
        blocked_ns=8,
        culprit=Culprit("parse_menu", "menus.py", 88, None, "o…9f", None, is_self=True),
        tokens=(Occupied("anyio", 40, 40),),
        pools=(Occupied("menu", 5, 5),),
        load_1m=1.2,
        cpu_percent=35.4,
        unattributed=2,
    )
    assert expected == snapshot_of(log)


def test_a_thread_is_known_by_its_number_where_it_has_no_name():
    """A thread tells what its line calls, and awaits nothing."""
    told = [{"thread": 140, "frames": LOCKED[1:2], "call": "time.sleep"}]
    (chain,) = snapshots_of([snapshot(9, 3.6, threads=told)])[0].threads

    assert chain == Chain("140", (Frame("on_text", "callback.py", 88, own=True),), None, True, "time.sleep")


@pytest.mark.parametrize("changes", [{"event": "order.paid"}, {"logger": "app"}, {"logger": None}])
def test_an_ordinary_line_is_no_snapshot(changes):
    """The app may log what it likes."""
    assert () == snapshots_of([make_log(1), replace(snapshot(2, 3.5), **changes)])


def test_the_words_of_a_dead_process_are_read():
    """What faulthandler wrote is a cause and a stack."""
    told: dict[str, Any] = {"cause": "Segmentation fault", "frames": frames("crop image.py:7")}
    log = make_log(3, event="wxtrace.died", logger="wxtrace.watch", attributes=told)

    words = LastWords(
        log.time_ns, "Segmentation fault", Chain("", (Frame("crop", "image.py", 7, own=True),), None, True)
    )
    assert (words, None) == (last_words_of(log), last_words_of(make_log(4)))


def test_who_says_whose_code_it_is_is_believed():
    """Where the record marks the app's own frames, names do not matter."""
    marked = [
        {"function": "f", "file": "redis/client.py", "own": True},
        {"function": "g", "file": "a.py", "own": False},
    ]
    snapshot_ = snapshots_of([snapshot(1, 3.5, tasks=[{"frames": marked}])])[0]

    assert [True, False] == [frame.own for frame in snapshot_.tasks[0].frames]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("storage.py", True),
        ("myapp/asyncio/locks.py", True),
        ("asyncio/locks.py", False),
        ("threading.py", False),
        ("pymysql/connections.py", False),
        ("six.py", True),
        ("<frozen importlib._bootstrap>", False),
        ("<string>", True),
    ],
)
def test_else_the_name_of_the_file_tells_whose_it_is(file, expected):
    """What is neither Python's nor a well-known library's is taken for the app's own."""
    assert expected == is_own(file)


def test_no_culprit_is_told_where_nothing_of_it_is_known():
    """A culprit without a function, a request or a task is none."""
    assert (None, None) == (culprit_of({}), culprit_of({"self": True, "looks": 3}))


@given(wild_attributes)
def test_whatever_a_snapshot_holds_it_is_read(attributes):
    """Missing, of another kind, or absurd: there is a snapshot, bounded."""
    log = replace(snapshot(1, 3.5), attributes=attributes)
    died = replace(log, event="wxtrace.died")

    found, words = snapshot_of(log), last_words_of(died)

    assert found is not None
    assert words is not None
    assert all(len(chain.frames) <= 40 for chain in (*found.tasks, *found.threads, words.thread))
