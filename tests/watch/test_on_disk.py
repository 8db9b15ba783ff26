"""Real servers that hang: the snapshots are on disk while they do."""

from __future__ import annotations

import itertools
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from survival_kit import GUNICORN, UVICORN, environment_of, serving, until

from wxtrace.store import journals

MARKS_S = (0.5, 1.5)
MARKS = {"WXTRACE_WATCH": ",".join(map(str, MARKS_S))}


def told(store: Path) -> list[dict]:
    """Return what the snapshots in the journals of *store* say, those of all writers."""
    return [
        json.loads(record.attributes)
        for writer in journals.writers(store / "journal")
        for segment in writer.segments()
        for record in journals.records(segment.read_bytes())
        if record.name == "wxtrace.snapshot"
    ]


def marks(store: Path) -> list[float]:
    """Return the marks of the snapshots that were written, once that of the last mark is among them."""
    found = [snapshot["mark_s"] for snapshot in told(store)]
    return found if MARKS_S[-1] in found else []


@contextmanager
def waiting_client(port: int, path: str) -> Iterator[None]:
    """Send a push, and wait for a reply that does not come for as long as the block runs."""
    target = f"{path}?signature=0&timestamp=1745231475&nonce=1&openid=oA"
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(f"POST {target} HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n".encode())
        yield


@pytest.mark.parametrize(
    ("program", "options"),
    [
        pytest.param(UVICORN, ["--loop", "asyncio"], id="asyncio"),
        pytest.param(UVICORN, ["--loop", "uvloop"], id="uvloop"),
        pytest.param(GUNICORN, ["--preload"], id="preloaded"),
    ],
)
@pytest.mark.parametrize(
    ("path", "function", "what"), [("/hang", "hang", "Lock.acquire"), ("/stuck", "stuck", "ours.recv")]
)
def test_a_server_that_hangs_tells_where(tmp_path, program, options, path, function, what):
    """The function and what it waits for are in the journal while the client still waits: once a mark."""
    for store in (tmp_path / f"store-{number}" for number in itertools.count()):
        with (
            serving(store, *options, program=program, app="watch_app:app", **MARKS) as server,
            waiting_client(server.port, path),
        ):
            until(lambda store=store: marks(store))
            written = told(store)
        if len(written) > 1:  # else both marks were past at the first look, so busy was the machine
            break

    chains = [chain for snapshot in written for chain in (*snapshot["tasks"], *snapshot["threads"])]
    innermost = [
        (frame["function"], frame["file"])
        for chain in chains
        for frame in chain["frames"]
        if what in (chain.get("awaits"), chain["call"]) and frame["file"] == "watch_app.py"
    ]
    assert [*MARKS_S] == [snapshot["mark_s"] for snapshot in written]
    assert [(function, "watch_app.py")] * 2 == innermost


@pytest.mark.parametrize("environment", [{"WXTRACE_WATCH": "0"}, {"WXTRACE_DISABLED": "1"}])
def test_what_is_switched_off_makes_no_thread(tmp_path, environment):
    """Where nothing is to be watched, a request starts no watchdog."""
    script = (
        "import threading, wxtrace; from serving import replying, serve\n"
        "wxtrace.start(sealer=False); serve(wxtrace.AccessMiddleware(replying()))\n"
        "print(sorted(one.name for one in threading.enumerate() if 'watchdog' in one.name))"
    )
    environment = environment_of(tmp_path / "store") | environment

    assert (
        "[]\n"
        == subprocess.run(
            [sys.executable, "-c", script], env=environment, check=True, capture_output=True, text=True
        ).stdout
    )


FORK = """
import asyncio, os, sys, threading, time
import wxtrace
from serving import exchange, replying, scope, serve

wxtrace.start(sealer=False)
serve(wxtrace.AccessMiddleware(replying()))
assert "wxtrace-watchdog" in [one.name for one in threading.enumerate()]

async def hang(*connection):
    await asyncio.sleep(3600)

{fork}
asyncio.run(exchange(wxtrace.AccessMiddleware(hang), scope()))
"""


@pytest.mark.parametrize(
    "fork",
    [
        pytest.param("if os.fork(): os.wait()", id="fork"),
        pytest.param(
            "import multiprocessing\n"
            "def child(): asyncio.run(exchange(wxtrace.AccessMiddleware(hang), scope()))\n"
            "one = multiprocessing.get_context('fork').Process(target=child); one.start(); one.join()",
            id="multiprocessing",
        ),
    ],
)
def test_a_forked_child_has_a_watchdog_of_its_own(tmp_path, fork):
    """A process forked after requests were watched watches its own."""
    store = tmp_path / "store"
    process = subprocess.Popen(
        [sys.executable, "-c", FORK.format(fork=fork)],
        env=environment_of(store) | MARKS,
        start_new_session=True,
    )
    try:
        until(lambda: marks(store))
        pids = {writer.pid for writer in journals.writers(store / "journal")}
    finally:
        subprocess.run(["kill", "-9", "--", f"-{process.pid}"], check=True)
        process.wait()

    assert 2 == len(pids)
    assert {"sleep"} == {snapshot["tasks"][0]["awaits"] for snapshot in told(store)}
