"""``wxtrace export``: all of a window, for other viewers; whole command lines, on stores and to a collector."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import store_maker
from answers import slow_attempt
from collector import collecting
from exporting import LINE, OPENID, exported, with_jobs
from hypothesis import HealthCheck, given, settings
from otlp_reading import by_protobuf, line_of, rows
from strategies import BASE_NS, SECOND, make_span
from windows import FIRST_NS, LAST_NS, plans, rows_of, write_journals

from wxtrace.cli import main
from wxtrace.cli.exits import BROKEN, FOUND, NOT_FOUND
from wxtrace.export import window
from wxtrace.row import SpanRow


def read(text: str) -> list[Any]:
    """Return the rows of a file that has a document a line."""
    return [row for line in text.splitlines() for row in rows(by_protobuf(line))]


def spans_read(text: str) -> list[SpanRow]:
    """Return its spans, in an order that can be told."""
    return sorted((span for span, _ in read(text)), key=lambda span: (span.writer, span.seq))


def test_a_window_is_written_whole(store, tmp_path, capsys):
    """Every span of every request that came is there, with jobs that ran on and log lines; it is counted."""
    out = tmp_path / "case.jsonl"

    assert FOUND == exported("--store", store, "-o", str(out))

    expected = [span for number in range(3) for span in slow_attempt(number)] + with_jobs()
    assert sorted(expected, key=lambda span: (span.writer, span.seq)) == spans_read(out.read_text("utf-8"))
    assert [line_of(LINE)] == [line for _, some in read(out.read_text("utf-8")) for line in some]
    told = f"exported 2 pushes in 4 requests, with 21 spans and 1 log line, to {out}\n"
    assert ("", told) == tuple(capsys.readouterr())


def test_stdout_gets_the_documents_alone(store, capsys):
    """What is piped on is the documents, and nothing beside them."""
    assert FOUND == exported("--store", store)

    out, err = capsys.readouterr()
    assert (21, True) == (len(read(out)), err.endswith(", to stdout\n"))


def test_a_window_for_perfetto_is_one_document(store, tmp_path, capsys):
    """The trace is one JSON document, with all spans on the processes of their writers."""
    out = tmp_path / "case.json"

    assert FOUND == exported("--store", store, "--format", "perfetto", "-o", str(out))

    events = json.loads(out.read_text("utf-8"))["traceEvents"]
    assert 21 == sum(event["ph"] == "X" for event in events)
    assert {"wx-callback@web-1", "crm@web-9", "worker@web-2", "worker@web-3"} == {
        event["args"]["name"] for event in events if event["name"] == "process_name"
    }


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(planned=plans())
def test_any_window_is_exported_by_any_steps(planned, tmp_path_factory, monkeypatch):
    """However requests fall into batches, each of the window comes once and whole, sealed or not."""
    monkeypatch.setattr(window, "BATCH", 2)
    monkeypatch.setattr(window, "TOGETHER", 1)
    store, spans = tmp_path_factory.mktemp("store"), rows_of(planned)
    half = len(spans) // 2
    store_maker.write(store, spans[:half])
    write_journals(store, spans[half:])

    done = window.export([str(store)], FIRST_NS, LAST_NS)

    traces = {s.trace_id for s in spans if s.layer == "access" and FIRST_NS <= s.start_ns < LAST_NS}
    expected = {(span.trace_id, span.span_id) for span in spans if span.trace_id in traces}
    seen = [(span.trace_id, span.span_id) for document in done.documents for span, _ in read(document)]
    assert (sorted(expected), len(traces)) == (sorted(seen), done.told["requests"])
    known = {(s.openid, s.stamp, s.nonce) for s in spans if s.trace_id in traces and s.stamp is not None}
    assert (len(known), not traces) == (done.told["pushes"], done.is_empty)


def test_it_reads_as_it_goes(store, monkeypatch):
    """No more is read than what is written next, and progress ends with all of it done."""
    monkeypatch.setattr(window, "BATCH", 1)
    read_so_far, told, scan = [], [], window.scan_traces

    def watched(*arguments: Any) -> Any:
        """Note what is read."""
        read_so_far.append(arguments[1])
        return scan(*arguments)

    monkeypatch.setattr(window, "scan_traces", watched)
    done = window.export([store], BASE_NS, BASE_NS + 60 * SECOND, progress=lambda *share: told.append(share))

    steps = [len(read_so_far) for _ in done.documents]
    assert ([1, 2, 3], 3) == (steps, len(read_so_far))
    assert (sorted(told), (4, 4)) == (told, told[-1])


def test_progress_is_what_is_written(store, monkeypatch):
    """Looking how many requests came counts for nothing; of them each counts for as much, document by document."""
    monkeypatch.setattr(window, "TOGETHER", 1)
    told: list[tuple[int, int]] = []
    done = window.export([store], BASE_NS, BASE_NS + 60 * SECOND, progress=lambda *share: told.append(share))
    looked = {*told}
    told.clear()

    seen = [[*told] for _ in done.documents]

    assert ({(0, 0)}, [0, 1, 2, 3]) == (looked, [max((done for done, _ in one), default=0) for one in seen])
    assert [(1, 4), (2, 4), (3, 4), (4, 4), (4, 4)] == told


def test_a_push_that_is_repeated_fills_no_memory(tmp_path, monkeypatch):
    """Whoever sends one push a thousand times has it read in steps like any other."""
    monkeypatch.setattr(window, "BATCH", 2)
    store_maker.write(tmp_path, [make_span(n, trace_id=f"{n + 1:032x}") for n in range(10)])

    done = window.export([str(tmp_path)], BASE_NS, BASE_NS + SECOND)

    assert [4, 4, 2] == [len(read(document)) for document in done.documents]
    assert {"pushes": 1, "requests": 10, "spans": 10, "lines": 0} == dict(done.told)


def test_untagged_requests_come_along(tmp_path):
    """What is no push stands beside the pushes in a viewer: a request without a tag is exported too."""
    untagged = make_span(1, openid=None, stamp=None, nonce=None, trace_id="cd" * 16, name="GET /health")
    store_maker.write(tmp_path, [make_span(0), untagged])

    done = window.export([str(tmp_path)], BASE_NS, BASE_NS + SECOND)

    assert 2 == len([span for document in done.documents for span, _ in read(document)])
    assert {"pushes": 1, "requests": 2, "spans": 2, "lines": 0} == dict(done.told)


def test_openids_are_masked(store, tmp_path, capsys):
    """What is to be handed on has no openid in it; who does not ask for that gets them as they are."""
    plain, masked = tmp_path / "plain", tmp_path / "masked"

    exported("--store", store, "-o", str(plain))
    exported("--store", store, "-o", str(masked), "--mask")

    assert (True, False) == (OPENID in plain.read_text("utf-8"), OPENID in masked.read_text("utf-8"))
    assert len(spans_read(plain.read_text("utf-8"))) == len(spans_read(masked.read_text("utf-8")))


def test_a_collector_gets_the_window(store, capsys):
    """A URL is sent to, and named without its password."""
    with collecting() as collector:
        assert FOUND == exported("--store", store, "-o", collector.url.replace("//", "//me:secret@"))

    assert 21 == sum(len(rows(taken)) for taken in collector.taken)
    assert capsys.readouterr().err.endswith(f", to {collector.url}\n")


def test_a_collector_that_refuses_ends_with_three(store, capsys):
    """What is not taken is told, and no success is claimed."""
    with collecting(status=503) as collector:
        assert BROKEN == exported("--store", store, "-o", collector.url)

    remedy = "Try again later; what was taken twice is the same spans."
    told = f"wxtrace: {collector.url} did not take it (status 503): {{}}. {remedy}\n"
    assert ("", told) == tuple(capsys.readouterr())


def test_nothing_there_writes_nothing(store, tmp_path, capsys):
    """A window in which no request came is told, ends with 1, and leaves no file."""
    out = tmp_path / "none"

    code = main(["export", "--from", "2020-01-01", "--to", "2020-01-02", "--store", store, "-o", str(out)])

    told = "No request is recorded from 2020-01-01 00:00:00 to 2020-01-02 00:00:00 (UTC+8); nothing was written.\n"
    assert (NOT_FOUND, False, told) == (code, out.exists(), capsys.readouterr().err)


def test_what_was_there_stays_until_all_is_written(store, tmp_path, monkeypatch, capsys):
    """An export that fails on the way leaves the older file as it was, and no other beside it."""
    out = tmp_path / "out" / "case.jsonl"
    out.parent.mkdir()
    out.write_text("older")

    def fails(attempts: Any) -> str:
        """Fail as a full disk does."""
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(window.otlp, "document", fails)

    assert BROKEN == exported("--store", store, "-o", str(out))
    assert (["case.jsonl"], "older") == ([path.name for path in out.parent.iterdir()], out.read_text())
    assert "No space left" in capsys.readouterr().err


def test_a_damaged_file_is_told(store, capsys):
    """What cannot be read is named, the rest is exported, and the exit code says so."""
    file = next(Path(store).glob("spans/*/*/*.parquet"))
    (file.parent / "broken.parquet").write_bytes(b"PAR1 no")

    assert BROKEN == exported("--store", store)

    err = capsys.readouterr().err
    assert ("Not read: " in err, "broken.parquet" in err, "exported 2 pushes" in err) == (True, True, True)
