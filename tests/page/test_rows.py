"""The rows of a page's waterfall, and where their bars lie."""

from __future__ import annotations

import pytest
from answers import answer, slow_attempt
from hypothesis import given, settings
from page_read import known, page, parsed
from strategies import BASE_NS, SECOND, forests, log_lines, make_span

from wxtrace.page.rows import listing_of
from wxtrace.show.waterfall import shown


@settings(max_examples=30)
@given(forests(max_spans=40), log_lines())
def test_all_rows_make_a_tree_and_those_shown_are_the_terminals(spans, logs):
    """Each row lies at most one deeper than the one before it; what is shown is what a terminal shows."""
    for judged in answer(spans, logs).attempts:
        entries = listing_of(judged.rebuilt).entries
        depths = [entry.depth for entry in entries]

        assert [] == [at for at in range(1, len(depths)) if depths[at] > depths[at - 1] + 1]
        rows = [(row.place, row.log) for row in shown(judged.rebuilt).rows]
        kept = [(entry.row.place, entry.row.log) for entry in entries if entry.is_shown]
        assert sorted(map(repr, rows)) == sorted(map(repr, kept))


@settings(max_examples=30)
@given(forests())
def test_no_bar_leaves_the_chart(spans):
    """Children outside of their parents, mad clocks and spans that end before they begin are drawn within it."""
    for rect in parsed(page(answer(spans))).iterfind(".//td[@class='bar']/svg/rect"):
        x, width = (float(rect.get(name)[:-1]) for name in ("x", "width"))
        assert 0 <= x <= 100
        assert 0 < width <= 100.01 - x


def drawn(*spans):
    """Return what is drawn in the rows of an attempt: the shapes with their places."""
    cells = parsed(page(answer([*slow_attempt()[:1], *spans]))).iterfind(".//td[@class='bar']/svg")
    names = ("class", "x", "width")
    return [[(one.tag, *map(one.get, names), one.text) for one in cell] for cell in cells]


def test_what_held_the_reply_up_is_drawn_over_what_ran():
    """The access span ran all the time, and held the reply up where no child ran."""
    start = BASE_NS + SECOND // 10
    child = make_span(1, 0, start_ns=start + 14 * 10**8, end_ns=start + 42 * 10**8, trace_id=f"{1:032x}")

    ran = ("rect", None, "0%", "100%", None)
    held = [("rect", "held", x, width, None) for x, width in (("0%", "25%"), ("75%", "25%"), ("25%", "50%"))]
    assert [[ran, *held[:2]], held[2:]] == drawn(child)


@pytest.mark.parametrize(
    ("begin", "took", "expected"),
    [(60, 1, [("text", "after", "100%", None, "›")]), (-9, 1, [("text", "before", "0", None, "‹")])],
)
def test_what_ran_before_or_after_is_marked_at_the_edge(begin, took, expected):
    """A clock that is off, or work after the reply, is not drawn as if it had been within."""
    start = BASE_NS + begin * SECOND
    child = make_span(1, 0, start_ns=start, end_ns=start + took * SECOND, trace_id=f"{1:032x}")

    assert expected == drawn(child)[1]


def test_how_a_span_ended_is_marked_by_a_sign_too():
    """Whoever sees no colours sees that it crashed."""
    child = make_span(1, 0, start_ns=BASE_NS + SECOND, end_ns=None, state="crashed", trace_id=f"{1:032x}")

    assert ("text", "end", "✕") == tuple(drawn(child)[1][-1][at] for at in (0, 1, 4))


def test_a_fold_tells_what_its_spans_share():
    """The statement of a loop of queries is the finding; what differs from one to the next is told with each."""
    spans = slow_attempt()[:2]
    for number in range(2, 42):
        told = {"db.query.text": "SELECT 1", "db.response.returned_rows": number}
        place = {
            "layer": "storage",
            "module": "mysql",
            "name": "SELECT",
            "trace_id": f"{1:032x}",
            "attributes": told,
        }
        start = BASE_NS + SECOND // 10 + number * 10**7
        spans.append(make_span(number, 1, start_ns=start, end_ns=start + 10**6, **place))
    script = known(page(answer(spans)))
    fold = script["charts"][0]["rows"][2]

    assert [2, 2, 2 * 10**7, 40 * 10**6, 40] == fold[:5]
    assert ["storage", "db.query.text", "SELECT 1"] == [script["strings"][at] for at in (fold[5], *fold[6])]
