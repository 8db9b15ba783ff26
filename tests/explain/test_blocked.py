"""Blocked: the times in which an event loop did not run, on the way of a request that had to wait for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from snapshots import blocked, snapshot
from strategies import BASE_NS, SECOND, forests, make_span
from timelines import LOOKED_UP_NS, attempt_of, line_of

from wxtrace.explain.blocked import Held, culprit_at, held_of, with_blocked
from wxtrace.explain.verdict import Part
from wxtrace.explain.way import way_of
from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.path import critical_path
from wxtrace.rebuild.snapshot import Culprit
from wxtrace.rebuild.trace import rebuild

LOOP: dict[str, Any] = {"layer": "wait", "module": "event loop"}
PARSE_MENU = Culprit("parse_menu", "menus.py", 88, None, "o…9f")


def path_of(drawing: str, *snapshots: Any, **changes: dict[str, Any]) -> str:
    """Return the path of a drawing as a line, a letter a second; W is a wait for the event loop."""
    attempt = replace(attempt_of(drawing, W=LOOP, V=LOOP, **changes), lines=snapshots)
    return line_of(attempt, with_blocked(attempt, critical_path(attempt)))


def held(*waits: Any) -> tuple[Held, ...]:
    """Return who held the loop of a request of six seconds."""
    return held_of(rebuild([make_span(0, end_ns=BASE_NS + 6 * SECOND), *waits], (), LOOKED_UP_NS)[0])


def test_what_was_to_run_while_the_loop_was_held_had_to_wait():
    """The time of a handler that could not go on is the wait's."""
    drawing = """
A         ------
  B       ------
  W         --
"""

    assert "BB|WW|BB" == path_of(drawing)


def test_a_call_to_elsewhere_that_lasted_on_was_not_held_up():
    """A query that came back a second after the loop ran again would have taken that long anyway."""
    drawing = """
A         -------
  B       ------
  W         --
"""

    assert "BBBBBB|A" == path_of(drawing, B={"layer": "storage"})


def test_a_call_to_elsewhere_whose_answer_lay_there_was_held_up():
    """A query that ended as soon as the loop ran had perhaps ended long before."""
    drawing = """
A         -------
  B       ----
  W         --
"""

    assert "BB|WW|AAA" == path_of(drawing, B={"layer": "remote"})


def test_a_thread_is_not_held_up_by_the_loop():
    """A handler in a thread of its own runs on."""
    drawing = """
A         ------
  B       ------
  W         --
"""
    in_thread = snapshot(9, 3.5, threads=[{"thread": 5, "frames": []}])

    assert "BBBBBB" == path_of(drawing, in_thread)


def test_a_wait_that_is_known_stays_what_it_is():
    """Who stands in line at a pool waits for the pool."""
    drawing = """
A         ------
  B       ------
    P     -----
  W         --
"""

    assert "PPPPP|B" == path_of(drawing, P={"layer": "wait", "module": "sqlalchemy pool"})


def test_several_stretches_are_cut_each_for_itself():
    """Between two stretches the request went on."""
    drawing = """
A         --------
  B       --------
  W        --
  V            --
"""

    assert "B|WW|BB|VV|B" == path_of(drawing)


def test_the_parts_tell_who_held_the_loop():
    """The wait is a part of its own, with its culprit as the detail; all of them add up."""
    spans = [
        make_span(0, end_ns=BASE_NS + 6 * SECOND),
        make_span(1, 0, start_ns=BASE_NS, end_ns=BASE_NS + 6 * SECOND),
        blocked(2, 1, 4),
    ]

    parts = way_of(rebuild(spans, (), LOOKED_UP_NS)[0]).parts

    assert (
        Part("access→logic", 0),
        Part("reply.menu", 3 * SECOND, "span 1"),
        Part("event loop", 3 * SECOND, "blocked by parse_menu (menus.py:88)"),
    ) == parts


def test_who_held_the_loop_longest_comes_first():
    """The times of one culprit are added up; its line is that of the longest."""
    other = {"name": "blocked by load (menus.py:9)", "attributes": {}}
    later = {"attributes": blocked(0, 0, 1).attributes | {"wxtrace.culprit.line": 90}}

    found = held(blocked(1, 0.5, 1, **later), blocked(2, 1, 2.5, **other), blocked(3, 3, 5))

    load = Culprit("load", "menus.py", 9)
    assert (Held(PARSE_MENU, 5 * SECOND // 2), Held(load, 3 * SECOND // 2)) == found


def test_a_wait_that_lasts_counts_up_to_the_lookup():
    """A loop that is held now is told too, by the name of what stands in the table of open spans."""
    attempt = rebuild([make_span(0, end_ns=None, state="open"), blocked(1, 1, None)], (), BASE_NS + 6 * SECOND)[0]

    assert (Held(PARSE_MENU, 5 * SECOND),) == held_of(attempt)


@pytest.mark.parametrize(
    ("name", "attributes", "expected"),
    [
        ("blocked by what was not seen", {}, Culprit()),
        ("blocked by f (a (1).py:7)", {}, Culprit("f", "a (1).py", 7)),
        ("blocked by f (a.py:7)", {"wxtrace.culprit.openid": "o…9f"}, Culprit("f", "a.py", 7, None, "o…9f")),
        ("whatever", {"wxtrace.culprit.function": "g"}, Culprit("g")),
    ],
    ids=["unseen", "name", "name-and-openid", "attributes"],
)
def test_a_culprit_is_read_from_what_is_there(name, attributes, expected):
    """While the wait lasts only its name tells the line."""
    assert expected == culprit_at(blocked(1, 0, 1, name=name, attributes=attributes))


def test_only_waits_for_an_event_loop_have_a_culprit():
    """Who stands in line at a pool is held up by everybody before him."""
    assert culprit_at(blocked(1, 0, 1, module="sqlalchemy pool")) is None
    assert culprit_at(blocked(1, 0, 1, layer="logic")) is None


@given(forests())
def test_the_path_still_adds_up(spans):
    """Whatever waits there are, the pieces are those of the path, without a gap."""
    spans = [replace(span, **LOOP) if span.seq % 3 == 2 else span for span in spans]
    for attempt in rebuild(spans, (), LOOKED_UP_NS):
        _is_gapless(attempt)


def _is_gapless(attempt: Attempt) -> None:
    sections = with_blocked(attempt, critical_path(attempt))
    moments = [attempt.start_ns, *(section.end_ns for section in sections)]
    assert [section.start_ns for section in sections] == moments[:-1]
    assert all(section.start_ns < section.end_ns for section in sections)
    assert moments[-1] == attempt.end_ns
