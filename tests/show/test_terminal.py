"""Terminal: widths, and what is hostile made harmless."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import hostile_text

from wxtrace.show.terminal import clean, cut, fit, fit_right, width, wrap


@given(hostile_text | st.text())
def test_nothing_that_a_terminal_acts_on_is_left(text):
    """Escape codes, line ends, marks of direction and half characters come out as readable escapes."""
    categories = {unicodedata.category(char) for char in clean(text)}

    assert set() == categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("\x1b[31m", "\\x1b[31m"), ("a\u202eb", "a\\u202eb"), ("中\n文", "中\\x0a文"), ("\ud800", "\\ud800")],
)
def test_an_escape_says_what_it_stands_for(text, expected):
    """What was there can still be read."""
    assert expected == clean(text)


@pytest.mark.parametrize(("text", "expected"), [("abc", 3), ("中文", 4), ("ｆ", 2), ("e\u0301", 1), ("█", 1)])
def test_a_chinese_character_is_two_columns_wide(text, expected):
    """Width is counted in columns, not in characters."""
    assert expected == width(text)


@given(st.text(), st.integers(1, 40))
def test_fitted_text_has_exactly_its_columns(text, columns):
    """A table stays straight whatever stands in it."""
    assert [columns, columns] == [width(fit(clean(text), columns)), width(fit_right(clean(text), columns))]


def test_cut_text_shows_that_it_was_cut():
    """An ellipsis stands for the rest."""
    assert ("中文", "中…", "") == (cut("中文", 4), cut("中文字", 4), cut("a", 0))


def test_wrapped_pieces_keep_to_the_width():
    """Pieces go to the next line where they do not fit."""
    assert ["a · bb", "  ccc"] == wrap(["a", "bb", "ccc"], 8, "  ")
