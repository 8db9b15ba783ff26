"""Bars: when a span ran within the whole, to the eighth of a cell."""

from __future__ import annotations

import pytest
from answers import answer
from hypothesis import given
from hypothesis import strategies as st
from strategies import BASE_NS, forests, make_span

from wxtrace.rebuild.attempt import Node
from wxtrace.show.bars import bar, density

WHOLE = answer([make_span(0, start_ns=BASE_NS, end_ns=BASE_NS + 800)]).attempts[0].rebuilt


def ran(begin: int, end: int) -> Node:
    """Return a node that ran between these hundredths of a cell of ten."""
    return Node(make_span(1, 0), "2", 0, 1, BASE_NS + begin, BASE_NS + end, False)


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        (0, 800, "██████████"),
        (80, 240, " ██       "),
        (80, 200, " █▌       "),
        (160, 160, "  ▏       "),
        (790, 800, "         ▏"),
        (-50, 40, "▌         "),
        (900, 950, "         ›"),
    ],
)
def test_a_bar_shows_when_a_span_ran(begin, end, expected):
    """What took next to nothing is still seen, what began after the reply is told to have."""
    assert expected == bar(ran(begin, end), WHOLE, 10)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(0, 80), (240, 320)], "█  █      "),
        ([(0, 10), (80, 110), (160, 220), (240, 320)], "░▒▓█      "),
        ([(0, 80), (20, 60)], "█         "),
        ([(160, 160)], "  ░       "),
        ([(900, 950), (910, 990)], "         ›"),
    ],
)
def test_a_bar_of_many_is_darker_the_longer_any_of_them_ran(spans, expected):
    """Each cell tells how much of its time is covered, however many cover it."""
    assert expected == density([ran(*one) for one in spans], WHOLE, 10)


@given(forests(), st.integers(1, 200))
def test_a_bar_has_exactly_its_columns(spans, columns):
    """Whatever a clock said, the figures behind it stand in their place."""
    for whole in (judged.rebuilt for judged in answer(spans).attempts):
        bars = [bar(node, whole, columns) for node in whole.nodes] + [density(whole.nodes, whole, columns)]

        assert {columns} == set(map(len, bars))
