"""Waterfall: which spans and lines have a row, which are folded into one, which are left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from answers import answer
from hypothesis import given
from hypothesis import strategies as st
from strategies import BASE_NS, forests, log_lines, make_log, make_span, sound_traces

from wxtrace.rebuild.attempt import Attempt, Tree
from wxtrace.row import LogRow, SpanRow
from wxtrace.show import alike, waterfall
from wxtrace.show.waterfall import MOST_LINES, MOST_NODES, Row, on_path, shown

MS = 10**6


def rebuilt(spans: list[SpanRow], logs: list[LogRow] = ()) -> Attempt:
    """Return the first attempt that these rows make."""
    return answer(spans, logs).attempts[0].rebuilt


def query(number: int, start_ms: float, took_ms: float = 1, parent: int = 0, **changes) -> SpanRow:
    """Return a query that begins so many milliseconds after the request."""
    start = BASE_NS + int(start_ms * MS)
    same = {"layer": "storage", "module": "mysql", "name": "SELECT fan", "kind": "CLIENT"}
    return make_span(number, parent, **same | {"start_ns": start, "end_ns": start + int(took_ms * MS)} | changes)


def request(took_ms: float = 1000) -> SpanRow:
    """Return the access span of a request that took so many milliseconds."""
    return make_span(0, start_ns=BASE_NS, end_ns=BASE_NS + int(took_ms * MS))


def below(whole: Attempt, place: int) -> set[int]:
    """Return the place of a node and those of all below it."""
    found = {place}
    for at, node in enumerate(whole.nodes):
        if node.parent in found:
            found.add(at)
    return found


def span_rows(whole: Attempt, **how: bool) -> list[Row]:
    """Return the rows that are spans."""
    return [row for row in shown(whole, **how).rows if row.log is None]


def named(whole: Attempt) -> list[tuple[str, int]]:
    """Return of each row of spans its name, and how many it stands for."""
    return [(row.node.span.name, len(row.folded) or 1) for row in span_rows(whole)]


@st.composite
def busy_traces(draw: st.DrawFn) -> list[SpanRow]:
    """Draw a sound trace with few names, so that many siblings are alike, and a few faults among them."""
    spans = draw(sound_traces(24))
    changes = [{}, {}, {}, {}, {"status_code": "ERROR"}, {"state": "crashed", "end_ns": None}]
    return [
        replace(span, name=draw(st.sampled_from("ab")), module="m", layer="logic", **draw(st.sampled_from(changes)))
        if number
        else span
        for number, span in enumerate(spans)
    ]


@given(busy_traces() | forests(), log_lines(), st.integers(1, 12), st.integers(0, 3), st.integers(2, 6))
def test_every_span_is_shown_folded_or_counted_once(spans, logs, most, most_lines, least):
    """However much there is, no span and no line vanishes, and none is there twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waterfall, "MOST_NODES", most)
        patch.setattr(waterfall, "MOST_LINES", most_lines)
        patch.setattr(alike, "LEAST", least)
        for judged in answer(spans, logs).attempts:
            whole = judged.rebuilt
            what, at = shown(whole), {id(node): place for place, node in enumerate(whole.nodes)}
            heads = [place for row in span_rows(whole) for place in map(at.get, map(id, row.folded or (row.node,)))]
            held = Counter(
                place
                for row in span_rows(whole)
                for one in row.folded or (row.node,)
                for place in (below(whole, at[id(one)]) if row.folded else {at[id(one)]})
            )

            assert (1, len(whole.nodes)) == (max(held.values()), len(held) + what.nodes_left)
            assert len(heads) == len(set(heads))
            assert len(whole.lines) == sum(row.log is not None for row in what.rows) + what.lines_left


@given(busy_traces() | forests(), log_lines())
def test_full_shows_all_in_order(spans, logs):
    """Nothing is folded or left out; the spans stand as they are walked, and each row under its own node."""
    for judged in answer(spans, logs).attempts:
        whole = judged.rebuilt
        what = shown(whole, full=True)

        assert list(enumerate(whole.nodes)) == [(row.place, row.node) for row in what.rows if row.log is None]
        assert Counter(map(id, whole.lines)) == Counter(id(row.log) for row in what.rows if row.log is not None)
        assert (0, 0, set()) == (what.nodes_left, what.lines_left, {row.folded for row in what.rows} - {()})


@given(busy_traces())
def test_rows_keep_their_order_and_stand_under_what_holds_them(spans):
    """Rows are in the order of the walk; what holds a row has a row before it; what is folded is in order."""
    whole = rebuilt(spans)
    rows = span_rows(whole)
    places = [row.place for row in rows]

    assert sorted(places) == places
    assert set() == {row.node.parent for row in rows} - {*places, None}
    assert all(list(row.folded) == sorted(row.folded, key=lambda node: node.span.seq) for row in rows)


@given(busy_traces())
def test_what_tells_something_is_never_folded(spans):
    """A failed span, one that never ended and one that takes long is not among the folded, nor below one."""
    whole = rebuilt(spans)
    at = {id(node): place for place, node in enumerate(whole.nodes)}
    folded = [place for row in span_rows(whole) for one in row.folded for place in below(whole, at[id(one)])]

    for node in (whole.nodes[place] for place in folded):
        assert ("closed", False) == (node.span.state, node.span.status_code == "ERROR")
        assert node.end_ns - node.start_ns <= max(0, whole.duration_ns / 10)


def test_a_loop_of_queries_is_one_row():
    """2,000 queries in a row are the critical path themselves, and the finding."""
    whole = rebuilt([request(6000), *(query(n, 3 * n, 2.5) for n in range(1, 2000))])

    assert [("POST /wechat", 1), ("SELECT fan", 1999)] == named(whole)


def test_what_was_waited_for_stands_beside_those_that_ran_along():
    """Of a hundred queries at once, the one that ended last is the one that was waited for."""
    whole = rebuilt([request(), *(query(n, 10, 20 + (n == 70)) for n in range(1, 100))])

    assert [("POST /wechat", 1), ("SELECT fan", 98), ("SELECT fan", 1)] == named(whole)
    assert [0, 70] == sorted(on_path(whole))


@pytest.mark.parametrize(
    "changes",
    [{"status_code": "ERROR"}, {"state": "open", "end_ns": None}, {"state": "crashed", "end_ns": None}],
    ids=["failed", "open", "crashed"],
)
def test_a_fault_among_many_has_its_own_row(changes):
    """One failed query among a hundred is not lost in their row."""
    spans = [request(), *(query(n, n) for n in range(1, 100))]
    spans[40] = replace(spans[40], **changes)

    assert ("SELECT fan", 1) in named(rebuilt(spans))


def test_a_long_one_and_one_that_warns_have_their_own_rows():
    """A tenth of the whole, or a warning, is worth a row; its line stands there, those of the folded do not."""
    spans = [request(), *(query(n, n) for n in range(1, 100))]
    spans[40] = replace(spans[40], end_ns=spans[40].start_ns + 100 * MS)
    logs = [make_log(1000 + n, n, severity="warning" if n == 60 else "info") for n in (59, 60)]
    what = shown(rebuilt(spans, logs))

    assert {(0, ()), (40, ()), (60, ())} == {(row.place, row.folded) for row in what.rows if not row.folded}
    assert ([60], 1) == ([row.place for row in what.rows if row.log is not None], what.lines_left)


def test_siblings_with_something_else_below_are_not_alike():
    """What calls Redis is folded apart from what does not; how many calls it makes matters not."""
    spans, number = [request()], 1
    for turn in range(12):
        spans.append(
            make_span(number, 0, name="item", start_ns=BASE_NS + turn * MS, end_ns=BASE_NS + (turn + 1) * MS)
        )
        calls = 0 if turn % 2 else 1 + turn % 3
        spans += [query(number + 1 + call, turn, 0.1, number, module="redis") for call in range(calls)]
        number += 1 + calls

    assert [("POST /wechat", 1), ("item", 6), ("item", 6)] == named(rebuilt(spans))


def test_of_many_different_ones_the_longest_are_kept():
    """What cannot be folded is cut: to the longest, the failed ones among them, each under all that holds it."""
    spans = [request(), *(query(n, n / 10, n / 100, name=f"SELECT {n}") for n in range(1, 5000))]
    spans[7] = replace(spans[7], status_code="ERROR")
    what = shown(rebuilt(spans))

    assert (MOST_NODES, 5000 - MOST_NODES) == (len(what.rows), what.nodes_left)
    assert {0, 7, *range(4942, 5000)} == {row.place for row in what.rows}


def test_of_many_lines_those_that_warn_are_kept():
    """A chatty request is cut to a screen of lines; its one warning is among them."""
    logs = [make_log(100 + n, severity="warning" if n == 900 else "info") for n in range(1000)]
    what = shown(rebuilt([request()], logs))

    assert 1000 - MOST_LINES == what.lines_left
    assert [*range(100, 100 + MOST_LINES - 1), 1000] == [row.log.seq for row in what.rows if row.log is not None]


def test_a_job_has_no_critical_path():
    """Nobody waits for a job, but it is drawn like an attempt."""
    whole = rebuilt([request(), *(query(n, n) for n in range(1, 50))])
    tree = Tree(whole.nodes, whole.lines, whole.line_nodes)

    assert (frozenset(), 2) == (on_path(tree), len(shown(tree).rows))


def deep(count: int) -> list[SpanRow]:
    """Return so many spans, each in the one before."""
    return [request(), *(query(n, n / 1000, 1000 - n / 10, n - 1, name=f"level {n}") for n in range(1, count))]


@pytest.mark.parametrize(
    "spans",
    [
        deep(10_000),
        [request(), *(query(n, n / 10, 0.1, name=f"SELECT {n}") for n in range(1, 10_000))],
        [request(), *(query(n, n / 10, 0.1) for n in range(1, 10_000))],
        [request(), *(query(n, n / 10, 0.1, (n - 1) // 3) for n in range(1, 10_000))],
    ],
    ids=["deep", "different", "alike", "branching"],
)
def test_ten_thousand_spans_fit_on_two_screens(spans):
    """However they lie, little enough is shown to be read."""
    what = shown(rebuilt(spans))

    assert len(what.rows) <= MOST_NODES + MOST_LINES
