"""`start(processors=[BatchSpanProcessor(OTLPSpanExporter(…))])` on real servers, against a collector of OTLP."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest
from peace.sink import listening, stored
from survival_kit import GUNICORN, PATIENCE, UVICORN, serving
from survival_ledger import rows

HYPERCORN = ("hypercorn", "--bind", "127.0.0.1:{port}")
SYNC = ("gunicorn", "--bind", "127.0.0.1:{port}", "--workers", "2", "--worker-class")
ASGI, WSGI = "peace_app:asgi_app", "peace_app:wsgi_app"
SERVERS = [
    pytest.param(UVICORN, (), ASGI, {}, id="uvicorn"),
    pytest.param(UVICORN, ("--workers", "2"), ASGI, {}, id="uvicorn, two workers"),
    pytest.param(UVICORN, (), ASGI, {"SDK": "1"}, id="uvicorn, the app has an SDK"),
    pytest.param(HYPERCORN, (), ASGI, {}, id="hypercorn"),
    pytest.param(GUNICORN, ("--workers", "2"), ASGI, {}, id="gunicorn with uvicorn workers"),
    pytest.param(GUNICORN, ("--workers", "2", "--preload"), ASGI, {"BEFORE": "1"}, id="the same, preloaded"),
    pytest.param(SYNC, ("sync",), WSGI, {}, id="gunicorn sync"),
    pytest.param(SYNC, ("gthread", "--preload"), WSGI, {"BEFORE": "1"}, id="gunicorn gthread, preloaded"),
    pytest.param(SYNC, ("gevent",), WSGI, {}, id="gunicorn gevent"),
]
OPENIDS = [f"o{number}" for number in range(12)]


@pytest.fixture(name="sink")
def _sink():
    with listening() as sink:
        yield sink


@pytest.mark.parametrize(("program", "options", "app", "environment"), SERVERS)
def test_what_is_sent_is_what_is_stored(tmp_path, sink, program, options, app, environment):
    """
    A server that is asked to end has sent each span once: ids, times, status, attributes, events as stored.
    """
    told = {"SINK": sink.url, "OTEL_BSP_SCHEDULE_DELAY": "3600000", **environment}
    with serving(tmp_path / "store", *options, program=program, app=app, **told) as server:
        assert {200: len(OPENIDS)} == server.crowd(OPENIDS, at_once=4)
        server.stop()
    found = rows(tmp_path / "store", everything=True)
    sent, before = [], []
    for one in sink.told():
        (before if "start-up" in one[5] else sent).append(one)

    assert stored(found.spans, found.logs) == sent
    assert ("BEFORE" in environment) == len(before)
    assert dict.fromkeys(OPENIDS, 1) == Counter(row.openid for row in found.spans if row.kind == "SERVER")
    assert b"SECRET" not in b"".join(sink.bodies)


def test_a_collector_that_hangs(tmp_path, sink):
    """While the collector answers nothing, pushes are answered, and the server still ends by itself."""
    sink.gate.clear()
    with serving(tmp_path / "store", app=ASGI, SINK=sink.url, OTEL_BSP_SCHEDULE_DELAY="1") as server:
        first = server.push("oA")
        assert sink.asked.wait(PATIENCE)
        later = server.crowd(OPENIDS, at_once=4)
        server.stop()

    assert (200, {200: len(OPENIDS)}) == (first, later)
    assert {"oA", *OPENIDS} == {row.openid for row in rows(tmp_path / "store").spans}


EXITS = {
    "its own": "pass",
    "sys.exit": "sys.exit(3)",
    "an exception": "raise LookupError",
    "a forked child": "if os.fork() == 0: work('child'); sys.exit(); \nos.wait()",
    "multiprocessing": "start = multiprocessing.get_context('fork').Process(target=work, args=('child',))\n"
    "start.start(); start.join()",
}
WORK = """
import multiprocessing, multiprocessing.util, os, sys
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import BatchSpanProcessor
import wxtrace
wxtrace.start(store=sys.argv[1], sealer=False, processors=[BatchSpanProcessor(OTLPSpanExporter(sys.argv[2]))])
def work(name):
    for _ in range(20):
        with wxtrace.span("logic", name, "work"):
            pass
work("parent")
"""


@pytest.mark.parametrize("ending", EXITS)
def test_an_exit(tmp_path, sink, ending):
    """However Python exits, in a child too, what has ended is sent once."""
    command = [sys.executable, "-W", "ignore", "-c", WORK + EXITS[ending], str(tmp_path), sink.url]
    subprocess.run(command, stderr=subprocess.DEVNULL, check=False)
    names = Counter(modules for _, span in sink.spans() for modules in [span.attributes[-1].value.string_value])

    assert {"parent": 20} | ({"child": 20} if "child" in EXITS[ending] else {}) == names
