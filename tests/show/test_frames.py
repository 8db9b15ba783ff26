"""Frames: rows as pandas DataFrames."""

from __future__ import annotations

from answers import answer, slow_push
from strategies import make_log, make_span

from wxtrace.show.frames import logs_frame, modules_frame, spans_frame
from wxtrace.store.schema import LOGS, SPANS


def test_a_frame_has_the_columns_of_the_store():
    """What was learned on Parquet files holds for a lookup."""
    first = slow_push().attempts[0]

    assert SPANS.names == list(first.spans.columns)
    assert LOGS.names == list(first.logs.columns)


def test_whole_numbers_stay_whole():
    """A missing end does not turn nanoseconds into floats, which cannot hold them."""
    frame = spans_frame([make_span(0), make_span(1, 0, end_ns=None, stamp=None, state="open")])

    assert ["Int64", "Int64", "Int64", "int64"] == [
        str(frame[name].dtype) for name in ("stamp", "end_ns", "duration_ns", "start_ns")
    ]
    assert make_span(0).end_ns == frame["end_ns"][0]


def test_attributes_are_dictionaries():
    """They can be picked from without parsing."""
    frame = logs_frame([make_log(1, attributes={"msg_type": "text"})])

    assert [{"msg_type": "text"}] == list(frame["attributes"])


def test_frames_of_nothing_have_their_columns():
    """A column can be named even where nothing was found."""
    assert (0, 0, 0) == (
        len(spans_frame([])["name"]),
        len(logs_frame([])["event"]),
        len(modules_frame([])["share"]),
    )


def test_modules_stand_with_the_greatest_share_first():
    """The first row is the module that held most of the time."""
    frame = answer(slow_push().attempts[0].rebuilt.spans).attempts[0].modules

    assert ["mysql", "reply.menu", "asgi"] == list(frame["module"])
