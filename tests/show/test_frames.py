"""Frames: rows as pandas DataFrames."""

from __future__ import annotations

import pandas as pd
import pytest
from answers import answer, deferred_push, slow_push
from strategies import BASE_NS, make_log, make_span

from wxtrace.show.frames import jobs_frame, logs_frame, modules_frame, spans_frame
from wxtrace.store.schema import LOGS, SPANS

TEXT, WHOLE, WHOLE_OR_NONE, MOMENT = "string", "int64", "Int64", "datetime64[us, UTC]"
OF_SPANS = dict.fromkeys(SPANS.names, TEXT) | {
    "stamp": WHOLE_OR_NONE,
    "start_ns": WHOLE,
    "end_ns": WHOLE_OR_NONE,
    "duration_ns": WHOLE_OR_NONE,
    "pid": WHOLE,
    "seq": WHOLE,
    "attributes": "object",
    "time": MOMENT,
}
OF_LOGS = dict.fromkeys(LOGS.names, TEXT) | {
    "stamp": WHOLE_OR_NONE,
    "time_ns": WHOLE,
    "pid": WHOLE,
    "seq": WHOLE,
    "attributes": "object",
    "time": MOMENT,
}
OF_MODULES = {
    "layer": TEXT,
    "module": TEXT,
    "calls": WHOLE,
    "total_ns": WHOLE,
    "self_ns": WHOLE,
    "share_ns": WHOLE,
    "share": "float64",
}
OF_JOBS = {
    "number": WHOLE,
    "attempt": WHOLE,
    "name": TEXT,
    "module": TEXT,
    "queue": TEXT,
    "message_id": TEXT,
    "service": TEXT,
    "host": TEXT,
    "pid": WHOLE_OR_NONE,
    "writer": TEXT,
    "span_id": TEXT,
    "published_ns": WHOLE_OR_NONE,
    "start_ns": WHOLE_OR_NONE,
    "end_ns": WHOLE_OR_NONE,
    "end_estimated": "bool",
    "after_reply_ns": WHOLE_OR_NONE,
    "waiting_ns": WHOLE_OR_NONE,
    "state": TEXT,
    "status_code": TEXT,
    "error": TEXT,
    "in_request": "bool",
    "duration_ns": WHOLE_OR_NONE,
}
SLOW, DEFERRED = slow_push().attempts[0], deferred_push().attempts[0]
UNFINISHED = make_span(1, 0, end_ns=None, openid=None, stamp=None, nonce=None, state="open")


@pytest.mark.parametrize(
    ("expected", "frame"),
    [
        pytest.param(OF_SPANS, SLOW.spans, id="spans"),
        pytest.param(OF_SPANS, spans_frame([]), id="no spans"),
        pytest.param(OF_SPANS, spans_frame([UNFINISHED]), id="nothing but missing values"),
        pytest.param(OF_LOGS, SLOW.logs, id="logs"),
        pytest.param(OF_LOGS, logs_frame([]), id="no logs"),
        pytest.param(OF_LOGS, logs_frame([make_log(1, None, trace_id=None, layer=None)]), id="a log of no span"),
        pytest.param(OF_MODULES, SLOW.modules, id="modules"),
        pytest.param(OF_MODULES, modules_frame([]), id="no modules"),
        pytest.param(OF_JOBS, DEFERRED.jobs, id="jobs"),
        pytest.param(OF_JOBS, jobs_frame([]), id="no jobs"),
    ],
)
def test_columns_have_their_types_whatever_the_rows(expected, frame):
    """Names, order and types of the columns are the contract's, be there rows or none, values or none."""
    assert list(expected.items()) == [(name, str(dtype)) for name, dtype in frame.dtypes.items()]
    assert pd.RangeIndex(len(frame)).equals(frame.index)


def test_whole_numbers_stay_whole():
    """A missing end does not turn nanoseconds into floats, which cannot hold them."""
    frame = spans_frame([make_span(0), UNFINISHED])

    assert [make_span(0).end_ns, pd.NA] == list(frame["end_ns"])
    assert ["oABC", pd.NA] == list(frame["openid"])


def test_a_moment_has_its_zone():
    """It is the start, so that rows can be cut by time and told in any zone."""
    frame = spans_frame([make_span(0, start_ns=BASE_NS + 1_234_567)])

    assert "2025-04-21 18:31:15.001234+08:00" == str(frame["time"].dt.tz_convert("Asia/Shanghai")[0])


def test_attributes_are_dictionaries():
    """They can be picked from without parsing."""
    frame = logs_frame([make_log(1, attributes={"msg_type": "text"})])

    assert [{"msg_type": "text"}] == list(frame["attributes"])


def test_modules_stand_with_the_greatest_share_first():
    """The first row is the module that held most of the time."""
    frame = answer(SLOW.rebuilt.spans).attempts[0].modules

    assert ["mysql", "reply.menu", "asgi"] == list(frame["module"])
