"""Arrivals: the attempts of a window by their access spans alone."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from strategies import BASE_NS, OPENID, SECOND, STAMP, forests, make_span, sound_traces

from wxtrace.rebuild.arrival import Arrival, arrivals_of
from wxtrace.rebuild.attempt import Reply
from wxtrace.rebuild.trace import rebuild
from wxtrace.row import SpanRow

NOW_NS = BASE_NS + 60 * SECOND
SHARED = sorted({field.name for field in fields(Arrival)} & set(rebuild([make_span(0)], [], NOW_NS)[0].__slots__))


def arrive(*spans: SpanRow) -> tuple[Arrival, ...]:
    """Return the arrivals of *spans*, looked up a minute later."""
    return arrivals_of(spans, NOW_NS, {})


def test_an_access_span_is_read_whole():
    """
    Where it came from, what it was and what it got are all taken from the attributes.
    """
    attributes = {
        "wechat.event": "CLICK",
        "wechat.msg_type": "event",
        "wechat.msg_id": 6012345,
        "wechat.info_type": "authorized",
        "wechat.appid": "wx0a",
        "wechat.transaction_id": "42000",
        "client.address": "81.69.101.193",
        "server.address": "wx.example.com",
        "url.path": "/wechat",
        "http.response.status_code": 200,
        "wechat.reply.length": 9,
        "wechat.reply.acceptable": False,
        "wechat.reply.reason": "quoted success",
        "wechat.reply.end_ns": BASE_NS + 5,
        "wechat.disconnected": True,
    }
    expected = Arrival(
        openid=OPENID,
        stamp=STAMP,
        nonce="n1",
        trace_id="ab" * 16,
        service="wx-callback",
        host="web-1",
        pid=7,
        writer="web-1-7-0-abcd",
        number=1,
        after_first_ns=0,
        start_ns=BASE_NS,
        end_ns=BASE_NS + 5,
        end_estimated=False,
        state="closed",
        http_status=200,
        status_assumed=False,
        reply=Reply(9, False, "quoted success"),
        hung_up=True,
        event="CLICK",
        msg_type="event",
        msg_id="6012345",
        info_type="authorized",
        appid="wx0a",
        transaction_id="42000",
        client="81.69.101.193",
        server="wx.example.com",
        path="/wechat",
    )

    assert (expected,) == arrive(make_span(0, attributes=attributes))


def test_attempts_are_counted_within_their_push():
    """
    Three deliveries of one push are numbered, another push of the same second is not among them.
    """
    spans = [
        make_span(number, start_ns=BASE_NS + number * SECOND, trace_id=f"{number + 1:032x}", nonce=nonce)
        for number, nonce in enumerate(["n1", "n2", "n1", "n1"])
    ]

    assert [(1, 0), (1, 0), (2, 2 * SECOND), (3, 3 * SECOND)] == [
        (one.number, one.after_first_ns) for one in arrive(*reversed(spans))
    ]


def test_what_has_no_tag_is_a_push_of_its_own():
    """
    Requests without a stamp are not taken for attempts of one push; payments go by their transaction.
    """
    nothing: dict[str, Any] = {"openid": None, "stamp": None, "nonce": None}
    pay = {"wechat.transaction_id": "42000"}
    spans = [
        make_span(number, **nothing, trace_id=f"{number + 1:032x}", attributes=attributes)
        for number, attributes in enumerate([{}, {}, pay, pay])
    ]

    assert [1, 1, 1, 2] == [one.number for one in arrive(*spans)]


def test_the_outer_access_span_is_the_attempt():
    """
    A proxy's access span and the app's within it are one attempt; what only the app knows is told.
    """
    proxy = make_span(0, module="nginx", attributes={"http.response.status_code": 504}, end_ns=BASE_NS + 6 * SECOND)
    app = make_span(
        5, 3, layer="access", kind="SERVER", end_ns=BASE_NS + SECOND, attributes={"wechat.event": "VIEW"}
    )

    assert [(BASE_NS, 504, "VIEW")] == [(one.start_ns, one.http_status, one.event) for one in arrive(app, proxy)]


def test_what_never_ended_ends_by_estimate():
    """
    An open attempt ends now, a crashed one at the last record of its writer.
    """
    running = make_span(0, state="open", end_ns=None)
    dead = make_span(1, state="crashed", end_ns=None, writer="w", trace_id="cd" * 16)

    got = arrivals_of([running, dead], NOW_NS, {"w": BASE_NS + 2 * SECOND})

    assert [(NOW_NS, True), (BASE_NS + 2 * SECOND, True)] == [(one.end_ns, one.end_estimated) for one in got]


@given(st.lists(sound_traces(), max_size=3), st.randoms())
def test_an_arrival_says_what_a_rebuilt_attempt_says(traces: list[list[SpanRow]], random: Any):
    """
    Whatever both know of an attempt they agree on, whatever the order of the rows.
    """
    spans = [
        make_span(
            number,
            **{
                name: getattr(span, name)
                for name in ("layer", "module", "kind", "end_ns", "start_ns", "span_id", "parent_span_id")
            }
            | {"trace_id": f"{at + 1:032x}", "nonce": f"n{at % 2}"},
        )
        for number, (at, span) in enumerate((at, span) for at, trace in enumerate(traces) for span in trace)
    ]
    attempts = rebuild(spans, [], NOW_NS)

    got = arrive(*random.sample(spans, len(spans)))

    assert [[getattr(one, name) for name in SHARED] for one in attempts] == [
        [getattr(one, name) for name in SHARED] for one in got
    ]


def test_a_service_behind_is_no_arrival():
    """
    A request that one of our own services made for a push is not one that WeChat made.
    """
    push = make_span(0)
    behind = make_span(5, 4, layer="access", kind="SERVER", attributes={"wxtrace.carried": True})

    assert (1, 0) == (len(arrive(push, behind)), len(arrive(behind)))


@given(forests())
def test_no_row_is_two_arrivals(spans: list[SpanRow]):
    """
    Whatever the rows look like, nothing raises, and no access span is counted twice.
    """
    got = arrive(*spans, *spans)

    keys = [(one.trace_id, one.writer, one.start_ns) for one in got]
    access = [span for span in spans if (span.layer, span.kind, span.attributes) == ("access", "SERVER", {})]
    assert len(keys) <= len(access)
    assert (not access) == (not got)
