"""Real WSGI servers: one push each, recycled workers, and workers that are killed in a request."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest
from survival_kit import serving, until
from survival_ledger import STAMP, lines_of, rows, spans_of

GUNICORN = ("gunicorn", "--bind", "127.0.0.1:{port}", "--worker-class")
OWN = ("wsgi_servers",)
APP = "survival_wsgi_app:app"
BESIDES = ("wsgi", "after_reply")
PUSHED = {
    ("wsgi", None),
    ("reply.menu", "wsgi"),
    ("mysql", "reply.menu"),
    ("pool", "reply.menu"),
    ("thread", "reply.menu"),
}
STREAMED = {("wsgi", None), ("reply.succ", "wsgi"), ("reply.ess", "wsgi")}
AFTERWARDS = {("after_reply", "wsgi"), ("crm", "after_reply")}
SYNC, GTHREAD, GEVENT = ("sync", "--workers", "2"), ("gthread", "--workers", "2", "--threads", "2"), ("gevent",)
SERVERS = [
    pytest.param(GUNICORN, SYNC, "flask", id="gunicorn sync, Flask"),
    pytest.param(GUNICORN, SYNC, "django", id="gunicorn sync, Django"),
    pytest.param(GUNICORN, GTHREAD, "flask", id="gunicorn gthread, Flask"),
    pytest.param(GUNICORN, (*GTHREAD, "--preload"), "django", id="gunicorn gthread preloaded, Django"),
    pytest.param(GUNICORN, GEVENT, "flask", id="gunicorn gevent, Flask"),
    pytest.param(GUNICORN, (*GEVENT, "--preload"), "django", id="gunicorn gevent preloaded, Django"),
    pytest.param(OWN, ("gevent",), "flask", id="gevent, Flask"),
    pytest.param(OWN, ("werkzeug",), "flask", id="werkzeug, Flask"),
    pytest.param(OWN, ("wsgiref",), "flask", id="wsgiref, Flask"),
    pytest.param(OWN, ("wsgiref",), "django", id="wsgiref, Django"),
]


@pytest.fixture(name="store")
def _store(tmp_path):
    return tmp_path / "store"


def tree_of(spans):
    """Return the module of each span and of the one above it."""
    modules = {span.span_id: span.module for span in spans}
    return {(span.module, modules.get(span.parent_span_id)) for span in spans}


@pytest.mark.parametrize(("program", "options", "framework"), SERVERS)
def test_a_push_to_each_server(store, program, options, framework):
    """
    A push with threads below it, and one that streams: every span and line is found, under its tag, in its place.
    """
    with serving(store, *options, program=program, app=APP, FRAMEWORK=framework) as server:
        statuses = [server.push("oA"), server.push("oB", "/stream")]
        until(lambda: {"oA", "oB"} == server.ledger.openids("done"))
    found = rows(store)

    assert [200, 200] == statuses
    assert server.ledger.ended() == spans_of(found.spans, "closed", besides=BESIDES)
    assert server.ledger.said() == lines_of(found.logs)
    assert {"oA": PUSHED | AFTERWARDS, "oB": STREAMED | AFTERWARDS} == {
        who: tree_of([span for span in found.spans if span.openid == who]) for who in ("oA", "oB")
    }
    assert {200} == {span.attributes["http.response.status_code"] for span in found.spans if span.module == "wsgi"}


@pytest.mark.parametrize("options", [GTHREAD, GEVENT], ids=["gthread", "gevent"])
def test_a_crowd(store, options):
    """
    Of pushes that share threads, or a thread, each has its own spans and lines and nobody else's.
    """
    openids = [f"o{number}" for number in range(60)]
    with serving(store, *options, program=GUNICORN, app=APP) as server:
        statuses = server.crowd(openids, at_once=8)
        until(lambda: set(openids) == server.ledger.openids("done"))
    found = rows(store)

    assert {200: 60} == statuses
    assert server.ledger.ended() == spans_of(found.spans, "closed", besides=BESIDES)
    assert server.ledger.said() == lines_of(found.logs)
    assert dict.fromkeys(openids, 1) == Counter(row.openid for row in found.spans if row.module == "wsgi")


@pytest.mark.parametrize(
    ("worker", "count", "options"),
    [
        pytest.param("sync", 20, ["--preload"], id="sync preloaded"),
        pytest.param("sync", 6, [], id="sync"),
        pytest.param("gthread", 20, ["--preload"], id="gthread preloaded"),
        pytest.param("gthread", 6, [], id="gthread"),
    ],
)
def test_a_recycled_worker_loses_nothing(store, worker, count, options):
    """
    Of twenty requests to workers that are replaced after each one, twenty are found, with all their records.
    """
    openids = [f"o{number}" for number in range(count)]
    recycling = ("--max-requests", "1", "--workers", "4", *options)
    with serving(store, worker, *recycling, program=GUNICORN, app=APP) as server:
        workers = {server.recycled(openid, "Worker exiting (pid: {})") for openid in openids}
        server.stop()
    found = rows(store)

    assert count == len(workers)
    assert server.ledger.ended() == spans_of(found.spans, "closed", besides=BESIDES)
    assert server.ledger.said() == lines_of(found.logs)
    assert dict.fromkeys(openids, 1) == Counter(row.openid for row in found.spans if row.module == "wsgi")


@pytest.mark.parametrize("options", [SYNC, GTHREAD, GEVENT], ids=["sync", "gthread", "gevent"])
def test_a_worker_that_is_killed_in_a_request(store, options):
    """
    What had begun when the worker was killed reads as crashed, module and all; what was said before is there.
    """
    with hanging(store, options) as (server, worker):
        os.kill(worker, signal.SIGKILL)
        until(lambda: 200 == server.push("oB"))
    found = rows(store, openid="oH")

    assert {("wsgi", "crashed"), ("reply.stuck", "crashed")} == {(row.module, row.state) for row in found.spans}
    assert ["stuck"] == [line.event for line in found.logs]


def test_a_worker_that_exits_in_a_request_loses_nothing(store):
    """
    A worker that calls `os._exit` after its last words has said them, and is replaced.
    """
    with serving(store, "sync", program=GUNICORN, app=APP) as server:
        statuses = [server.push("oA"), server.push("oB", "/leave"), server.push("oC")]
        server.stop()
    found = rows(store)

    assert [200, 0, 200] == statuses
    assert server.ledger.said() == lines_of(found.logs)
    assert {("oA", "closed"), ("oB", "crashed"), ("oC", "closed")} == {
        (row.openid, row.state) for row in found.spans if row.module == "wsgi"
    }


def test_a_worker_that_gunicorn_times_out(store):
    """
    Where gunicorn gives a hanging sync worker up, the request says by what it ended.
    """
    given_up = ("sync", "--timeout", "1", "--preload")  # else a busy machine's worker is given up as it imports
    with hanging(store, given_up) as (server, worker):
        until(lambda: f"Worker exiting (pid: {worker})" in server.said())
        server.stop()
    states = {row.module: (row.state, row.status_message) for row in rows(store, openid="oH").spans}

    assert {"wsgi": ("closed", "SystemExit: 1"), "reply.stuck": ("closed", "SystemExit: 1")} == states


@pytest.mark.parametrize("options", [SYNC, GTHREAD, GEVENT], ids=["sync", "gthread", "gevent"])
def test_a_client_that_goes(store, options):
    """
    Where the client hangs up in the middle of a reply, the attempt says so, and what runs afterwards is found.
    """
    with serving(store, *options, program=GUNICORN, app=APP) as server:
        target = f"/big?signature=0&timestamp={STAMP}&nonce=n&openid=oA"
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(f"POST {target} HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nhi".encode())
            assert client.recv(99)
        until(lambda: "oA" in server.ledger.openids("done"))
    access, *more = sorted(rows(store, openid="oA").spans, key=lambda row: row.seq)

    assert ("wsgi", "closed", True) == (access.module, access.state, access.attributes["wechat.disconnected"])
    assert ["after_reply", "crm"] == [row.module for row in more]


def test_a_file_that_gunicorn_sends(store):
    """
    A file goes out by sendfile, as without us, and its length is in the record.
    """
    with serving(store, "sync", program=GUNICORN, app=APP) as server:
        assert 200 == server.push("oA", "/file")
        assert [["gunicorn.http.wsgi"]] == server.ledger.told("file")
        until(lambda: rows(store, openid="oA").spans[0].state == "closed")
    (access,) = rows(store, openid="oA").spans

    assert ("closed", (Path(__file__).parents[1] / "survival_wsgi_app.py").stat().st_size) == (
        access.state,
        access.attributes["wechat.reply.length"],
    )


@pytest.mark.parametrize("options", [SYNC, GTHREAD], ids=["sync", "gthread"])
def test_a_hanging_handler_is_seen(store, options):
    """
    A Flask handler that hangs gets a snapshot of its thread, which names the function that hangs.
    """
    with hanging(store, options, WXTRACE_WATCH="0.5,2,8,32"):  # a busy machine may come to the handler late
        (seen,) = until(lambda: snapshots_in("hang", store)[:1])

    assert "reply.stuck" == seen.module


def snapshots_in(function, store):
    """Return the snapshots of the push that hangs whose one thread is in a function of the app."""
    logs = [line for line in rows(store, openid="oH", everything=True).logs if line.event == "wxtrace.snapshot"]
    found = []
    for log in logs:
        (thread,) = log.attributes["threads"]
        if (function, "survival_wsgi_app.py") in [(frame["function"], frame["file"]) for frame in thread["frames"]]:
            found.append(log)
    return found


@contextmanager
def hanging(store, options, **environment):
    """A gunicorn with a push that hangs in it, as (server, process that serves the push)."""
    with serving(store, *options, program=GUNICORN, app=APP, **environment) as server:
        sender = threading.Thread(target=server.push, args=("oH", "/hang"), daemon=True)
        sender.start()
        until(lambda: server.ledger.openids("log"))
        yield server, next(int(words[0]) for words in server.ledger.lines() if words[1] == "log")
    sender.join()
