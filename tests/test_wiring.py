"""`start` and `stop`: what is recorded where, and when nothing is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from serving import OPENID, STAMP, replying, serve

import wxtrace
from wxtrace import AccessMiddleware, wiring
from wxtrace.capture import spans
from wxtrace.capture.processors import feeder
from wxtrace.capture.recorder import recorder
from wxtrace.store import journals


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch, tmp_path):
    """No setting of the machine reaches a test, and a default store lies in the test's folder."""
    for name in ("WXTRACE_STORE", "WXTRACE_JOURNAL", "WXTRACE_SERVICE", "WXTRACE_WATCH", "OTEL_SERVICE_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def written(journal: Path):
    """Return who writes a journal, and the access spans in it, by the reader's own means."""
    (writer,) = journals.writers(journal)
    found = [record for path in writer.segments() for record in journals.records(path.read_bytes())]
    return writer, [row for row in journals.rows(found, writer)[0] if row.module == "asgi"]


def test_what_is_recorded_is_in_the_journal(tmp_path):
    """Started with a store, a push is in that store's journal when its reply is out."""
    wxtrace.start(service="wx-test", store=tmp_path / "store", sealer=False)
    serve(AccessMiddleware(replying()))
    writer, found = written(tmp_path / "store" / "journal")

    assert ("wx-test", os.getpid(), True) == (writer.service, writer.pid, writer.alive)
    assert [("asgi", OPENID, STAMP, "wx-test")] == [
        (row.module, row.openid, row.stamp, row.service) for row in found
    ]


def test_nothing_is_opened_at_the_start(tmp_path):
    """`manage.py migrate` leaves no trace: nothing is made before the first record."""
    wxtrace.start(store=tmp_path / "store", sealer=False)

    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("environment", "arguments", "expected"),
    [
        ({}, {}, ("wx-callback", "wxtrace-data")),
        ({"OTEL_SERVICE_NAME": "otel"}, {}, ("otel", "wxtrace-data")),
        ({"OTEL_SERVICE_NAME": "otel", "WXTRACE_SERVICE": "wx"}, {}, ("wx", "wxtrace-data")),
        ({"WXTRACE_SERVICE": "wx"}, {"service": "own"}, ("own", "wxtrace-data")),
        ({"WXTRACE_STORE": "there"}, {}, ("wx-callback", "there")),
        ({"WXTRACE_STORE": "there"}, {"store": "here"}, ("wx-callback", "here")),
    ],
)
def test_settings(monkeypatch, tmp_path, environment, arguments, expected):
    """What is said counts, then the environment, then the default; a store's path is made absolute."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    wxtrace.start(**arguments, sealer=False)
    service, store = expected

    assert wiring.Settings(service, str(tmp_path / store), False, False, (3.5, 4.5), False, True) == wiring._started


@pytest.mark.parametrize(
    ("told", "marks", "expected"),
    [
        ("", (4.5, 3.5), (3.5, 4.5)),
        ("", (), ()),
        ("0", (3.5,), ()),
        ("2,4", (3.5,), (2.0, 4.0)),
        ("soon", (1,), (3.5, 4.5)),
        ("", (-1, 0, 2, 1e9, float("nan")), (2.0,)),
    ],
)
def test_the_marks_of_the_watchdog(monkeypatch, told, marks, expected):
    """The environment counts before what is said; what is no age of a request is none."""
    monkeypatch.setenv("WXTRACE_WATCH", told)
    wxtrace.start(watch=marks, sealer=False)

    assert (expected, bool(expected)) == (wiring._started.watch, wiring._watchdog is not None)


@pytest.mark.parametrize(
    ("told", "marks", "expected"),
    [
        ("", ("a",), "watch=('a',)"),
        ("", 3, "watch=3"),
        ("soon", (1,), "WXTRACE_WATCH=soon"),
    ],
)
def test_marks_that_are_none(monkeypatch, caplog, told, marks, expected):
    """What is no seconds is named as it was said: by the argument, or by the environment."""
    monkeypatch.setenv("WXTRACE_WATCH", told)
    wxtrace.start(watch=marks, sealer=False)

    assert [f"wxtrace: {expected} are no seconds; it is (3.5, 4.5)"] == caplog.messages
    assert (3.5, 4.5) == wiring._started.watch


def test_none_is_none():
    """None for what is switched on, fed or named is taken as none of it."""
    wxtrace.start(sealer=False, instrument=None, processors=None, carry_to=None)

    assert (False, ()) == (wiring._started.instrument, wiring._started.carry_to)


@pytest.mark.parametrize("store", ["s3://bucket/prefix", "gs://bucket"])
def test_a_store_that_is_a_url(store):
    """A URL stays as it is; its journal is local."""
    wxtrace.start(store=store, sealer=False)

    assert store == wiring._started.store


@pytest.mark.parametrize("name", ["WXTRACE_DISABLED", "OTEL_SDK_DISABLED"])
def test_switched_off(monkeypatch, tmp_path, name):
    """Switched off by the environment nothing is recorded and nothing made."""
    monkeypatch.setenv(name, "true")
    wxtrace.start(store=tmp_path / "store", sealer=False)
    serve(AccessMiddleware(replying()))

    assert (False, None, []) == (recorder.enabled, wiring._started, list(tmp_path.iterdir()))


@pytest.mark.parametrize(("name", "value"), [("WXTRACE_DISABLED", "0"), ("OTEL_SDK_DISABLED", "false")])
def test_not_switched_off(monkeypatch, tmp_path, name, value):
    """A switch that says no leaves it on."""
    monkeypatch.setenv(name, value)
    wxtrace.start(store=tmp_path / "store", sealer=False)

    assert recorder.enabled


def test_started_twice(tmp_path, caplog):
    """Once more with the same arguments nothing happens; with others there is a warning, and the first counts."""
    wxtrace.start(service="one", store=tmp_path, sealer=False)
    wxtrace.start(service="one", store=str(tmp_path), sealer=False)
    assert [] == caplog.messages

    wxtrace.start(service="two", store=tmp_path, sealer=False)
    (message,) = caplog.messages

    assert "one" == wiring._started.service
    assert message.startswith("wxtrace.start() was called again, with Settings(service='two'")


def test_stopped_and_started_again(tmp_path):
    """After `stop` nothing is recorded; a new start records elsewhere."""
    app = AccessMiddleware(replying())
    for store in ("one", "two"):
        wxtrace.start(store=tmp_path / store, sealer=False)
        serve(app)
        wxtrace.stop()
        serve(app)

    assert [1, 1] == [len(written(tmp_path / store / "journal")[1]) for store in ("one", "two")]


def test_processors(tmp_path):
    """Processors that `start` is given get every span, and after `stop` none."""
    exporter = InMemorySpanExporter()
    wxtrace.start(store=tmp_path, sealer=False, processors=[SimpleSpanProcessor(exporter)])
    serve(AccessMiddleware(replying()))
    feeder.force_flush()
    wxtrace.stop()

    assert ("POST /wechat", []) == (exporter.get_finished_spans()[0].name, spans.on_ended)


@pytest.mark.parametrize(("sealer", "tagged", "expected"), [(True, True, 1), (True, False, 0), (False, True, 0)])
def test_a_sealer_is_launched(monkeypatch, tmp_path, sealer, tagged, expected):
    """The keeper launches a sealer once there was a push, unless told not to."""
    launched, ticks = [], []
    monkeypatch.setattr(wiring.Launcher, "launch_if_none", lambda launcher: launched.append(launcher.store))
    monkeypatch.setattr(wiring, "Journal", lambda root, service, on_tick, dropped: ticks.append(on_tick) or Sink())
    monkeypatch.setattr(recorder, "has_tagged", False)
    wxtrace.start(store=tmp_path, sealer=sealer)
    recorder.opened()
    recorder.has_tagged = tagged
    ticks[0]()

    assert [str(tmp_path)] * expected == launched


class Sink:
    """A sink that nothing is asked of."""

    is_nowhere = False


def test_a_store_that_cannot_be_written(tmp_path, caplog):
    """Where the journal cannot be made the app answers, and is told once."""
    (tmp_path / "store").write_text("a file")
    wxtrace.start(store=tmp_path / "store", sealer=False)
    sent = [serve(AccessMiddleware(replying())) for _ in range(3)]

    assert [b"success"] * 3 == [messages[-1]["body"] for messages in sent]
    assert 1 == len(caplog.messages)
    assert caplog.messages[0].startswith("wxtrace records nothing for now: ")
    assert recorder.sink.dropped >= 3
