"""The axis: stretches of time, and ticks."""

from __future__ import annotations

import pytest
from answers import deferred_push, slow_push
from hypothesis import given
from hypothesis import strategies as st
from timelines import attempt_of

from wxtrace.show.axis import deadline_of, held_by, merged, step_of, tick_texts
from wxtrace.show.waterfall import on_path

SECOND, MS = 10**9, 10**6


@pytest.mark.parametrize(
    ("length_ns", "expected"),
    [
        (5_600 * MS, ["0", "1", "2", "3", "4", "5"]),
        (12 * MS, ["0.000", "0.002", "0.004", "0.006", "0.008", "0.010", "0.012"]),
        (40 * SECOND, ["0", "10", "20", "30", "40"]),
        (0, ["0.000000000"]),
    ],
)
def test_ticks_are_round_numbers_of_seconds(length_ns, expected):
    """One, two or five of a power of ten, with as many digits as they need."""
    assert expected == [text for _, text in tick_texts(length_ns, 7)]


@given(st.integers(0, 1 << 62), st.integers(1, 20))
def test_no_axis_has_too_many_ticks(length_ns, most):
    """Whatever the length, at most so many steps fit into it, and a step is never nothing."""
    assert 1 <= step_of(length_ns, most)
    assert length_ns // step_of(length_ns, most) <= most


def test_gaps_that_nobody_sees_are_closed():
    """On a second, a gap of two milliseconds is closed, one of three is not; what overlaps is one."""
    stretches = [
        (500 * MS, 600 * MS),
        (0, 100 * MS),
        (102 * MS, 200 * MS),
        (550 * MS, 650 * MS),
        (653 * MS, 700 * MS),
    ]

    assert [(0, 200 * MS), (500 * MS, 650 * MS), (653 * MS, 700 * MS)] == merged(stretches, SECOND)


def test_the_path_is_that_of_the_verdict():
    """A handler's time while its event loop was held is drawn at the wait for the loop, as the verdict tells it."""
    drawing = """
A         ------
  B       ------
  W         --
"""
    attempt = attempt_of(drawing, W={"layer": "wait", "module": "event loop"})

    assert {1: [(0, 2 * SECOND), (4 * SECOND, 6 * SECOND)], 2: [(2 * SECOND, 4 * SECOND)]} == held_by(attempt)
    assert {0, 1, 2} == on_path(attempt)


def test_an_attempt_is_held_up_by_one_span_at_a_time():
    """The stretches of the critical path are the attempt, without a gap and without an overlap."""
    whole = slow_push().attempts[0].rebuilt
    stretches = sorted(stretch for some in held_by(whole).values() for stretch in some)

    assert (0, whole.duration_ns) == (stretches[0][0], stretches[-1][1])
    assert [end for _, end in stretches[:-1]] == [begin for begin, _ in stretches[1:]]


def test_only_an_attempt_has_a_deadline():
    """WeChat hangs up after five seconds, where an attempt comes so far; nobody waits for a job."""
    deferred = deferred_push().attempts[0].rebuilt
    job = next(job.tree for job in deferred.jobs if job.tree and job.tree.duration_ns > 5 * SECOND)

    assert [5 * SECOND, None, None] == [
        deadline_of(one) for one in (slow_push().attempts[0].rebuilt, deferred, job)
    ]
    assert {} == held_by(job)
