"""``df.wxtrace``: a DataFrame draws itself, be it of a lookup or straight from Parquet."""

from __future__ import annotations

import json
import subprocess
import sys
from xml.etree import ElementTree

import pandas as pd
import pytest
from answers import slow_push
from hypothesis import given
from strategies import forests, make_span

from wxtrace.errors import BadInput
from wxtrace.notebook.rows import NEEDED, rows_of
from wxtrace.show.frames import spans_frame

SPANS = slow_push().attempts[0].spans


def test_a_frame_of_a_lookup_draws_itself():
    """The spans of an attempt are the attempt again, with all that was recorded of it."""
    (drawn,) = SPANS.wxtrace.waterfall().attempts
    rebuilt = slow_push().attempts[0].rebuilt

    assert (rebuilt.spans, rebuilt.start_ns, rebuilt.end_ns) == (drawn.spans, drawn.start_ns, drawn.end_ns)
    assert rebuilt.nodes == drawn.nodes


def test_several_traces_are_a_waterfall_each():
    """The attempts of a push, in one frame, are drawn one below the other."""
    frame = pd.concat([one.spans for one in slow_push().attempts], ignore_index=True)
    drawn = frame.wxtrace.waterfall()
    bundle = drawn._repr_mimebundle_()

    assert "<Waterfalls of 3 attempts>" == repr(drawn)
    assert ["text/html", "text/plain"] == sorted(bundle)
    assert 3 == bundle["text/html"].count("min-width:640px") == bundle["text/plain"].count("asgi POST /wechat")


def test_a_frame_that_was_read_from_the_store_draws_itself(tmp_path):
    """Rows of a Parquet file, whose attributes are JSON, are drawn as those of a lookup are."""
    SPANS.assign(attributes=SPANS["attributes"].map(json.dumps)).to_parquet(tmp_path / "spans.parquet")

    assert SPANS.wxtrace.waterfall() == pd.read_parquet(tmp_path / "spans.parquet").wxtrace.waterfall()


def test_a_missing_value_may_be_a_float():
    """pandas makes floats of whole numbers where one is missing: without an end a span is still open."""
    frame = SPANS.assign(end_ns=float("nan"), openid=None, attributes=None).drop(columns="state")

    assert [(None, None, "open", {})] * 3 == [
        (row.end_ns, row.openid, row.state, row.attributes) for row in rows_of(frame)
    ]


def test_the_least_columns_that_make_a_waterfall():
    """What is no part of a tree may be missing."""
    frame = SPANS[["trace_id", "span_id", "parent_span_id", "name", "start_ns", "end_ns"]]
    (drawn,) = frame.wxtrace.waterfall().attempts

    assert ["POST /wechat", "on_text 文本", "SELECT"] == [span.name for span in drawn.spans]


def heads(frame):
    """Return what stands above each waterfall of a frame, as text."""
    return [line for line in str(frame.wxtrace.waterfall()).splitlines() if " · took " in line]


def test_a_frame_does_not_number_an_attempt():
    """Which attempt of its push it is, the spans of one cannot tell, nor whether it came late."""
    second = slow_push().attempts[1]

    assert 2 == second.rebuilt.number
    assert [
        "Attempt · openid oABC · 18:31:20.100 · 5.10 s after the stamp · took 5.60 s · HTTP 200 · reply 7 bytes · "
        "good by WeChat's rules, but too late · WeChat hung up · wx-callback@web-1 pid 7"
    ] == heads(second.spans)


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (
            [name for name in SPANS.columns if name != "attributes"],
            "Attempt · openid oABC · 18:31:15.100 · 0.10 s after the stamp · took 5.60 s · wx-callback@web-1 pid 7",
        ),
        (NEEDED, "Spans of one trace · 18:31:15.100 · took 5.60 s"),
    ],
    ids=["no attributes", "the least"],
)
def test_what_a_frame_lacks_is_not_told(columns, told):
    """Without attributes there may have been a reply; without layers there is no saying what the spans are."""
    frame = SPANS[list(columns)]

    assert [told] == heads(frame)
    assert told == "".join(ElementTree.fromstring(frame.wxtrace.waterfall()._repr_html_()).find("div").itertext())
    assert "(nothing recorded)" not in frame.wxtrace.waterfall()._repr_html_()


def test_only_the_first_traces_are_drawn():
    """Of a day of spans the first of the frame, in its own order, are drawn, and the rest is counted."""
    spans = [make_span(at, trace_id=f"{at:032x}") for at in range(50)]
    drawn = spans_frame(spans).sort_values("seq", ascending=False).wxtrace.waterfall()
    more = "… 30 more attempts of this frame"

    assert ([*range(30, 50)], 30) == (sorted(one.spans[0].seq for one in drawn.attempts), drawn.left_out)
    assert [more] * 2 == [
        str(drawn).splitlines()[-1],
        [*ElementTree.fromstring(drawn._repr_html_()).itertext()][-1],
    ]


def test_a_frame_of_nothing_says_so():
    """No spans, no waterfalls; no error either."""
    drawn = spans_frame([]).wxtrace.waterfall()

    assert ((), 0) == (drawn.attempts, drawn.left_out)
    assert ["There are no spans in this frame."] * 2 == [
        str(drawn),
        "".join(ElementTree.fromstring(drawn._repr_html_()).itertext()),
    ]


@given(forests())
def test_a_frame_holds_all_that_a_waterfall_needs(spans):
    """Whatever was recorded, the frame is the same rows again."""
    assert spans == rows_of(spans_frame(spans))


@pytest.mark.parametrize(
    ("draw", "missing", "remedy"),
    [
        ("waterfall", "trace_id, end_ns", "take the .spans of an attempt"),
        *((name, "total_ns", "wxtrace.window(first, last)") for name in ("heatmap", "percentiles")),
        ("modules", "total_ns, share_ns/…", "wxtrace.window(first, last)"),
        ("hosts", "total_ns, failed", "wxtrace.window(first, last)"),
    ],
)
def test_a_frame_of_something_else_names_what_it_lacks(draw, missing, remedy):
    """The columns are named, and where a frame with them comes from."""
    frame = SPANS.drop(columns=["trace_id", "end_ns"])

    with pytest.raises(BadInput) as told:
        getattr(frame.wxtrace, draw)()

    assert str(told.value).startswith(f"what this frame lacks is '{missing}'. ")
    assert remedy in told.value.remedy


def test_a_frame_that_wxtrace_made_can_be_drawn_without_ceremony():
    """Nothing but wxtrace needs to be imported."""
    code = (
        f"import sys; sys.path[:] = {sys.path!r}\n"
        "from answers import deferred_push\n"
        "attempt = deferred_push().attempts[0]\n"
        "assert [attempt.spans.wxtrace, attempt.logs.wxtrace, attempt.modules.wxtrace, attempt.jobs.wxtrace]\n"
    )

    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode


@pytest.mark.parametrize("name", ["heatmap", "percentiles", "modules", "hosts"])
def test_a_frame_of_pushes_is_drawn_by_the_pictures(monkeypatch, name):
    """What `wxtrace.plot` draws of a window can be had from the frame itself, with the same arguments."""
    monkeypatch.setattr(f"wxtrace.plot.pictures.{name}", lambda pushes, *, every, ax: (pushes, every, ax))
    pushes = pd.DataFrame({"time": [], "case": [], "total_ns": []})

    drawn, every, ax = getattr(pushes.wxtrace, name)(every="10s", ax="axes")

    assert (True, "10s", "axes") == (drawn is pushes, every, ax)
