"""A lookup as a trace for Perfetto: one document, whose lanes nest only what belongs together."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from typing import Any

from answers import answer, deferred_push
from hypothesis import given
from strategies import BASE_NS, SECOND, forests, hostile_text, log_lines, make_log, make_span, sound_traces

from wxtrace.export import perfetto
from wxtrace.export.lanes import Lanes
from wxtrace.rebuild.attempt import Node
from wxtrace.row import SpanRow


def events(spans: list[SpanRow], *logs: Any) -> list[dict[str, Any]]:
    """Return the events of a lookup's trace."""
    return list(json.loads(perfetto.render(answer(spans, logs)))["traceEvents"])


def nodes_of(spans: list[SpanRow]) -> list[tuple[Node, ...]]:
    """Return the trees of a lookup."""
    return [judged.rebuilt.nodes for judged in answer(spans).attempts]


def lanes(spans: list[SpanRow]) -> list[tuple[str, int]]:
    """Return the lanes of the spans of the only attempt of a lookup, in the order of its tree."""
    (nodes,) = nodes_of(spans)
    return [lane for _, lane in sorted(Lanes().place(nodes).items())]


def is_below(nodes: tuple[Node, ...], place: int, other: int) -> bool:
    """Say whether a node is somewhere below another."""
    above = nodes[place].parent
    while above is not None and above != other:
        above = nodes[above].parent
    return above == other


@given(spans=forests())
def test_what_overlaps_on_a_lane_is_nested(spans):
    """Of any spans, two of a lane that share a moment are one within the other, in the tree and in time."""
    kept, on_lane = Lanes(), defaultdict(list)
    for nodes in nodes_of(spans):
        for place, lane in kept.place(nodes).items():
            on_lane[lane].append((nodes, place))

    for some in on_lane.values():
        for nodes, place in some:
            for others, other in some:
                one, two = nodes[place], others[other]
                if one is not two and one.start_ns < two.end_ns and two.start_ns < one.end_ns:
                    pairs = ((one, two, place, other), (two, one, other, place))
                    within = [
                        inner.start_ns >= outer.start_ns and inner.end_ns <= outer.end_ns
                        for inner, outer, a, b in pairs
                        if nodes is others and is_below(nodes, a, b)
                    ]
                    assert [True] == within


def test_what_ran_in_turn_shares_a_lane():
    """A request that did one thing after the other, as deep as it may go, needs one lane."""
    deep = [make_span(n, n - 1, end_ns=BASE_NS + 100_000 - n) for n in range(1, 4)]
    after = [make_span(n, 0, start_ns=BASE_NS + n * 10**6, end_ns=BASE_NS + (n + 1) * 10**6) for n in range(4, 7)]

    assert [("web-1-7-0-abcd", 0)] * 7 == lanes([make_span(0), *deep, *after])


def test_what_ran_at_once_lies_side_by_side():
    """Siblings that overlap get lanes of their own, with what they did; a lane is taken again when it is free."""
    first = make_span(1, 0, start_ns=BASE_NS, end_ns=BASE_NS + 100)
    beside = make_span(2, 0, start_ns=BASE_NS + 10, end_ns=BASE_NS + 90)
    below = make_span(3, 2, start_ns=BASE_NS + 20, end_ns=BASE_NS + 80)
    again = make_span(4, 0, start_ns=BASE_NS + 95, end_ns=BASE_NS + 120)

    numbers = [number for _, number in lanes([make_span(0), first, beside, below, again])]

    assert [0, 0, 1, 1, 1] == numbers


def test_a_late_child_lies_beside():
    """What runs on after its parent has ended is not drawn within it, nor within what its parent lies in."""
    late = make_span(2, 1, start_ns=BASE_NS + 50, end_ns=BASE_NS + 900)

    numbers = [
        number for _, number in lanes([make_span(0), make_span(1, 0, end_ns=BASE_NS + 100, start_ns=BASE_NS), late])
    ]

    assert [0, 0, 1] == numbers


@given(spans=sound_traces())
def test_a_sound_trace_has_every_span_once(spans):
    """Each span is one complete event, whose times count from the first, in microseconds."""
    seen = [event for event in events(spans) if event["ph"] == "X"]

    expected = [
        (span.seq, (span.start_ns - BASE_NS) / 1000, (span.end_ns - span.start_ns) / 1000) for span in spans
    ]
    assert expected == sorted((event["args"]["seq"], event["ts"], event["dur"]) for event in seen)


@given(spans=forests(), logs=log_lines(), name=hostile_text)
def test_any_rows_make_a_document(spans, logs, name):
    """Of any rows the trace is JSON in UTF-8, with every span and line, and nothing that a terminal acts on."""
    named = [replace(span, name=name, attributes={name: [name]}) for span in spans]
    document = perfetto.render(answer(named, logs))

    seen = json.loads(document.encode())["traceEvents"]

    assert set("\n") >= {char for char in document if not char.isprintable()}
    assert len(spans) == sum(event["ph"] == "X" for event in seen)
    assert len(logs) == sum(event["ph"] == "i" and event["cat"] == "log" for event in seen)
    assert all(event["ts"] >= 0 for event in seen if "ts" in event)


def test_processes_and_lanes_are_named():
    """Each writer is a process with its service and host; two of one number are kept apart."""
    other = {"writer": "web-2-7-0-abcd", "host": "web-2", "trace_id": "cd" * 16}
    named = [event for event in events([make_span(0), make_span(1, **other)]) if event["ph"] == "M"]

    made_up = 1 << 22
    assert [
        (7, None, "process_name", {"name": "wx-callback@web-1"}),
        (7, None, "process_labels", {"labels": "web-1-7-0-abcd"}),
        (7, 1, "thread_name", {"name": "lane"}),
        (7, 1, "thread_sort_index", {"sort_index": 0}),
        (made_up + 1, None, "process_name", {"name": "wx-callback@web-2 pid 7"}),
        (made_up + 1, None, "process_labels", {"labels": "web-2-7-0-abcd"}),
        (made_up + 1, 2, "thread_name", {"name": "lane"}),
        (made_up + 1, 2, "thread_sort_index", {"sort_index": 0}),
    ] == [(event["pid"], event.get("tid"), event["name"], event["args"]) for event in named]


def test_a_line_without_any_span_has_its_writer():
    """A log line whose spans are all missing is an instant of its process."""
    (*_, seen) = events([], make_log(3, event="only line"))

    assert ("i", "only line", 7, 0.0) == (seen["ph"], seen["name"], seen["pid"], seen["ts"])


def test_a_backward_span_lasts_no_time():
    """A span that ended before it began is drawn as a moment; its arguments have what was recorded."""
    (seen,) = [event for event in events([make_span(0, end_ns=BASE_NS - SECOND)]) if event["ph"] == "X"]

    assert (0.0, BASE_NS, BASE_NS - SECOND) == (seen["dur"], seen["args"]["start_ns"], seen["args"]["end_ns"])


def test_what_was_before_is_put_at_the_beginning():
    """What a clock that is off puts before the window is drawn at its beginning: a viewer would drop it."""
    attempts = [judged.rebuilt for judged in deferred_push().attempts]

    document = json.loads("".join(perfetto.pieces([attempts], attempts[0].start_ns)))

    (behind,) = [event for event in document["traceEvents"] if event.get("pid") == 90 and event["ph"] == "X"]
    assert (0.0, attempts[0].start_ns - 1_996_000_000) == (behind["ts"], behind["args"]["start_ns"])
    assert str(attempts[0].start_ns) == document["otherData"]["first_ns"]


def test_nothing_found_is_a_document_too():
    """Without any attempt the trace has no events, and is still one."""
    assert [] == events([])
