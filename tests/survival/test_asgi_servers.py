"""Real ASGI servers beside uvicorn: one push each, many at once, workers that are spawned, recycled and killed."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from survival_kit import GUNICORN, UVICORN, serving, until
from survival_ledger import lines_of, rows, spans_of

from wxtrace.store import paths
from wxtrace.store.journals import writers

HYPERCORN = ("hypercorn", "--bind", "127.0.0.1:{port}")
OWN_ASGI = ("gunicorn", "--bind", "127.0.0.1:{port}", "--worker-class", "asgi")
BESIDES = ("asgi", "after_reply")
PUSHED = {
    ("asgi", None),
    ("reply.menu", "asgi"),
    *((module, "reply.menu") for module in ("mysql", "redis", "thread", "pool")),
    ("mysql.wire", "mysql"),
    ("redis.wire", "redis"),
    ("after_reply", "asgi"),
    ("crm", "after_reply"),
}
SYNC = {("asgi", None), ("reply.sync", "asgi"), ("sync", "reply.sync")}
PUSHED_BY_TRIO = {("asgi", None), ("reply.menu", "asgi"), ("task", "reply.menu"), ("thread", "reply.menu")}
SERVERS = [
    pytest.param(HYPERCORN, (), id="hypercorn"),
    pytest.param(HYPERCORN, ("--worker-class", "uvloop"), id="hypercorn uvloop"),
    pytest.param(HYPERCORN, ("--workers", "2"), id="hypercorn, two workers"),
    pytest.param(UVICORN, ("--reload",), id="uvicorn that reloads"),
    pytest.param(GUNICORN, ("--workers", "2", "--preload"), id="gunicorn with uvicorn workers"),
    pytest.param(OWN_ASGI, ("--workers", "2"), id="gunicorn's own ASGI worker"),
]


@pytest.fixture(name="store")
def _store(tmp_path):
    return tmp_path / "store"


def tree_of(spans):
    """Return the module of each span and of the one above it."""
    modules = {span.span_id: span.module for span in spans}
    return {(span.module, modules.get(span.parent_span_id)) for span in spans}


@pytest.mark.parametrize(("program", "options"), SERVERS)
def test_a_push_to_each_server(store, program, options):
    """
    A push with tasks and threads below it, and one to a plain function: every span and line is found in its place.
    """
    with serving(store, *options, program=program) as server:
        statuses = [server.push("oA"), server.push("oB", "/sync")]
        until(lambda: {"oA", "oB"} == server.ledger.openids("done"))
    found = rows(store)

    assert [200, 200] == statuses
    assert server.ledger.ended() == spans_of(found.spans, "closed", besides=BESIDES)
    assert server.ledger.said() == lines_of(found.logs)
    assert {"oA": PUSHED, "oB": SYNC} == {
        who: tree_of([span for span in found.spans if span.openid == who]) for who in ("oA", "oB")
    }
    assert {200} == {span.attributes["http.response.status_code"] for span in found.spans if span.module == "asgi"}


@pytest.mark.parametrize(("program", "options"), SERVERS)
def test_only_who_has_served_is_a_writer(store, program, options):
    """
    A master, a reloader or a worker without a push has no journal; who has served has one, and no other process.
    """
    with serving(store, *options, program=program) as server:
        server.crowd([f"o{number}" for number in range(20)], at_once=20)
        until(lambda: 20 == len(server.ledger.openids("done")))
        served = {int(words[0]) for words in server.ledger.lines()}
        folders = writers(paths.journal_folder(str(store)))

    assert dict.fromkeys(served, 1) == Counter(writer.pid for writer in folders)


@pytest.mark.parametrize("options", [(), ("--workers", "2")], ids=["one process", "two workers"])
def test_a_crowd_at_hypercorn(store, options):
    """
    Of pushes that share a loop each has its own spans and lines and nobody else's.
    """
    openids = [f"o{number}" for number in range(60)]
    with serving(store, *options, program=HYPERCORN) as server:
        statuses = server.crowd(openids, at_once=20)
        until(lambda: set(openids) == server.ledger.openids("done"))
    found = rows(store)

    assert {200: 60} == statuses
    assert server.ledger.ended() == spans_of(found.spans, "closed", besides=BESIDES)
    assert server.ledger.said() == lines_of(found.logs)
    assert dict.fromkeys(openids, 1) == Counter(row.openid for row in found.spans if row.module == "asgi")


@pytest.mark.parametrize(
    ("program", "option"),
    [
        pytest.param(HYPERCORN, "--max-requests", id="hypercorn"),
        pytest.param(UVICORN, "--limit-max-requests", id="uvicorn"),
        pytest.param(OWN_ASGI, "--max-requests", id="gunicorn's own ASGI worker"),
    ],
)
def test_a_recycled_worker_loses_nothing(store, program, option):
    """
    Of pushes to workers that end after a few, each that was answered is found, with all its records.
    """
    with serving(store, option, "3", "--workers", "2", program=program) as server:
        for number in range(8):
            until(lambda number=number: 200 == server.push(f"o{number}"))
        until(lambda: {f"o{number}" for number in range(8)} <= server.ledger.openids("done"))
        server.stop()
    found = rows(store)

    assert server.ledger.ended() == spans_of(found.spans, "closed", besides=BESIDES)
    assert server.ledger.said() == lines_of(found.logs)


def test_a_hypercorn_worker_that_exits_in_a_request_loses_nothing(store):
    """
    A worker that calls `os._exit` after its last words has said them; the other worker serves on.
    """
    with serving(store, "--workers", "2", program=HYPERCORN) as server:
        statuses = [server.push("oA")]
        until(lambda: {"oA"} == server.ledger.openids("done"))
        statuses.append(server.push("oB", "/leave"))
    found = rows(store)

    assert [200, 0] == statuses
    assert server.ledger.said() == lines_of(found.logs)
    assert {("oA", "closed"), ("oB", "crashed")} == {
        (row.openid, row.state) for row in found.spans if row.module == "asgi"
    }


def seen(store):
    """Return the snapshots of requests."""
    return [row for row in rows(store, everything=True).logs if row.event == "wxtrace.snapshot"]


def test_a_push_under_trio(store, tmp_path):
    """
    An app without asyncio keeps the tag in its tasks and threads, and a handler that hangs is seen.
    """
    gate, statuses = tmp_path / "gate", []
    environment = {"GATE": str(gate), "WXTRACE_WATCH": "0.3"}
    with serving(store, "--worker-class", "trio", program=HYPERCORN, app="trio_app:app", **environment) as server:
        sender = threading.Thread(target=lambda: statuses.append(server.push("oA")))
        sender.start()
        until(lambda: paths.journal_folder(str(store)).is_dir() and seen(store))
        gate.touch()
        sender.join()
        until(lambda: {"closed"} == {row.state for row in rows(store).spans})
    found = rows(store)

    assert [200] == statuses
    assert PUSHED_BY_TRIO == tree_of(found.spans)
    assert {("oA", "task"), ("oA", "thread")} == {(row.openid, row.event) for row in found.logs}
