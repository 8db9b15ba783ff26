"""Kinds of alarms: what each counts."""

from __future__ import annotations

import pytest

from wxtrace.explain.kinds import COMPONENTS, PAYMENTS, REFUSALS, TICKETS, TIMEOUTS, UNCOUNTED, counted_by, fitting


def test_what_is_too_slow_is_not_refused():
    """No kind counts both timeouts and refusals, and those that never got here count neither."""
    assert [set()] * 3 == [set(TIMEOUTS & REFUSALS), set(TIMEOUTS & UNCOUNTED), set(REFUSALS & UNCOUNTED)]


def test_each_sort_of_its_own_has_a_timeout_and_a_refusal():
    """Tickets, notices and payments have one kind of each."""
    told = [(len(some & TIMEOUTS), len(some & REFUSALS)) for some in (TICKETS, COMPONENTS, PAYMENTS)]

    assert [(1, 1)] * 3 == told


@pytest.mark.parametrize(
    ("kind", "counted", "may_be"),
    [
        ("request_timeout", {"too_late", "arrived_late"}, {"too_late", "arrived_late", "crashed", "open"}),
        ("payment_failure", {"refused", "no_reply"}, {"refused", "no_reply", "crashed"}),
        ("mark_fail", {"too_late", "arrived_late", "refused", "no_reply", "crashed"}, None),
    ],
)
def test_a_kind_counts_outcomes(kind, counted, may_be):
    """For sure, and what it may be about besides; a process that dies may be in either."""
    assert (counted, may_be) == (counted_by(kind), fitting(kind))
