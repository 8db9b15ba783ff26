"""The way of an attempt: the parts of its time along the critical path, and how much of it was waiting."""

from __future__ import annotations

from typing import Any

import pytest
from answers import NOW_NS
from hypothesis import given
from strategies import SECOND, forests
from timelines import attempt_of

from wxtrace.explain.verdict import ACCESS_TO_LOGIC, Part
from wxtrace.explain.way import way_of
from wxtrace.rebuild.path import PathTime
from wxtrace.rebuild.trace import rebuild

QUERY = "SELECT … FROM fan"
MYSQL: dict[str, Any] = {"layer": "storage", "module": "mysql", "attributes": {"db.query.text": QUERY}}
QUEUE: dict[str, Any] = {"layer": "wait", "module": "threadpool"}


def parts(drawing: str, **changes: dict[str, Any]) -> list[tuple[str, int]]:
    """Return the parts of a drawing, in seconds, without their details."""
    return [(part.what, part.ns // SECOND) for part in way_of(attempt_of(drawing, **changes)).parts]


def test_the_parts_stand_in_the_order_of_the_way():
    """First what passed before the logic began, then each module as the path first comes by it, with its call."""
    drawing = """
A         ------------
  B        ---------
    C       -
    D        ------
"""
    attempt = attempt_of(drawing, C=MYSQL | {"module": "redis", "name": "GET token", "attributes": {}}, D=MYSQL)

    assert (
        Part(ACCESS_TO_LOGIC, SECOND),
        Part("A", 2 * SECOND),
        Part("B", 2 * SECOND),
        Part("redis", SECOND, "GET token"),
        Part("mysql", 6 * SECOND, QUERY),
    ) == way_of(attempt).parts


def test_a_part_tells_the_call_that_held_most_of_it():
    """Of several calls of a module on the path, the heaviest is told; one beside the path is not."""
    drawing = """
A         -----------
  B       --
  C         ------
  D           ----
  E               ---
"""
    calls = {
        name: {"layer": "storage", "module": "mysql", "attributes": {"db.query.text": f"SELECT {name}"}}
        for name in "BCDE"
    }

    assert (Part(ACCESS_TO_LOGIC, 0), Part("mysql", 11 * SECOND, "SELECT C")) == way_of(
        attempt_of(drawing, **calls)
    ).parts


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("A         ------", [("A", 6)]),
        ("A         ------\n  B       ------", [(ACCESS_TO_LOGIC, 0), ("B", 6)]),
        ("A         ------\n  B           --", [(ACCESS_TO_LOGIC, 4), ("B", 2)]),
        ("A         ------\n  B           -", [(ACCESS_TO_LOGIC, 4), ("A", 1), ("B", 1)]),
        ("?A        ------\n  B           --", [("B", 2)]),
        ("?A\n  B         --\n  C            --", [("B", 2), ("unrecorded", 1), ("C", 2)]),
        ("A         !\n  B       --", []),
        ("A           ------\n  B     --\n  C              -", [(ACCESS_TO_LOGIC, 5), ("C", 1)]),
        ("A         ------\n  B             --", [("A", 6)]),
        ("A           ------\n  B       --", [("A", 6)]),
    ],
    ids=[
        "access-alone",
        "all-logic",
        "waited",
        "access-twice",
        "no-access",
        "nothing-open",
        "no-time",
        "one-of-a-clock-that-is-behind",
        "begun-with-the-last-byte",
        "ended-with-the-arrival",
    ],
)
def test_what_passed_before_the_logic_is_a_part_of_its_own(drawing, expected):
    """The part from access to logic ends where the first other span begins, as far as it is one of the attempt."""
    assert expected == parts(drawing)


@pytest.mark.parametrize(
    ("drawing", "waited", "wait"),
    [
        ("A         ------\n  B         --", 2, None),
        ("A         ------\n  Q        ---\n  B           --", 4, 3),
        ("A         ------\n  B       ------\n    Q     -----", 0, None),
        ("A         ------\n  Q       ---", 3, 3),
        ("A         ------", 0, None),
        ("?A        ------\n  Q       --\n  B         --", 0, None),
        ("A         ->\n  Q        ->", 19, 19),
    ],
    ids=["none", "queue", "within-logic", "never-out-of-it", "access-alone", "no-access", "still-in-it"],
)
def test_waiting_is_what_passed_before_the_work_began(drawing, waited, wait):
    """A wait that was recorded before any work counts as waiting; one within the logic is a module like others."""
    way = way_of(attempt_of(drawing, Q=QUEUE))
    place = 1 if wait else None

    assert waited * SECOND == way.waited_ns
    assert (PathTime("wait", "threadpool", wait * SECOND, place) if wait else None) == way.wait


@given(forests())
def test_the_parts_add_up_to_the_attempt(spans):
    """Whatever the spans look like, no part is negative, and together they are the attempt."""
    for attempt in rebuild(spans, [], NOW_NS):
        way = way_of(attempt)

        assert attempt.duration_ns == sum(part.ns for part in way.parts)
        assert all(part.ns >= 0 for part in way.parts)
        assert 0 <= way.waited_ns <= attempt.duration_ns
