"""Processes that die, or are held in C, in the middle of a request: what a lookup from another process can say."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from survival_kit import GUNICORN, PATIENCE, Server, command_line, serving, until
from survival_ledger import STAMP

from wxtrace.store.stacks import HEADER_SIZE

APP = "dying_app:app"
SYNC = ("gunicorn", "--bind", "127.0.0.1:{port}", "--worker-class", "sync")
GIVEN_UP = ("--timeout", "2", "--preload")
"""Two seconds are too few for a worker that would first have to import the app, on a busy machine."""
FOUND_WITHIN = 5.5
"""Seconds of its time on the CPU after which a lookup must know the line: one after the second mark."""


@contextmanager
def dying(store: Path, path: str, *options: str, **more: Any) -> Iterator[Server]:
    """Send one push to *path*, and do not wait for its reply."""
    with serving(store, *options, app=APP, **more) as server:
        sender = threading.Thread(target=server.push, args=("oX", path), daemon=True)
        sender.start()
        yield server


def attempt(store: Path) -> dict[str, Any]:
    """Return what `wxtrace find` says of the one attempt; empty while there is none."""
    found = command_line("find", "--store", str(store), "--openid", "oX", "--stamp", str(STAMP), "--json")
    attempts = json.loads(found.stdout or "{}").get("attempts", [])
    return attempts[0] if attempts else {}


def words(found: dict[str, Any]) -> tuple[str | None, str | None, list[str]]:
    """Return cause, signal and the frames of the app of the last words."""
    said = [log["attributes"] for log in found.get("logs", []) if log["event"] == "wxtrace.died"]
    if not said:
        return None, None, []
    return said[-1]["cause"], said[-1]["signal"], [one["function"] for one in said[-1]["frames"] if one["own"]]


def left_by(store: Path) -> list[dict[str, Any]]:
    """Return the rows of last words as they are found."""
    return [log for log in attempt(store).get("logs", []) if log["event"].startswith("wxtrace.")]


def is_dead(store: Path) -> dict[str, Any]:
    """Return the attempt once its process is dead."""
    found = attempt(store)
    return found if found.get("state") == "crashed" else {}


@pytest.mark.parametrize("sealer", ["0", "1"], ids=["alone", "followed"])
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/loop/segfault", ("segmentation fault", "SIGSEGV", ["segfault"])),
        ("/thread/segfault", ("segmentation fault", "SIGSEGV", ["segfault"])),
        ("/loop/abort", ("abort", "SIGABRT", ["on_loop"])),
        ("/loop/bus_error", ("bus error", "SIGBUS", ["bus_error"])),
        ("/loop/kill", (None, None, [])),
    ],
)
def test_a_death_is_told(tmp_path, path, expected, sealer):
    """Fatal signals name the line; SIGKILL leaves no word. The same is found before and after it is sealed."""
    store = tmp_path / "store"
    with dying(store, path, SEALER=sealer):
        found = until(lambda: is_dead(store))
        before = left_by(store)

        assert expected == (*words(found)[:2], words(found)[2][-1:])
        assert 0 == command_line("seal", "--store", str(store)).returncode
        assert before == left_by(store)
        assert [] == list(store.glob("journal/*/stacks.txt"))


def burnt(pid: int) -> float:
    """Return how many seconds a process has been on the CPU."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("path", ["/loop/match", "/thread/match"])
def test_c_code_that_holds_the_interpreter_is_named(tmp_path, path):
    """While a regular expression runs away no thread of Python runs: the line is found all the same, in time."""
    store, looks = tmp_path / "store", [0.0]

    def looked(pid: int) -> dict[str, Any] | None:
        """Look the push up; return the attempt once there are words of it."""
        looks.append(burnt(pid))
        found = attempt(store)
        return found if words(found)[0] else None

    with dying(store, path) as server:
        found = until(lambda: looked(server.process.pid))
        *_, in_vain, _ = looks

        assert in_vain < FOUND_WITHIN
        assert ("open", "timeout", "match") == (found["state"], words(found)[0], words(found)[2][-1])
        server.process.kill()
        server.process.wait()
        before = left_by(store)
        assert ["timeout"] == [log["attributes"]["cause"] for log in before]
        assert 0 == command_line("seal", "--store", str(store)).returncode
        assert before == left_by(store)


def test_what_held_the_interpreter_is_told_when_it_runs_again(tmp_path):
    """The watchdog writes down what held it, and empties the file."""
    store = tmp_path / "store"
    with dying(store, "/loop/match", LETTERS="26", AFTER="2"):
        found = until(lambda: one if (one := attempt(store)).get("state") == "closed" else None)
        seen = [log["attributes"] for log in found["logs"] if log["event"] == "wxtrace.snapshot"]
        of_holder = [one for one in seen if one["mark_s"] is None]

        assert ["match"] == [
            [one["function"] for one in of["threads"][0]["frames"] if one["own"]][-1] for of in of_holder
        ]
        assert [HEADER_SIZE] == [file.stat().st_size for file in store.glob("journal/*/stacks.txt")]
        assert (None, None, []) == words(found)


@pytest.mark.parametrize(("path", "place"), [("park", "park"), ("spin", "spin"), ("match", "match")])
def test_a_worker_that_gunicorn_gives_up_is_told(tmp_path, path, place):
    """A worker that blocks its loop is aborted after the time-out: where it stood is known."""
    store = tmp_path / "store"
    with dying(store, f"/loop/{path}", *GIVEN_UP, program=GUNICORN) as server:
        found = until(lambda: is_dead(store))

        assert ("abort", "SIGABRT", [place]) == (*words(found)[:2], words(found)[2][-1:])
        assert "WORKER TIMEOUT" in server.said()


@pytest.mark.parametrize("path", ["/park", "/spin", "/match"])
def test_the_abort_handler_of_a_sync_worker_still_works(tmp_path, path):
    """A sync worker has a handler of its own for the time-out: it exits by it, as without us, through the spans."""
    store = tmp_path / "store"
    with serving(store, *GIVEN_UP, program=SYNC, app="dying_app:worker") as server:
        threading.Thread(target=server.push, args=("oX", path), daemon=True).start()
        until(lambda: re.search(r"\[(\d+)\] \[INFO\] Worker exiting", server.said()))
        found = attempt(store)

        assert "WORKER TIMEOUT" in server.said()
        assert "SystemExit: 1" in server.said()
        assert ("closed", "SystemExit") == (found["state"], found["spans"][0]["attributes"]["error.type"])
        assert (None, None, []) == words(found)


def test_an_app_that_has_faulthandler_enabled_keeps_it(tmp_path):
    """Its own output gets the stacks, as it wished; the request is crashed, with no words."""
    store = tmp_path / "store"
    with dying(store, "/loop/segfault", ENABLED="1") as server:
        found = until(lambda: is_dead(store))

        assert (None, None, []) == words(found)
        assert "Fatal Python error: Segmentation fault" in server.said()


@pytest.mark.parametrize("switch", ["WXTRACE_LAST_WORDS", "WXTRACE_WATCH"])
def test_they_can_be_switched_off(tmp_path, switch):
    """Then no file is made, and a death is one without a word."""
    store = tmp_path / "store"
    with dying(store, "/loop/segfault", **{switch: "0"}):
        found = until(lambda: is_dead(store))

        assert (None, None, []) == words(found)
        assert [] == list(store.glob("journal/*/stacks.txt"))


def test_a_forked_child_that_dies_says_nothing_for_its_parent(tmp_path):
    """The child's fault is not in the parent's file; the parent's later fault is."""
    store = tmp_path / "store"
    with serving(store, app=APP) as server:
        statuses = [server.push("oX", "/loop/leave")]
        files = [file.stat().st_size for file in store.glob("journal/*/stacks.txt")]
        statuses.append(server.push("oX", "/thread/segfault"))

        assert ([200, 0], [HEADER_SIZE]) == (statuses, files)
        assert (
            "segmentation fault"
            in command_line("find", "--store", str(store), "--openid", "oX", "--stamp", str(STAMP), "--json").stdout
        )


def test_the_file_is_for_nobody_else_to_read(tmp_path):
    """Its mode is 0600."""
    store = tmp_path / "store"
    with serving(store, app=APP) as server:
        server.push("oX")

        assert [0o600] == [file.stat().st_mode & 0o777 for file in store.glob("journal/*/stacks.txt")]


def test_a_server_that_is_told_to_stop_cancels_what_is_left(tmp_path):
    """After its grace uvicorn cancels the request: it is recorded as ended, by that."""
    store = tmp_path / "store"
    with dying(store, "/wait", "--timeout-graceful-shutdown", "1") as server:
        until(lambda: attempt(store))
        os.kill(server.process.pid, signal.SIGTERM)
        server.process.wait(PATIENCE)
        found = attempt(store)

        assert ("closed", "CancelledError") == (found["state"], found["spans"][0]["attributes"]["error.type"])
        assert [] == left_by(store)


def test_a_process_that_was_stopped_under_load_goes_on(tmp_path):
    """Stopped for longer than the watchdog may be silent, it takes no stack of what runs, and answers all."""
    store = tmp_path / "store"
    with serving(store, app=APP) as server:
        stopper = threading.Thread(target=_stop_and_go, args=(server.process.pid, 3))
        stopper.start()
        statuses = server.crowd([f"o{number}" for number in range(1500)])
        stopper.join()

        assert {200: 1500} == statuses
        assert [HEADER_SIZE] == [file.stat().st_size for file in store.glob("journal/*/stacks.txt")]


def _stop_and_go(pid: int, times: int) -> None:
    for _ in range(times):
        time.sleep(0.2)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(1.5)
        os.kill(pid, signal.SIGCONT)
