"""Processes that fork, spawn, are recycled, or leave without a goodbye."""

from __future__ import annotations

import json
import subprocess
from collections import Counter

import pytest
from survival_kit import GUNICORN, PATIENCE, act, grown_up, serving
from survival_ledger import STAMP, lines_of, rows, spans_of

from wxtrace.store import paths
from wxtrace.store.journals import writers


@pytest.fixture(name="store")
def _store(tmp_path):
    return tmp_path / "store"


def play(name, store):
    """Play an act to its end, and return what it told."""
    with grown_up(act(name), store, subprocess.PIPE) as process:
        told, _ = process.communicate(timeout=PATIENCE)
    return [json.loads(line) for line in told.splitlines()]


@pytest.fixture(name="forked")
def _forked(store):
    child, parent = play("forked", store)
    return child, parent, {row.module: row for row in rows(store).spans}


def test_both_sides_of_a_fork_record(forked):
    """
    What each side does after the fork is found once, as its own.
    """
    child, parent, found = forked
    of_parent, of_child = ["asgi", "shared", "before", "parent"], ["child", "child again"]
    expected = dict.fromkeys(of_parent, parent["pid"]) | dict.fromkeys(of_child, child["pid"])

    assert expected == {module: row.pid for module, row in found.items()}
    assert {"closed"} == {row.state for row in found.values()}


def test_a_span_open_at_the_fork_is_the_parent_of_both_sides(forked):
    """
    The child's spans hang under the span that was open, in the same trace, though the span is the parent's.
    """
    _, _, found = forked
    shared = found["shared"]

    assert {shared.span_id} == {found[module].parent_span_id for module in ("before", "child", "parent")}
    assert found["asgi"].span_id == found["child again"].parent_span_id
    assert {shared.trace_id} == {row.trace_id for row in found.values()}


def test_a_forked_child_keeps_the_tag(forked):
    """
    The child knows the push, and its records carry it.
    """
    child, _, found = forked

    assert ["oA", STAMP, "noA"] == child["tag"]
    assert {("oA", STAMP, "noA")} == {(row.openid, row.stamp, row.nonce) for row in found.values()}


def test_no_file_is_shared_by_a_fork(store, forked):
    """
    Parent and child have a folder each, named by their pids; no record of the one is in that of the other.
    """
    child, parent, found = forked
    folders = {writer.pid: writer.writer for writer in writers(paths.journal_folder(str(store)))}

    assert {child["pid"], parent["pid"]} == set(folders)
    assert {row.writer for row in found.values()} == set(folders.values())
    assert all(row.writer == folders[row.pid] for row in found.values())


def test_what_is_recorded_right_before_an_exit_is_found(store):
    """
    `os._exit` after a record takes no record along; the request has crashed.
    """
    play("left", store)

    assert {"asgi": "crashed", "last": "closed"} == {row.module: row.state for row in rows(store).spans}


def test_spawned_processes_record(store):
    """
    Processes made by multiprocessing's spawn are writers like any other.
    """
    play("spawned", store)
    found = Counter((row.openid, row.module, row.state) for row in rows(store).spans)

    assert {(who, what, "closed"): 1 for who in ("oA", "oB", "oC") for what in ("asgi", "spawned")} == found


@pytest.mark.parametrize(("count", "options"), [(20, ["--preload"]), (8, [])], ids=["preload", "plain"])
def test_a_recycled_worker_loses_nothing(store, count, options):
    """
    Of twenty requests to workers that are replaced after each one, twenty are found, with all their records.
    """
    openids = [f"o{number}" for number in range(count)]
    with serving(store, "--max-requests", "1", "--workers", "4", *options, program=GUNICORN) as server:
        workers = {server.recycled(openid, "[{}] [INFO] Shutting down") for openid in openids}
        server.stop()
    found = rows(store)

    assert count == len(workers)
    assert server.ledger.ended() == spans_of(found.spans, "closed", besides=("asgi", "after_reply"))
    assert server.ledger.said() == lines_of(found.logs)
    assert dict.fromkeys(openids, 1) == Counter(row.openid for row in found.spans if row.module == "asgi")


@pytest.mark.parametrize("options", [["--preload"], []], ids=["preload", "plain"])
def test_a_worker_that_exits_in_a_request_loses_nothing(store, options):
    """
    A gunicorn worker that calls `os._exit` after its last words has said them, and is replaced.
    """
    with serving(store, "--workers", "1", *options, program=GUNICORN) as server:
        statuses = [server.push("oA"), server.push("oB", "/leave"), server.push("oC")]
        server.stop()
    found = rows(store)

    assert [200, 0, 200] == statuses
    assert server.ledger.said() == lines_of(found.logs)
    assert {("oA", "closed"), ("oB", "crashed"), ("oC", "closed")} == {
        (row.openid, row.state) for row in found.spans if row.module == "asgi"
    }
