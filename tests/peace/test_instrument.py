"""`opentelemetry-instrument --traces_exporter wxtrace --logs_exporter wxtrace uvicorn app:app`, for real."""

from __future__ import annotations

from collections import Counter

import pytest
from peace.sink import listening, value_of
from survival_kit import serving, until
from survival_ledger import STAMP, rows

from wxtrace.lookup.lookup import find

APP = "peace_instrument:app"
OF_PORTS = ("port", "http.host")
OPENIDS = [f"o{number}" for number in range(8)]
SETTINGS = {
    "OTEL_METRICS_EXPORTER": "none",
    "OTEL_SERVICE_NAME": "plain",
    "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "sqlalchemy,redis,celery,logfire",
    "OTEL_BSP_SCHEDULE_DELAY": "100",
}


UVICORN = ("uvicorn", "--host", "127.0.0.1", "--port", "{port}")
GUNICORN = ("gunicorn", "--bind", "127.0.0.1:{port}", "--workers", "2")


def served(store, sink, traces, logs="none", *options, server=UVICORN, app=APP, **environment):
    """Serve some pushes, instrumented; return what is found of them once the server has ended."""
    program = ("peace_launch", "--traces_exporter", traces, "--logs_exporter", logs, *server)
    told = {**SETTINGS, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": sink.url, **environment}
    with serving(store, *options, program=program, app=app, **told) as server:
        assert {200: len(OPENIDS)} == server.crowd(OPENIDS, at_once=2)
        if "otlp" in traces:
            until(lambda: len(OPENIDS) <= sum(span.kind == 2 for _, span in sink.spans()))
        server.stop()
    return rows(store, everything=True) if "wxtrace" in traces else None


@pytest.fixture(name="sink")
def _sink():
    with listening() as sink:
        yield sink


@pytest.mark.parametrize(
    ("options", "aware"),
    [
        pytest.param((), "0", id="unchanged app"),
        pytest.param(("--workers", "2"), "0", id="unchanged app, two workers"),
        pytest.param((), "1", id="with our middleware"),
    ],
)
def test_pushes_are_found(tmp_path, sink, options, aware):
    """
    An app that imports no wxtrace is recorded, each push under its tag, and what a background task logs after the
    reply under its trace; with our middleware too, all of it once.
    """
    found = served(tmp_path / "store", sink, "wxtrace", "wxtrace", *options, AWARE=aware)
    servers = [span for span in found.spans if span.kind == "SERVER" and span.openid]

    assert dict.fromkeys(OPENIDS, 1) == Counter(span.openid for span in servers)
    assert dict.fromkeys(OPENIDS, 1) == Counter(span.openid for span in found.spans if span.module == "menu")
    assert {openid: f"menu of {openid}" for openid in OPENIDS} == {
        line.openid: line.event for line in found.logs if line.logger == "app"
    }
    assert len(OPENIDS) == sum(line.logger == "app" for line in found.logs)
    assert Counter(span.trace_id for span in servers) == Counter(
        line.trace_id for line in found.logs if line.logger == "later"
    )
    assert {("access", "asgi", "/push", 200, aware == "1")} == {
        (
            *(span.layer, span.module, span.attributes["url.path"], span.attributes["http.response.status_code"]),
            "wechat.reply.acceptable" in span.attributes,
        )
        for span in servers
    }
    shown = str(find(openid=OPENIDS[0], stamp=STAMP, store=str(tmp_path / "store")))
    assert [] == [words for words in ("menu of o0", "replied", "HTTP 200") if words not in shown]
    assert {"aware" if aware == "1" else "plain"} == {span.service for span in servers}


def test_workers_that_are_forked(tmp_path, sink):
    """So is an unchanged Flask app, in workers that gunicorn forks from the process that was instrumented."""
    found = served(tmp_path / "s", sink, "wxtrace", "wxtrace", server=GUNICORN, app="peace_flask:app")

    assert dict.fromkeys(OPENIDS, 1) == Counter(span.openid for span in found.spans if span.kind == "SERVER")
    assert {("access", "wsgi", "/push", 200)} == {
        (span.layer, span.module, span.attributes["url.path"], span.attributes["http.response.status_code"])
        for span in found.spans
        if span.kind == "SERVER"
    }
    assert sorted((openid, f"menu of {openid}") for openid in OPENIDS) == sorted(
        (line.openid, line.event) for line in found.logs if line.logger == "app"
    )


@pytest.fixture(name="alone", scope="module")
def _alone(tmp_path_factory):
    with listening() as sink:
        served(tmp_path_factory.mktemp("alone") / "store", sink, "otlp_proto_http")
    return told(sink)


@pytest.mark.parametrize("aware", ["0", "1"], ids=["unchanged app", "with our middleware"])
def test_the_collector_gets_what_it_gets_alone(tmp_path, sink, alone, aware):
    """Beside wxtrace's exporter another one gets the same spans as without it."""
    served(tmp_path / "store", sink, "otlp_proto_http,wxtrace", "none", AWARE=aware)

    assert alone == told(sink)


def told(sink):
    """Return what a collector was told of pushes, but for ids, times and ports."""
    return Counter(
        (
            span.name,
            span.kind,
            bool(span.parent_span_id),
            span.status.code,
            repr(
                sorted((one.key, value_of(one.value)) for one in span.attributes if not one.key.endswith(OF_PORTS))
            ),
        )
        for _, span in sink.spans()
    )
