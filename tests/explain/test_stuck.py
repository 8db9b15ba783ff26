"""Stuck: of all that a snapshot holds, the place that counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from snapshots import BLOCKING, LOCKED, READING, frames, hanging, snapshot
from strategies import BASE_NS, SECOND

from wxtrace.explain.stuck import Stuck, stuck_of
from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.snapshot import Frame
from wxtrace.rebuild.trace import rebuild

NOW_NS = BASE_NS + 6 * SECOND
SERVING = frames("run_asgi uvicorn/protocols/http/httptools_impl.py:426", "on_text callback.py:88")
LOCK_ROW = Frame("lock_row", "storage.py", 41, own=True)
FETCH = Frame("fetch", "remote.py", 12, own=True)
ON_TEXT = Frame("on_text", "callback.py", 88, own=True)


def hung(*snapshots: Any) -> Attempt:
    """Return a request that hangs, with its snapshots."""
    return rebuild(hanging(), snapshots, NOW_NS)[0]


def task(chain: list[dict[str, Any]], awaits: str | None, **more: Any) -> dict[str, Any]:
    """Return where a task stands, as the record has it."""
    return {"name": "Task-1", "frames": chain, "awaits": awaits} | more


def thread(chain: list[dict[str, Any]], call: str | None = None) -> dict[str, Any]:
    """Return where a thread stands, as the record has it."""
    return {"thread": 140, "name": "worker", "frames": chain, "call": call}


def test_a_lock_is_told_by_the_line_that_wants_it():
    """The event loop's own frames say no more than what is awaited."""
    expected = Stuck(LOCK_ROW, None, "Lock.acquire", 3_600_000_000)

    assert expected == stuck_of(hung(snapshot(9, 3.6)))


def test_the_library_that_was_called_is_told_beside_the_line_that_called_it():
    """The app's own innermost line comes first; how far it got in a library stands beside it."""
    driver = Frame("Connection._read_bytes", "aiomysql/connection.py", 606, own=False)
    seen = snapshot(9, 3.6, tasks=[task(READING, "StreamReader.readexactly")])

    assert Stuck(LOCK_ROW, driver, "StreamReader.readexactly", 3_600_000_000) == stuck_of(hung(seen))


def test_the_last_look_counts():
    """Of two snapshots the later one says where it is."""
    second = snapshot(10, 4.6, tasks=[task(SERVING, None, call="time.sleep")])

    expected = Stuck(ON_TEXT, None, None, 4_600_000_000, call="time.sleep")
    assert expected == stuck_of(hung(snapshot(9, 3.6), second))


def test_what_was_seen_at_another_time_does_not_count_for_a_span():
    """Where the request stood before a query began says nothing of the query."""
    attempt = hung(snapshot(9, 3.6), snapshot(10, 4.6, tasks=[task(SERVING, None)]))
    query = replace(attempt.nodes[2], start_ns=BASE_NS, end_ns=BASE_NS + 4 * SECOND)

    assert Stuck(LOCK_ROW, None, "Lock.acquire", 3_600_000_000) == stuck_of(attempt, query)


def test_a_thread_that_the_request_waits_for_counts():
    """A handler in the threadpool: the task only waits for its thread, which stands in a socket."""
    waiting = task(SERVING, "to_thread.run_sync")
    seen = snapshot(9, 3.6, tasks=[waiting], threads=[thread(BLOCKING, "self._sock.recv_into")])

    socket = Frame("read", "socket.py", 706, own=False)
    expected = Stuck(FETCH, socket, None, 3_600_000_000, call="self._sock.recv_into", is_thread=True)
    assert expected == stuck_of(hung(seen))


@pytest.mark.parametrize(
    ("waiting", "awaits"),
    [
        (SERVING, "gather of 2"),
        (SERVING, "Task Task-7"),
        (SERVING, "shield"),
        ([*SERVING, *frames("wait_for asyncio/tasks.py:476")], "wait_for"),
        ([*SERVING, *frames("_wait asyncio/tasks.py:534")], "wait"),
        ([*SERVING, *frames("TaskGroup.__aexit__ asyncio/taskgroups.py:121")], "TaskGroup.__aexit__"),
        (
            [*frames("call starlette/middleware/base.py:180"), *SERVING],
            "MemoryObjectReceiveStream.receive",
        ),
    ],
    ids=["gather", "task", "shield", "wait_for", "wait", "group", "middleware"],
)
def test_who_waits_for_another_task_is_not_the_place(waiting, awaits):
    """What the request waits for in the end is told, not what waits for that."""
    seen = snapshot(9, 3.6, tasks=[task(waiting, awaits), task(LOCKED, "Lock.acquire")])

    assert Stuck(LOCK_ROW, None, "Lock.acquire", 3_600_000_000) == stuck_of(hung(seen))


def test_a_time_limit_around_a_lock_is_no_other_task():
    """Later versions of Python wait in the same task."""
    chain = [*LOCKED[:3], *frames("wait_for asyncio/tasks.py:520", "Lock.acquire asyncio/locks.py:114")]
    background = task(frames("beat health.py:3", "sleep asyncio/tasks.py:649"), "sleep")
    seen = snapshot(9, 3.6, tasks=[task(chain, "wait_for"), background])

    assert Stuck(LOCK_ROW, None, "wait_for", 3_600_000_000) == stuck_of(hung(seen))


def test_without_code_of_the_app_the_innermost_line_is_told():
    """Something is better than nothing."""
    server = frames("run_asgi uvicorn/protocols/http/httptools_impl.py:426", "sleep asyncio/tasks.py:649")
    expected = Stuck(
        Frame("run_asgi", "uvicorn/protocols/http/httptools_impl.py", 426, own=False), None, "sleep", 3_600_000_000
    )

    assert expected == stuck_of(hung(snapshot(9, 3.6, tasks=[task(server, "sleep")])))


def test_who_holds_the_loop_itself_is_told():
    """A loop in pure Python: the request waits for nobody."""
    culprit = {"function": "spin", "file": "callback.py", "line": 9, "self": True}
    loop = {"lag_ns": 0, "blocked_ns": 3_000_000_000, "culprit": culprit}

    stuck = stuck_of(hung(snapshot(9, 3.6, tasks=[task(SERVING, None)], loop=loop)))

    assert Stuck(ON_TEXT, None, None, 3_600_000_000, holds_loop=True) == stuck


@pytest.mark.parametrize("told", [{"tasks": []}, {"tasks": [task([], "Lock.acquire")]}, {"tasks": None}])
def test_nothing_is_told_where_nothing_was_seen(told):
    """A snapshot without a frame names no place."""
    assert stuck_of(hung(snapshot(9, 3.6, **told))) is None
