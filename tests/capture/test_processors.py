"""Light spans for SDK span processors, off the request's path."""

from __future__ import annotations

import threading

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext, SpanKind, StatusCode, TraceFlags
from serving import OPENID, STAMP, replying, serve

import wxtrace
from wxtrace import AccessMiddleware
from wxtrace.capture import processors
from wxtrace.capture.light import LightProvider
from wxtrace.capture.processors import Feeder
from wxtrace.capture.sever import sever
from wxtrace.capture.shapes import Shape
from wxtrace.capture.spans import LightSpan
from wxtrace.testing import START_NS

GET = Shape("storage", "redis", "GET token", 2)


@pytest.fixture(name="exporter")
def an_exporter(captured):
    """An SDK exporter that our spans are handed to."""
    exporter = InMemorySpanExporter()
    LightProvider().add_span_processor(SimpleSpanProcessor(exporter))
    return exporter


class Held(SpanProcessor):
    """A processor that stands still until it is let go."""

    def __init__(self):
        self.go, self.ended = threading.Event(), []

    def on_end(self, span):
        """Wait, then keep it."""
        self.go.wait()
        self.ended.append(span.name)


class Broken(SpanProcessor):
    """A processor that fails on every span, and has nothing to flush."""

    def on_end(self, span):
        """Fail."""
        raise RuntimeError("no collector")

    def force_flush(self, timeout_millis=30_000):
        """Fail to flush."""
        return False


def test_a_readable_span(captured, exporter):
    """A processor gets a span of the SDK's form with all that the light one was told."""
    parent = LightSpan(Shape("logic", "menu", "reply"))
    span = LightSpan(GET, parent, attributes={"db.system": "redis", "token": "ABC"})
    span.add_event("miss", {"key": "a", "secret": "ABC"}, START_NS + 7)
    span.add_link(parent.context, {"b": 1})
    span.set_status(StatusCode.ERROR, "gone")
    span.end(START_NS + 9)
    assert LightProvider().force_flush()
    (readable,) = exporter.get_finished_spans()

    assert (span.name, span.context, span.parent, SpanKind.CLIENT) == (
        readable.name,
        readable.context,
        readable.parent,
        readable.kind,
    )
    assert {
        "db.system": "redis",
        "token": "[redacted]",
        "wxtrace.layer": "storage",
        "wxtrace.module": "redis",
    } == dict(readable.attributes)
    assert (span.start_time, START_NS + 9, Resource.create()) == (
        readable.start_time,
        readable.end_time,
        readable.resource,
    )
    assert (StatusCode.ERROR, "gone") == (readable.status.status_code, readable.status.description)
    assert [("miss", {"key": "a", "secret": "[redacted]"}, START_NS + 7)] == [
        (event.name, dict(event.attributes), event.timestamp) for event in readable.events
    ]
    assert [(parent.context, {"b": 1})] == [(link.context, dict(link.attributes)) for link in readable.links]
    assert SpanContext(1, 2, is_remote=False, trace_flags=TraceFlags(1)) == readable.context


@pytest.mark.parametrize("reply", [b"success", b"<html>"], ids=["usual", "unusual"])
def test_equal_data(captured, exporter, reply):
    """What a processor gets of an exchange is what is recorded of it: ids, times, attributes."""

    async def app(request, receive, send):
        """Look into a cache, and reply."""
        with wxtrace.span("storage", "redis", "GET token", key="a"):
            pass
        await replying(reply)(request, receive, send)

    serve(AccessMiddleware(app))
    LightProvider().force_flush()
    exported = {
        (
            f"{span.context.trace_id:032x}",
            f"{span.context.span_id:016x}",
            span.start_time,
            span.end_time,
            frozenset(span.attributes.items()),
        )
        for span in exporter.get_finished_spans()
    }

    assert exported == {
        (
            span.trace_id,
            span.span_id,
            span.start_ns,
            span.end_ns,
            frozenset((span.attributes | {"wxtrace.layer": span.layer, "wxtrace.module": span.module}).items()),
        )
        for span in captured.spans
    }
    assert {(OPENID, STAMP)} == {(span.openid, span.stamp) for span in captured.spans}


def test_a_processor_that_stands_still(captured, monkeypatch):
    """While a processor stands still the app goes on; what is beyond the bound is counted."""
    monkeypatch.setattr(processors, "_MAX_WAITING", 3)
    held, feeder = Held(), Feeder()
    feeder.add(held)
    for number in range(10):
        LightSpan(Shape("logic", "menu", f"reply {number}")).end()

    assert (7, False) == (feeder.dropped, feeder.force_flush(0))
    assert 10 == len(captured.spans)

    held.go.set()
    assert feeder.force_flush()
    assert ["reply 0", "reply 1", "reply 2"] == held.ended
    feeder.forget()


def test_a_processor_that_fails(captured, exporter, caplog):
    """A processor that fails is told, and those behind it get the span all the same."""
    feeder = processors.feeder
    feeder.processors.insert(0, Broken())
    LightSpan(GET).end()

    assert (False, ["GET token"]) == (feeder.force_flush(), [span.name for span in exporter.get_finished_spans()])
    assert [True] == [message.endswith("failed at on_end") for message in caplog.messages]


def test_a_shutdown(captured, exporter):
    """A provider that is shut down hands on what waits, then shuts its processors down."""
    LightSpan(GET).end()
    LightProvider().shutdown()

    assert 1 == len(exporter.get_finished_spans())
    assert exporter._stopped


def test_leaving(captured):
    """A process that exits has what waits handed on and its processors shut down, once."""
    feeder, exporter = Feeder(), InMemorySpanExporter()
    feeder.add(SimpleSpanProcessor(exporter))
    LightSpan(GET).end()
    feeder.leave()
    feeder.leave()
    feeder.forget()

    assert (1, True) == (len(exporter.get_finished_spans()), exporter._stopped)


def test_leaving_a_processor_that_stands_still(captured, monkeypatch, caplog):
    """A processor that stands still keeps no process from its exit for longer than ten seconds."""
    monkeypatch.setattr(processors, "LEAVE_SECONDS", 0.0)
    held, feeder = Held(), Feeder()
    feeder.add(held)
    LightSpan(GET).end()
    feeder.leave()

    assert [True] == ["did not finish in 0 s" in message for message in caplog.messages]
    held.go.set()
    feeder.forget()


def test_leaving_without_a_span(captured):
    """Where nothing has ended in a process, its processors are left alone: they may be the parent's."""
    feeder, exporter = Feeder(), InMemorySpanExporter()
    feeder.add(SimpleSpanProcessor(exporter))
    feeder.leave()
    feeder.forget()

    assert not exporter._stopped


def test_a_span_that_cannot_be_read(captured, exporter, monkeypatch, caplog):
    """A span that cannot be made readable is told, and the next one is handed on all the same."""
    plain = processors._readable
    monkeypatch.setattr(processors, "_readable", lambda span: plain(span) if span.name == "GET token" else 1 / 0)
    LightSpan(Shape("logic", "menu", "reply")).end()
    LightSpan(GET).end()
    processors.feeder.force_flush()

    assert ["GET token"] == [span.name for span in exporter.get_finished_spans()]
    assert ["wxtrace: 'reply' was not handed on"] == caplog.messages


class Session:
    """Connections to a collector, as an exporter holds them at the end of a *path*."""

    def __init__(self, path):
        self.closed, self.path = False, path.split(".")

    def __getattr__(self, name):
        if name in ("closed", "path") or not self.path or name != self.path[0]:
            raise AttributeError(name)
        self.path.pop(0)
        return self

    def close(self):
        """Close them."""
        self.closed = True


@pytest.mark.parametrize(
    "path", ["span_exporter._client._transport._session", "span_exporter._session", "_exporter._session"]
)
def test_connections_of_the_parent(path):
    """A forked child closes the connections that an exporter has from its parent, in old and new versions."""
    session = Session(path)
    sever(session)

    assert session.closed


def test_a_processor_without_connections():
    """Of a processor that holds none, and of one that cannot close them, nothing is heard."""
    broken = Session("_exporter._session")
    broken.close = lambda: 1 / 0

    assert [None, None] == [sever(broken), sever(Held())]


def test_a_child_has_nothing_to_hand_on(captured, exporter):
    """What waits at a fork is the parent's to hand on; the child hands on its own."""
    processors.feeder._waiting.append(LightSpan(Shape("logic", "menu", "parent's")))
    processors.feeder._begin_anew()
    LightSpan(Shape("logic", "menu", "child's")).end()

    assert processors.feeder.force_flush()
    assert ["child's"] == [span.name for span in exporter.get_finished_spans()]


def test_two_processors(captured, exporter):
    """Each processor gets each span once."""
    other = InMemorySpanExporter()
    LightProvider().add_span_processor(SimpleSpanProcessor(other))
    LightSpan(GET).end()
    processors.feeder.force_flush()

    assert (1, 1) == (len(exporter.get_finished_spans()), len(other.get_finished_spans()))


def test_forgotten_processors(captured, exporter):
    """After `stop` a processor gets nothing more, and may be given again without getting spans twice."""
    LightSpan(GET).end()
    processors.feeder.forget()
    LightSpan(GET).end()
    processors.feeder.add(SimpleSpanProcessor(exporter))
    LightSpan(GET).end()
    processors.feeder.force_flush()

    assert 2 == len(exporter.get_finished_spans())
