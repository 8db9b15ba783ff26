"""What `opentelemetry-instrument` loads by name."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections import OrderedDict
from importlib.metadata import entry_points

import pytest
import structlog
from opentelemetry import _logs, trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.context import get_current
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import SpanKind
from opentelemetry.util._once import Once
from serving import OPENID, STAMP, in_push

import wxtrace
from wxtrace import wiring
from wxtrace.capture import bridged
from wxtrace.capture import served as served_capture
from wxtrace.capture.recorder import recorder
from wxtrace.otel.logs import WxtraceLogExporter
from wxtrace.otel.propagator import WxtracePropagator
from wxtrace.otel.spans import WxtraceSpanExporter

PUSH = {
    "http.method": "POST",
    "http.target": f"/wx?signature=0a1b&timestamp={STAMP}&nonce=7&openid={OPENID}",
}
NAMES = {
    "opentelemetry_traces_exporter": "WxtraceSpanExporter",
    "opentelemetry_logs_exporter": "WxtraceLogExporter",
    "opentelemetry_propagator": "WxtracePropagator",
    "opentelemetry_environment_variables": "wxtrace.otel.environment",
}


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    monkeypatch.setattr(bridged.switch, "is_on", False)
    yield
    _logs._internal._LOGGER_PROVIDER, _logs._internal._LOGGER_PROVIDER_SET_ONCE = None, Once()


def served(provider):
    """Make the spans of a push, as contrib's middleware without ours does."""
    tracer = provider.get_tracer("opentelemetry.instrumentation.asgi")
    with (
        tracer.start_as_current_span("POST /wx", kind=SpanKind.SERVER, attributes=PUSH),
        tracer.start_as_current_span("POST /wx http send"),
        provider.get_tracer("app.menu").start_as_current_span("menu"),
    ):
        pass


def found(captured):
    """Return what was recorded of it."""
    return sorted((span.module, span.openid, span.stamp) for span in captured.spans)


@pytest.mark.parametrize("group", NAMES)
def test_they_are_found_by_name(group):
    """Each is an entry point of the name wxtrace."""
    (point,) = entry_points(group=group, name="wxtrace")

    assert NAMES[group] == getattr(point.load(), "__name__", None)


@pytest.mark.parametrize(
    ("variable", "value", "imported"),
    [
        ("OTEL_PROPAGATORS", "tracecontext,baggage,wxtrace", "opentelemetry.propagate"),
        ("OTEL_TRACES_EXPORTER", "wxtrace", "wxtrace.otel.environment"),
    ],
)
def test_they_are_loaded_while_opentelemetry_is(variable, value, imported):
    """The propagator can be loaded in the midst of OpenTelemetry's own import; nothing heavy comes along."""
    code = (
        f"import os; os.environ[{variable!r}] = {value!r}; import {imported}, sys; "
        "sys.exit(bool({'pyarrow', 'pandas', 'opentelemetry.sdk.trace'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_provider_that_it_is_made_for(captured):
    """Made for the global provider, it records spans while they run, and once."""
    provider = TracerProvider(shutdown_on_exit=False)
    trace.set_tracer_provider(provider)
    exporter = WxtraceSpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    served(provider)

    assert [("asgi", OPENID, STAMP), ("menu", OPENID, STAMP)] == found(captured)
    assert exporter.force_flush()
    assert None is exporter.shutdown()


def test_a_provider_of_somebody_s_own(captured):
    """Added to another provider, it records spans when they have ended, each under the push of its trace."""
    provider = TracerProvider(shutdown_on_exit=False)
    exporter = WxtraceSpanExporter()
    ended = []
    provider.add_span_processor(SimpleSpanProcessor(Kept(ended)))
    served(provider)
    exporter.export(ended)

    assert [("asgi", OPENID, STAMP), ("menu", OPENID, STAMP)] == found(captured)
    assert captured.span("asgi").attributes == {"http.request.method": "POST", "url.path": "/wx"}


class Kept:
    """An exporter that keeps spans in the order of their ends."""

    def __init__(self, spans):
        self.spans = spans

    def export(self, spans):
        """Keep them."""
        self.spans.extend(spans)

    def shutdown(self):
        """Do nothing."""


def test_recording_begins_with_the_first_span(tmp_path, monkeypatch):
    """Where the app does not call `start`, the first span does, with the store that the flag names; once."""
    begun = []
    monkeypatch.setattr(wiring, "start", lambda *told: begun.append(told))
    monkeypatch.setenv("OTEL_WXTRACE_STORE", str(tmp_path))
    provider = TracerProvider(shutdown_on_exit=False)
    trace.set_tracer_provider(provider)
    provider.add_span_processor(SimpleSpanProcessor(WxtraceSpanExporter(service="wx")))
    before = list(begun)
    served(provider)

    assert ([], [("wx", str(tmp_path))]) == (before, begun)


def test_an_app_that_starts_wxtrace_itself(tmp_path, monkeypatch, caplog):
    """Where the app calls `start` before its first span, its own settings count, and nobody complains."""
    provider = TracerProvider(shutdown_on_exit=False)
    trace.set_tracer_provider(provider)
    provider.add_span_processor(SimpleSpanProcessor(WxtraceSpanExporter(store=str(tmp_path / "other"))))
    wxtrace.start(service="own", store=tmp_path / "own", sealer=False)
    served(provider)

    assert (["own"], []) == ([path.name for path in tmp_path.iterdir()], caplog.messages)


def test_switched_off(monkeypatch, captured):
    """With WXTRACE_DISABLED=1 nothing is recorded."""
    wxtrace.stop()
    monkeypatch.setenv("WXTRACE_DISABLED", "1")
    provider = TracerProvider(shutdown_on_exit=False)
    trace.set_tracer_provider(provider)
    provider.add_span_processor(SimpleSpanProcessor(WxtraceSpanExporter()))
    served(provider)

    assert ([], False) == (captured.records, recorder.enabled)


# ---------------------------------------------------------------- log lines


@pytest.fixture(name="logs")
def set_up_logs():
    """A global provider of log records that the exporter is made for."""
    provider = LoggerProvider(shutdown_on_exit=False)
    _logs.set_logger_provider(provider)
    provider.add_log_record_processor(SimpleLogRecordProcessor(WxtraceLogExporter()))
    return provider


@pytest.fixture(name="logger")
def a_logger(request, logs):
    """A stdlib logger with the handlers that the test names, in that order."""
    logger = logging.getLogger("app.bridged")
    made = {"otel": lambda: LoggingHandler(logger_provider=logs), "ours": wxtrace.LogHandler}
    for name in request.param:
        logger.addHandler(made[name]())
    yield logger
    logger.handlers.clear()


ORDERS = [("otel",), ("ours", "otel"), ("otel", "ours"), ("otel", "otel"), ("otel", "ours", "otel")]


def lines(captured):
    """Return what was recorded of log lines."""
    return [(line.event, line.severity, line.logger, line.openid) for line in captured.logs]


@pytest.mark.parametrize("logger", ORDERS, indirect=True, ids="+".join)
def test_a_stdlib_line(captured, logger):
    """A line that OpenTelemetry's handler has, and perhaps ours, is recorded once, in the thread that makes it."""
    with in_push():
        logger.warning("cold %s", "a")
        logger.warning("cold %s", "a")
        logger.error("hot", extra={"rows": 3})
    logger.error("nobody's")

    assert [
        ("cold a", "warning", "app.bridged", OPENID),
        ("cold a", "warning", "app.bridged", OPENID),
        ("hot", "error", "app.bridged", OPENID),
    ] == lines(captured)
    assert 3 == captured.logs[2].attributes["rows"]


@pytest.mark.parametrize("logger", ORDERS, indirect=True, ids="+".join)
def test_a_line_of_structlog_s(captured, logger):
    """A line that structlog's processor has recorded, and hands on to `logging`, is recorded once."""
    structlog.configure(
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        processors=[wxtrace.structlog_processor, structlog.processors.JSONRenderer()],
    )
    with in_push():
        structlog.stdlib.get_logger("app.bridged").warning("menu.clicked", key="a")
        logger.warning("cold")

    assert [("menu.clicked", OPENID), ("cold", OPENID)] == [(line.event, line.openid) for line in captured.logs]


def test_a_line_of_opentelemetry_s_own(captured, logs):
    """What is emitted by OpenTelemetry's own API is recorded: events, bodies of any form."""
    emitter = logs.get_logger("fastapi")
    with in_push():
        emitter.emit(LogRecord(timestamp=5, body="text", severity_text="WARN", severity_number=SeverityNumber.WARN))
        emitter.emit(LogRecord(timestamp=6, event_name="menu.clicked", body={"key": 1}, attributes={"a": 1}))
        emitter.emit(LogRecord(timestamp=7, body={"key": 1}))
        emitter.emit(LogRecord(timestamp=8, body={"event": "of structlog"}))

    assert [
        ("text", "warning", {}),
        ("menu.clicked", "info", {"a": 1, "body": {"key": 1}}),
        ('{"key":1}', "info", {}),
        ("of structlog", "info", {}),
    ] == [(line.event, line.severity, line.attributes) for line in captured.logs]


def test_lines_after_the_reply(captured, logs, monkeypatch):
    """A line made after the end of a push's server span is recorded under its trace; of other traces none is."""
    monkeypatch.setattr(served_capture, "_MOST_TRACES", 2)
    monkeypatch.setattr(served_capture, "answered", OrderedDict())
    provider = TracerProvider(shutdown_on_exit=False)
    trace.set_tracer_provider(provider)
    provider.add_span_processor(SimpleSpanProcessor(WxtraceSpanExporter()))
    tracer, emitter = provider.get_tracer("opentelemetry.instrumentation.asgi"), logs.get_logger("app")
    here, ids = [], []
    for told in ({"http.method": "GET", "http.target": "/"}, PUSH, PUSH, PUSH):
        with tracer.start_as_current_span("POST /wx", kind=SpanKind.SERVER, attributes=told) as span:
            here.append(get_current())
            ids.append((f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}"))
    for number, context in enumerate(here):
        emitter.emit(LogRecord(timestamp=number, context=context, body=f"late {number}"))
    emitter.emit(LogRecord(timestamp=9, body="nobody's"))

    assert [("late 2", *ids[2], None), ("late 3", *ids[3], None)] == [
        (line.event, line.trace_id, line.span_id, line.openid) for line in captured.logs
    ]


def test_lines_of_a_provider_that_is_not_joined(captured):
    """Of another provider, lines are recorded when they are exported, those that have a trace."""
    exporter = WxtraceLogExporter()
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    emitter = provider.get_logger("app")
    emitter.emit(LogRecord(timestamp=5, body="nobody's"))
    with TracerProvider(shutdown_on_exit=False).get_tracer("x").start_as_current_span("x") as span:
        emitter.emit(LogRecord(timestamp=5, body="text"))
    exporter.shutdown()

    assert exporter.force_flush()
    assert [("text", f"{span.context.trace_id:032x}", 5)] == [
        (line.event, line.trace_id, line.time_ns) for line in captured.logs
    ]


def test_the_propagator(captured):
    """It carries the tag beside the baggage that there is, and reads it."""
    ours, headers = WxtracePropagator(), {}
    with in_push():
        ours.inject(headers)
    read = ours.extract(headers)

    assert {"baggage": f"wxtrace={OPENID}~{STAMP}~7"} == headers
    assert (OPENID, STAMP) == (read["wxtrace.carried"].openid, read["wxtrace.carried"].stamp)
    assert {"baggage"} == ours.fields
