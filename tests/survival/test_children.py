"""Children of all kinds: pools of processes, forks among busy threads and before any start, watched ones."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

import pytest
from survival_kit import grown_up, until
from survival_ledger import rows

from wxtrace.store import paths
from wxtrace.store.journals import writers


@pytest.fixture(name="store")
def _store(tmp_path):
    return tmp_path / "store"


def command(name, *arguments):
    """Return the command that plays *name* of `child_acts`; what is spawned imports it, and no test."""
    words = ", ".join(map(repr, arguments))
    return [sys.executable, "-c", f"import child_acts\nif __name__ == '__main__':\n    child_acts.{name}({words})"]


def play(store, name, *arguments):
    """Play an act to its end, and return what it told last."""
    with grown_up(command(name, *arguments), store, subprocess.PIPE) as process:
        said, _ = process.communicate(timeout=120)
    assert 0 == process.returncode, said.decode()
    return json.loads(said.splitlines()[-1])


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_pool_of_processes(store, method):
    """
    A worker does each job under the tag of who has submitted it, not of the push that it was forked for.
    """
    told = play(store, "pooled", method)
    found = rows(store)
    parents = {row.span_id: row.module for row in found.spans}

    assert {("oA", "job", "asgi"), ("oB", "job", "asgi")} == {
        (row.openid, row.module, parents[row.parent_span_id]) for row in found.spans if row.pid == told["worker"]
    }
    assert {("oA", "job"), ("oB", "job")} == {(row.openid, row.event) for row in found.logs}


def test_a_pool_of_multiprocessing_has_no_tag(store):
    """
    Workers of `multiprocessing.Pool` that are forked within a push do not have its tag for life.
    """
    assert play(store, "old_pool")["tag"] is None


def test_a_fork_before_anything_is_started(store):
    """
    Two sides that each start by themselves are two writers, with a file each.
    """
    play(store, "forked_first")
    found = rows(store)

    assert {("oParent", "step"), ("oChild", "step")} == {(row.openid, row.event) for row in found.logs}
    assert 2 == len({row.writer for row in found.spans}) == len(list(writers(paths.journal_folder(str(store)))))


def test_forks_among_busy_threads(store):
    """
    Whatever other threads were doing at the fork, no child hangs, and all that children and parent record is there.
    """
    play(store, "forked_among_threads")
    found = rows(store)
    once = ["oBefore", "oAfter", *(f"oChild{number}" for number in range(10))]
    spans, logs = (Counter(row.openid for row in kind) for kind in (found.spans, found.logs))

    assert dict.fromkeys(once, (2, 1)) == {openid: (spans[openid], logs[openid]) for openid in once}
    assert {f"oThread{number}" for number in range(4)} == set(spans) - set(once)
    assert {"closed"} == {row.state for row in found.spans if row.openid in once}
    assert 11 == len({row.writer for row in found.spans})


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_child_is_watched(store, tmp_path, method):
    """
    A request that hangs in a child has its snapshot there, though the parent's watchdog was running before.
    """
    gate = tmp_path / "gate"
    with grown_up(command("watched", method), store, WXTRACE_WATCH="0.3", GATE=str(gate)) as process:
        told = json.loads(process.stdout.readline())
        (seen,) = until(lambda: snapshots(store, "oH"))
        gate.touch()
        process.communicate()

    assert told["child"] == seen.pid


def snapshots(store, openid):
    """Return the snapshots of a request."""
    if not paths.journal_folder(str(store)).is_dir():
        return []
    found = rows(store, openid=openid, everything=True).logs
    return [row for row in found if row.event == "wxtrace.snapshot"]
