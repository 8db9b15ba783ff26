"""What is judged all at once comes to the same as one by one, to the nanosecond."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import BASE_NS, SECOND, forests, make_span, sound_traces
from windows import NOW_NS

from wxtrace.rebuild.arrival import arrivals_of
from wxtrace.rebuild.attempt import AFTER_REPLY
from wxtrace.rebuild.tree import is_access
from wxtrace.row import SpanRow
from wxtrace.scan.hour import COLUMNS
from wxtrace.survey.atonce import judged_at_once
from wxtrace.survey.judged import Known, judged_one_by_one

MODULES = [
    ("logic", "reply.menu"),
    ("storage", "mysql"),
    ("storage", "redis"),
    ("remote", "crm"),
    ("access", "asgi"),
]
REPLIES = [
    {"http.response.status_code": 200, "wechat.reply.length": 7, "wechat.reply.acceptable": True},
    {"http.response.status_code": 200, "wechat.reply.acceptable": False, "wechat.reply.reason": "quoted success"},
    {"http.response.status_code": 502, "wechat.status.assumed": True, "error.type": "ValueError"},
    {"wechat.disconnected": True},
    {},
]


def table_of(rows: Sequence[SpanRow]) -> pa.Table:
    """Return rows as a partition has them."""
    return pa.Table.from_pylist([asdict(row) | {"attributes": json.dumps(row.attributes)} for row in rows], COLUMNS)


@st.composite
def nested_traces(draw: st.DrawFn, max_spans: int = 10) -> list[SpanRow]:
    """Draw one request whose spans lie in their parents, beside each other or not, on few different moments."""
    second = draw(st.sampled_from([1, 7, SECOND]))
    length = draw(st.integers(1, 8))
    end = draw(st.none() | st.integers(0, length + 1))
    told = draw(st.sampled_from(REPLIES)) | ({} if end is None else {"wechat.reply.end_ns": BASE_NS + end * second})
    within = [(0, length)]
    spans = [make_span(0, end_ns=BASE_NS + length * second, attributes=told)]
    for number in range(1, draw(st.integers(1, max_spans))):
        parent = draw(st.integers(0, number - 1))
        first, last = sorted(draw(st.tuples(*[st.integers(*within[parent])] * 2)))
        within.append((first, last))
        layer, module = draw(st.sampled_from(MODULES))
        status = {
            "status_code": draw(st.sampled_from(["UNSET", "UNSET", "ERROR"])),
            "attributes": {"url.full": "u"},
        }
        times = {"start_ns": BASE_NS + first * second, "end_ns": BASE_NS + last * second}
        spans.append(make_span(number, parent, layer=layer, module=module, **times, **status))
    return draw(st.permutations([*spans, *draw(st.lists(late_spans(second, length), max_size=1))]))


@st.composite
def late_spans(draw: st.DrawFn, second: int, length: int) -> SpanRow:
    """Draw a span of what an app does after its reply, or before that all the same; it may outlast the request."""
    layer, module = draw(st.sampled_from([("access", AFTER_REPLY), ("access", AFTER_REPLY), *MODULES]))
    first = draw(st.integers(0, length + 1))
    times = {"start_ns": BASE_NS + first * second, "end_ns": BASE_NS + (first + draw(st.integers(0, 3))) * second}
    return make_span(
        99, 0, layer=layer, module=module, status_code=draw(st.sampled_from(["UNSET", "ERROR"])), **times
    )


@given(traces=st.lists(nested_traces() | sound_traces() | forests(), min_size=1, max_size=4))
@settings(deadline=None, max_examples=120)
def test_at_once_is_one_by_one(traces: list[list[SpanRow]]) -> None:
    """
    Whatever the spans look like: what is judged at once has the same verdict and the same shares.
    """
    rows = [
        replace(row, trace_id=f"{number:02x}{row.trace_id[2:]}", writer=f"{number}{row.writer}")
        for number, some in enumerate(traces)
        for row in some
    ]
    arrivals = arrivals_of(rows, NOW_NS, {})
    known = Known(NOW_NS, {}, lambda traces, first_ns, last_ns: [])

    at_once = judged_at_once(table_of(rows), list(filter(is_access, rows)), arrivals)

    one_by_one = judged_one_by_one(rows, arrivals, known)
    assert {identity: one_by_one[identity] for identity in at_once} == at_once


def test_what_is_plain_is_judged_at_once() -> None:
    """
    Requests whose spans lie in their parents, beside each other too, are not left to the slow way.
    """
    after = {"start_ns": BASE_NS + 6 * SECOND, "end_ns": BASE_NS + 7 * SECOND}
    spans = [
        make_span(0, end_ns=BASE_NS + 6 * SECOND, attributes=REPLIES[0]),
        make_span(1, 0, end_ns=BASE_NS + 5 * SECOND, layer="logic", module="reply.menu"),
        make_span(2, 1, end_ns=BASE_NS + 4 * SECOND, layer="storage", module="mysql"),
        make_span(3, 1, end_ns=BASE_NS + 2 * SECOND, layer="storage", module="redis"),
        make_span(4, 0, layer="access", module=AFTER_REPLY, **after),
    ]
    arrivals = arrivals_of(spans, NOW_NS, {})

    (judged,) = judged_at_once(table_of(spans), spans[:1], arrivals).values()

    assert ("too_late", "slow_module", "storage", "mysql") == judged[:4]
    assert {
        ("storage", "mysql"): 3_000_000_000 - 500,
        ("storage", "redis"): 1_000_000_000 - 1500,
        ("logic", "reply.menu"): 1_000_001_000,
        ("access", "asgi"): 1_000_001_000,
    } == judged.shares
