"""The critical path: which span held an attempt up, at each instant of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from strategies import BASE_NS, SECOND, forests, make_log, make_span, serial_traces
from timelines import attempt_of, line_of

from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.modules import modules_of
from wxtrace.rebuild.path import PathTime, Section, critical_path, heaviest, path_times
from wxtrace.rebuild.trace import rebuild

NOW = BASE_NS + 25

TABLES = {
    "nothing-below": """
A         ----------
path      AAAAAAAAAA
""",
    "one-child": """
A         ----------
  B         ----
path      AA|BBBB|AAAA
""",
    "one-after-the-other": """
A         ----------
  B        ---
  C            ---
path      A|BBB|A|CCC|AA
""",
    "one-ends-where-the-next-begins": """
A         ----------
  B        ----
  C            ----
path      A|BBBB|CCCC|A
""",
    "all-of-it-by-children": """
A         ----------
  B       -----
  C            -----
path      BBBBB|CCCCC
""",
    "a-child-of-a-child": """
A         ----------
  B        -------
    C        ---
      D       -
path      A|BB|C|D|C|BB|AA
""",
    "at-once-the-last-to-end-counts": """
A         ----------
  B        -----
  C          ------
path      AAA|CCCCCC|A
""",
    "before-it-the-one-that-had-ended-when-it-began": """
A         ----------
  B        --
  C        ----
  D           -----
path      A|BB|A|DDDDD|A
""",
    "one-within-the-time-of-its-sibling": """
A         ----------
  B        -------
  C          ---
path      A|BBBBBBB|AA
""",
    "two-that-end-at-once-the-first-counts": """
A         ----------
  B        -------
  C          -----
path      A|BBBBBBB|AA
""",
    "two-that-end-at-once-the-first-counts-though-it-began-later": """
A         ----------
  B          -----
  C        -------
path      AAA|BBBBB|AA
""",
    "a-child-that-began-too-early-is-cut": """
A            -------
  B       ------
path         BBB|AAAA
""",
    "a-child-that-ran-on-is-cut": """
A         ------
  B         --------
path      AA|BBBB
""",
    "a-child-on-both-sides-is-cut": """
A            ----
  B       ----------
path         BBBB
""",
    "what-is-below-is-cut-to-what-is-left": """
A         --------
  B         --------
    C        ---------
  D       -
path      D|A|B|CCCCC
""",
    "a-child-of-later-is-left-out-with-all-below": """
A         -----
  B             ----
    C      --
path      AAAAA
""",
    "a-child-of-earlier-is-left-out-with-all-below": """
A             -----
  B       ---
    C           --
path          AAAAA
""",
    "one-that-begins-where-its-parent-ends": """
A         ----------
  B        ---
    C         ---
path      A|BBB|AAAAAA
""",
    "one-that-ends-where-its-parent-begins": """
A         ----------
  B           ---
    C      ---
path      AAAA|BBB|AAA
""",
    "a-consumer-is-not-waited-for": """
A         ----------
  >B       --
    <C      ------
      D      ---
path      A|BB|AAAAAAA
""",
    "a-consumer-within-its-producer-is-not-waited-for-either": """
A         ----------
  >B       ------
    <C      ---
path      A|BBBBBB|AAA
""",
    "a-consumer-of-somebody-else-is": """
A         ----------
  B        ------
    <C      ---
path      A|B|CCC|BB|AAA
""",
    "a-producer-below-a-consumer-is": """
A         ----------
  <B       ------
    >C      ---
path      A|B|CCC|BB|AAA
""",
    "a-lost-span-passes-its-time-on": """
A         ----------
  ?B       --------
    C       --
    D           --
path      AA|CC|AA|DD|AA
""",
    "what-is-below-a-lost-span-stands-beside-its-siblings": """
A         ----------
  B       ----
  ?C       --------
    D        ----
path      AAA|DDDD|AAA
""",
    "the-access-span-is-lost": """
?A        ----------
  B        ---
  C            ---
path       BBB|.|CCC
""",
    "one-instant": """
A         ----------
  B          !
path      AAAAAAAAAA
""",
    "one-instant-at-the-end-of-another": """
A         ----------
  B        ---
  C           !
path      A|BBB|AAAAAA
""",
    "an-instant-with-something-below": """
A         ----------
  B          !
    C      -----
path      AAAAAAAAAA
""",
    "an-attempt-of-no-time": """
A         !
  B       ---
path
""",
    "one-that-is-still-open": """
A         ->
  B         --
  C            ->
path      AA|BB|A|CCCCCCCCCCCCCCC
""",
    "one-that-died": """
A         --x
  B         --
  C           -x
  D            ---
path      AA|BB|CCCC
""",
}


@pytest.mark.parametrize("drawing", TABLES.values(), ids=TABLES)
def test_the_path_is_that_of_the_drawing(drawing):
    """At each second the drawn span holds the attempt up, and no section stands beside one of the same span."""
    spans, _, path = drawing.rpartition("path")
    attempt = attempt_of(spans)

    assert path.strip() == line_of(attempt, critical_path(attempt))


def test_what_runs_after_the_reply_is_no_part_of_the_path():
    """The path ends with the last byte of the reply, whatever goes on below the access span."""
    replied = {"wechat.reply.end_ns": BASE_NS + 4 * SECOND}

    attempt = attempt_of(
        """
A         --------
  B        --
  C          -----
""",
        A={"attributes": replied},
    )

    assert "A|BB|C" == line_of(attempt, critical_path(attempt))


def test_a_clock_that_is_ahead_moves_nothing():
    """A call that another host has later than the request as a whole stays the caller's time."""
    drawing = """
A         --------
  B        ------
    C               ------
"""
    attempt = attempt_of(drawing, C={"host": "crm-1", "writer": "crm-1-9-0-abcd"})

    assert "A|BBBBBB|A" == line_of(attempt, critical_path(attempt))


def test_a_span_whose_clock_jumped_back_takes_no_time():
    """A span that ended before it began is one instant."""
    attempt = attempt_of("A         -----\n  B         -", B={"end_ns": BASE_NS})

    assert "AAAAA" == line_of(attempt, critical_path(attempt))


def test_the_first_nanosecond_of_the_epoch_is_a_time_like_any_other():
    """A child that begins at 0 is not one that begins nowhere."""
    spans = [make_span(0, start_ns=0, end_ns=9), *(make_span(n, 0, start_ns=n - 1, end_ns=3 * n) for n in (1, 2))]
    (attempt,) = rebuild(spans, [], NOW)

    assert (Section(0, 0, 1), Section(2, 1, 6), Section(0, 6, 9)) == critical_path(attempt)


def test_where_only_log_lines_are_left_nothing_was_open():
    """Of an attempt without a span all the time is nobody's."""
    (attempt,) = rebuild([], [make_log(1, time_ns=BASE_NS), make_log(2, time_ns=BASE_NS + 7)], NOW)

    path = critical_path(attempt)

    assert (Section(None, BASE_NS, BASE_NS + 7),) == path
    assert (PathTime("", "", 7, None),) == path_times(attempt, path)
    assert heaviest(path_times(attempt, path)) is None


@pytest.mark.parametrize("deep", [True, False], ids=["nested", "siblings"])
def test_ten_thousand_spans_are_no_burden(deep):
    """A trace may be as deep and as broad as it likes: each of its spans is on the path."""
    count = 10_000
    spans = [
        make_span(n, (n - 1 if deep else 0) if n else None, start_ns=BASE_NS + n, end_ns=BASE_NS + n + 1)
        for n in range(count)
    ]
    spans = [replace(span, end_ns=BASE_NS + count) if deep or not span.seq else span for span in spans]
    (attempt,) = rebuild(spans, [], NOW)

    assert [(n, BASE_NS + n, BASE_NS + n + 1) for n in range(count)] == list(critical_path(attempt))


def test_the_modules_of_a_path_stand_in_the_order_of_their_first_appearance():
    """Each module has all of its time on the path, and the span that has most of it."""
    drawing = """
A         ---------------
  B        --
  C           ---
    D          -
  B               -----
"""
    attempt = attempt_of(drawing, A={"module": "asgi"}, B={"layer": "storage", "module": "mysql"})

    times = path_times(attempt, critical_path(attempt))

    assert (
        PathTime("access", "asgi", 5 * SECOND, 0),
        PathTime("storage", "mysql", 7 * SECOND, 4),
        PathTime("logic", "C", 2 * SECOND, 2),
        PathTime("logic", "D", SECOND, 3),
    ) == times
    assert times[1] == heaviest(times)


@given(forests())
def test_a_path_is_gapless_and_adds_up(spans):
    """Whatever the spans look like, the sections follow one another from the start to the end of the attempt."""
    for attempt in rebuild(spans, [], NOW):
        path = critical_path(attempt)
        ends = [attempt.start_ns, *(section.end_ns for section in path)]

        assert ends[:-1] == [section.start_ns for section in path]
        assert attempt.end_ns == ends[-1]
        assert attempt.duration_ns == sum(time.ns for time in path_times(attempt, path))


@given(forests())
def test_a_section_lies_in_its_span_and_is_of_another_than_the_next(spans):
    """A span holds an attempt up only while it was open; no section is empty or cut without need."""
    for attempt in rebuild(spans, [], NOW):
        path = critical_path(attempt)

        assert all(section.start_ns < section.end_ns for section in path)
        assert all(one.place != two.place for one, two in pairwise(path))
        assert all(_was_open(attempt, section) for section in path)


@given(serial_traces())
def test_path_and_shares_agree_where_one_thing_was_done_at_a_time(spans):
    """Without overlaps there is one account of the time only, whichever way it is made."""
    (attempt,) = rebuild(spans, [], NOW)

    shares = {(time.layer, time.module): time.share_ns for time in modules_of(attempt) if time.share_ns}

    assert shares == {(time.layer, time.module): time.ns for time in path_times(attempt, critical_path(attempt))}


def _was_open(attempt: Attempt, section: Section) -> bool:
    if section.place is None:
        return True
    node = attempt.nodes[section.place]
    return node.start_ns <= section.start_ns and section.end_ns <= node.end_ns
