"""Rebuild: rows in any state into attempts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import BASE_NS, SECOND, TRACE, forests, log_lines, make_log, make_span, sound_traces

from wxtrace.rebuild.attempt import Attempt, Reply
from wxtrace.rebuild.trace import rebuild

NOW = BASE_NS + 60 * SECOND


def shape(attempt: Attempt) -> list[tuple[int, str | None]]:
    """Return depth and name of every node; None for a gap."""
    return [(node.depth, node.span and node.span.name) for node in attempt.nodes]


@given(forests(), log_lines(), st.randoms())
def test_the_order_of_arrival_does_not_matter(spans, logs, random):
    """However rows were shuffled on their way, the same attempts come back."""
    expected = rebuild(spans, logs, NOW)

    shuffled = rebuild(random.sample(spans, len(spans)), random.sample(logs, len(logs)), NOW)

    assert expected == shuffled


@given(forests(), log_lines(), st.data())
def test_what_is_stored_twice_shows_once(spans, logs, data):
    """Rows that are read twice, from a journal and from Parquet, change nothing."""
    again = data.draw(st.lists(st.sampled_from(spans)))

    assert rebuild(spans, logs, NOW) == rebuild([*again, *spans], [*logs, *logs], NOW)


@given(forests(), log_lines())
def test_every_row_is_in_exactly_one_attempt(spans, logs):
    """Nothing that was recorded is lost or doubled, whatever its parents, clocks and states are."""
    attempts = rebuild(spans, logs, NOW)

    shown = [(span.writer, span.seq) for one in attempts for span in one.spans]
    lines = [log.seq for one in attempts for log in one.logs]

    assert sorted((span.writer, span.seq) for span in spans) == sorted(shown)
    assert sorted(log.seq for log in logs) == sorted(lines)


@given(forests(), log_lines())
def test_nodes_come_after_their_parents_and_end_after_they_start(spans, logs):
    """An attempt can be walked once, from the first node to the last, with times that are never negative."""
    for attempt in rebuild(spans, logs, NOW):
        for one in (attempt, *(job.tree for job in attempt.jobs if job.tree is not None)):
            parents = [-1 if node.parent is None else node.parent for node in one.nodes]
            depths = [0 if node.parent is None else one.nodes[node.parent].depth + 1 for node in one.nodes]
            assert -1 == parents[0]
            assert all(0 <= parent < at for at, parent in enumerate(parents[1:], 1))
            assert depths == [node.depth for node in one.nodes]
            assert all(node.start_ns <= node.end_ns for node in one.nodes)
            assert one.start_ns <= one.end_ns
            assert all(place < len(one.nodes) for place in one.line_nodes)


@given(sound_traces(), st.integers(-(10**10), 10**10))
def test_a_skewed_clock_moves_the_times_and_not_the_tree(spans, skew):
    """A writer's clock may be wrong: the tree is the same, and the attempt as long."""
    skewed = [
        replace(span, start_ns=span.start_ns + skew, end_ns=None if span.end_ns is None else span.end_ns + skew)
        for span in spans
    ]

    (expected,), (actual,) = rebuild(spans, [], NOW), rebuild(skewed, [], NOW)

    assert shape(expected) == shape(actual)
    assert expected.duration_ns == actual.duration_ns


@given(sound_traces(), st.data())
def test_a_lost_span_leaves_a_gap_and_takes_nothing_along(spans, data):
    """If one record is lost, its children stand under a visible gap, still in the attempt."""
    if len(spans) == 1:
        return
    lost = data.draw(st.sampled_from(spans[1:]))
    had_children = any(span.parent_span_id == lost.span_id for span in spans)

    (attempt,) = rebuild([span for span in spans if span != lost], [], NOW)

    gaps = [node.span_id for node in attempt.nodes if node.span is None]
    assert ([lost.span_id] if had_children else []) == gaps
    assert len(spans) - 1 == len(attempt.spans)


def test_one_nanosecond_does_not_scramble_the_order():
    """Spans of the same instant stand in the order in which their writer began them."""
    spans = [make_span(0), *(make_span(n, 0, start_ns=BASE_NS) for n in (3, 1, 2))]

    (attempt,) = rebuild(spans, [], NOW)

    assert [(0, "POST /wechat"), (1, "span 1"), (1, "span 2"), (1, "span 3")] == shape(attempt)


def test_three_attempts_of_one_push_are_counted():
    """Retries share openid, stamp and nonce, and follow one another; another nonce is another push."""
    spans = [
        make_span(n, trace_id=f"{n:032x}", start_ns=BASE_NS + 5 * n * SECOND, end_ns=BASE_NS + 5 * n * SECOND + 9)
        for n in range(3)
    ]
    other = make_span(9, trace_id="f" * 32, nonce="n2", start_ns=BASE_NS + SECOND)

    attempts = rebuild([*spans, other], [], NOW)

    assert [(0, 1, 0), (1, 1, 0), (0, 2, 5 * SECOND), (0, 3, 10 * SECOND)] == [
        (one.push, one.number, one.after_first_ns) for one in attempts
    ]


def test_the_inner_access_span_is_no_attempt_of_its_own():
    """nginx and the app behind it are one attempt."""
    spans = [make_span(0, module="nginx"), make_span(1, 0, layer="access", module="asgi", kind="SERVER")]

    (attempt,) = rebuild(spans, [], NOW)

    assert ["nginx", "asgi"] == [span.module for span in attempt.spans]


def test_the_attempt_ends_with_its_last_reply_byte():
    """What runs after the reply is told apart, and is not part of the attempt."""
    replied = BASE_NS + SECOND // 2
    spans = [
        make_span(0, attributes={"wechat.reply.end_ns": replied, "wechat.reply.length": 7}),
        make_span(1, 0, layer="access", module="after_reply", start_ns=replied, end_ns=BASE_NS + 3 * SECOND),
    ]

    (attempt,) = rebuild(spans, [], NOW)

    assert (replied, False) == (attempt.end_ns, attempt.end_estimated)
    assert 3 * SECOND - SECOND // 2 == attempt.after_reply_ns
    assert Reply(7, None, None) == attempt.reply


def test_work_after_the_reply_shows_that_it_was_sent():
    """While a background task still runs, the attempt has ended where that began."""
    replied = BASE_NS + 4000
    after = make_span(1, 0, layer="access", module="after_reply", start_ns=replied, end_ns=None, state="open")

    (attempt,) = rebuild([make_span(0, end_ns=None, state="open"), after], [], NOW)

    assert (replied, False) == (attempt.end_ns, attempt.end_estimated)


def test_an_open_span_ends_now_and_a_crashed_one_at_its_writers_last_record():
    """What never finished has an end that is marked as an estimate."""
    still = make_span(0, end_ns=None, state="open")
    dead = make_span(1, trace_id="f" * 32, parent_span_id=None, end_ns=None, state="crashed", writer="w2")
    line = make_log(5, None, trace_id="f" * 32, time_ns=BASE_NS + 77, writer="w2")

    crashed, open_one = sorted(
        rebuild([still, replace(dead, layer="access", kind="SERVER")], [line], NOW), key=lambda one: one.state
    )

    assert ("crashed", BASE_NS + 1000, True) == (crashed.state, crashed.end_ns, crashed.end_estimated)
    assert ("open", NOW, True) == (open_one.state, open_one.end_ns, open_one.end_estimated)


def test_what_is_known_of_a_writer_moves_the_end_of_its_crash():
    """The last record of a dead writer may belong to another push; the evidence knows it."""
    dead = make_span(0, end_ns=None, state="crashed")

    (attempt,) = rebuild([dead], [], NOW, {dead.writer: BASE_NS + 3 * SECOND})

    assert 3 * SECOND == attempt.duration_ns


@pytest.mark.parametrize(
    ("attributes", "status_code", "expected"),
    [
        ({"http.response.status_code": 201}, "UNSET", (201, False)),
        ({"http.status_code": 404}, "UNSET", (404, False)),
        ({"http.response.status_code": 500, "wechat.status.assumed": True}, "ERROR", (500, True)),
        ({}, "ERROR", (500, True)),
        ({"wechat.disconnected": True}, "ERROR", (None, False)),
        ({"http.response.status_code": "bad"}, "UNSET", (None, False)),
    ],
    ids=["stated", "old-name", "assumed", "exception", "hung-up", "no-number"],
)
def test_the_status_is_what_was_sent_or_500_for_an_exception(attributes, status_code, expected):
    """An exception before the reply counts as status 500, and is said to be assumed."""
    (attempt,) = rebuild([make_span(0, attributes=attributes, status_code=status_code)], [], NOW)

    assert expected == (attempt.http_status, attempt.status_assumed)


def test_work_without_an_access_span_is_shown_as_such():
    """A deferred job has the tag and no request: an attempt of its own, with a gap at its top."""
    (attempt,) = rebuild([make_span(1, 0), make_span(2, 1)], [], NOW)

    assert not attempt.recorded
    assert [(0, None), (1, "span 1"), (2, "span 2")] == shape(attempt)


def test_log_lines_alone_are_an_attempt_too():
    """If only log lines were saved they are still shown."""
    (attempt,) = rebuild([], [make_log(1), make_log(2)], NOW)

    assert (["event 1", "event 2"], False) == ([log.event for log in attempt.lines], attempt.recorded)


def test_log_lines_stand_under_their_span():
    """A line belongs to its span; one whose span is unknown, to the attempt of its trace."""
    spans, logs = [make_span(0), make_span(1, 0)], [make_log(5, 1), make_log(6, 12), make_log(7, None)]

    (attempt,) = rebuild(spans, logs, NOW)

    assert (1, 0, 0) == attempt.line_nodes


@pytest.mark.parametrize("parent", [0, 9_999], ids=["self", "circle"])
def test_a_deep_circle_of_parents_is_cut_once(parent):
    """Ten thousand spans that are each other's parents are all shown, one under the other."""
    ring = [
        make_span(n, n - 1 if n else parent, layer="logic", kind="INTERNAL", trace_id=TRACE) for n in range(10_000)
    ]

    (attempt,) = rebuild(ring, [], NOW)

    assert [None, *range(10_000)] == [node.span and node.span.seq for node in attempt.nodes]


def test_rows_without_a_number_are_told_apart():
    """Where a writer is named and its records are not numbered, spans and lines are still not taken for one."""
    spans = [make_span(0, seq=-1), make_span(1, 0, seq=-1)]
    lines = [replace(make_log(number, 1), seq=-1) for number in range(2)]

    (attempt,) = rebuild(spans, lines, NOW)

    assert [(0, "POST /wechat"), (1, "span 1")] == shape(attempt)
    assert ["event 0", "event 1"] == [line.event for line in attempt.lines]
