"""The spans that are open now, read from the slots in which they are shown."""

from __future__ import annotations

from wxtrace.capture.layers import span
from wxtrace.capture.recorder import recorder
from wxtrace.journal.journal import Journal
from wxtrace.watch.openspans import below, open_spans


def test_open_spans_are_read_from_a_real_journal(tmp_path):
    """What has begun is there, oldest first; what has ended is not, nor what belongs to another trace."""
    journal = Journal(tmp_path, "test")
    recorder.configure(lambda dropped: journal)
    with span("storage", "redis", "of another trace"), span("storage", "redis", "GET"):
        pass
    with span("logic", "menu", "menu") as outer, span("storage", "mysql", "SELECT"):
        with span("storage", "mysql", "over"):
            pass
        found = open_spans(journal.begun(), {outer.trace_id})

    assert {outer.trace_id: [("logic", "menu", "menu"), ("storage", "mysql", "SELECT")]} == {
        trace: [(one.layer, one.module, one.name) for one in spans] for trace, spans in found.items()
    }


def test_a_slot_that_is_being_written_is_left_out(captured):
    """A torn slot is no span."""
    with span("logic", "menu", "menu") as one:
        (slot,) = captured.begun()
        torn = slot[:100] + b"\xff" + slot[101:]

    assert {one.trace_id: []} == open_spans([torn], {one.trace_id})


def test_only_what_stands_under_the_access_span_is_of_the_request(captured):
    """Two attempts in one trace have their own open spans."""
    with (
        span("access", "asgi", "first") as first,
        span("access", "asgi", "second") as second,
        span("logic", "menu", "menu"),
        span("storage", "mysql", "SELECT"),
    ):
        spans = open_spans(captured.begun(), {first.trace_id})[first.trace_id]

    assert ["first", "second", "menu", "SELECT"] == [one.name for one in below(spans, first.span_id)]
    assert ["second", "menu", "SELECT"] == [one.name for one in below(spans, second.span_id)]
