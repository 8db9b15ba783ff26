"""Drawing: what a waterfall of a terminal says besides its bars."""

from __future__ import annotations

import pytest
from answers import answer
from strategies import BASE_NS, SECOND, make_span

from wxtrace.rebuild.modules import ModuleTime
from wxtrace.show.drawing import modules, waterfall
from wxtrace.show.style import Style

MS = 10**6


def drawn(spans, columns=80, colour=False):
    """Return the waterfall of the first attempt that these spans make."""
    return list(waterfall(answer(spans).attempts[0].rebuilt, Style(columns=columns, colour=colour)))


def items(count: int, **changes):
    """Return so many alike spans in a request, each with two calls in it."""
    spans = [make_span(0)]
    for turn in range(count):
        at = BASE_NS + turn * 10 * MS
        place, item = len(spans), {"name": "item", "module": "greet", "start_ns": at, "end_ns": at + 8 * MS}
        spans.append(make_span(place, 0, **item))
        for more, module in enumerate(("mysql", "redis"), 1):
            call = {"layer": "storage", "module": module, "name": "GET", "start_ns": at, "end_ns": at + more * MS}
            spans.append(make_span(place + more, place, **call | changes))
    return spans


def test_a_folded_row_says_what_lies_below_it():
    """That each of forty items asks twice would else be hidden."""
    heads, _, row, below = drawn(items(40))

    assert ["greet", "item", "×40", "0.000", "0.320", "0.008"] == [part for part in row.split() if "▓" not in part]
    assert "      in them: mysql GET ×40 · redis GET ×40" == below
    assert heads.split()[-3:] == ["start", "took", "longest"]


def test_hostile_names_of_what_is_folded_stay_text():
    """A name of what lies below cannot steer the terminal either."""
    assert "\x1b" not in "".join(drawn(items(9, name="\x1b[2J")))


def test_what_ran_beside_the_critical_path_is_told_without_colours_too():
    """What was waited for has a mark; where nothing ran beside it, there is none."""
    slow = make_span(1, 0, start_ns=BASE_NS, end_ns=BASE_NS + SECOND)
    beside = make_span(2, 0, start_ns=BASE_NS, end_ns=BASE_NS + SECOND // 2)

    assert ["│", "│", "│", " "] == [line[0] for line in drawn([make_span(0), slow, beside])]
    assert [" ", " ", " "] == [line[0] for line in drawn([make_span(0), slow])]
    assert "\x1b[2m    reply.menu span 2\x1b[0m" in "".join(drawn([make_span(0), slow, beside], colour=True))


@pytest.mark.parametrize(
    ("columns", "query", "expected"),
    [
        (80, "SELECT a FROM b", "mysql SELECT"),
        (120, "SELECT a FROM b", "mysql SELECT a FROM b"),
        (120, "SELECT\n  a FROM b", "mysql SELECT a FROM b"),
        (120, "/* x */ SELECT a", "mysql SELECT  /* x */ SELECT a"),
        (120, "SELECT", "mysql SELECT"),
    ],
)
def test_a_wide_terminal_has_room_for_what_was_asked(columns, query, expected):
    """The statement stands behind the name, without what the name says already."""
    told = {"layer": "storage", "module": "mysql", "name": "SELECT", "attributes": {"db.query.text": query}}

    assert expected == drawn([make_span(0), make_span(1, 0, **told)], columns)[2].split("█")[0].strip()


def test_a_missing_span_has_no_block_in_its_bar():
    """Nobody saw it run: its place is dotted, to the last cell."""
    missing = make_span(9, 7, start_ns=BASE_NS + SECOND // 3, end_ns=BASE_NS + SECOND // 2)
    (line,) = [line for line in drawn([make_span(0), missing]) if "missing span" in line]

    assert (True, False) == ("┄┄" in line, any(block in line for block in "▏▎▍▌▋▊▉█"))


@pytest.mark.parametrize(
    ("ns", "expected"), [(999_999 * MS, "999.999"), (1_000 * SECOND, "1000.0"), (-MS, "-0.001")]
)
def test_a_figure_keeps_to_its_column(ns, expected):
    """What takes hours is told to the tenth of a second."""
    (_, row) = modules([ModuleTime("logic", "m", 1, ns, 0, 0, 0.0)], Style())

    assert expected == row.split()[3]
