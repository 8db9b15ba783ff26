"""Terminal: widths, and what is hostile made harmless."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import hostile_text

from wxtrace.show.folded import folded
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abc", 3),
        ("中文", 4),
        ("ｆ", 2),
        ("e\u0301", 1),
        ("█", 1),
        ("·…×", 3),
        ("😀", 2),
        ("❤\ufe0f", 2),
        ("中\ufe0f", 2),
        ("🇨🇳", 2),
        ("\U0001fae8", 2),
        ("한", 2),
        ("\u1112\u1161\u11ab", 2),
    ],
)
def test_a_chinese_character_is_two_columns_wide(text, expected):
    """Width is counted in columns, not in characters; what is put upon another has none, a picture two."""
    assert expected == width(text)


def test_a_picture_of_many_is_shown_as_its_parts():
    """What joins a family could hide others too: it is escaped, and the width is that of the parts."""
    assert ("👩\\u200d👧", 10) == (shown := clean("👩\u200d👧"), width(shown))


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


@given(st.lists(st.text("ab中，。（(1", min_size=1, max_size=9)), st.integers(8, 30), st.integers(0, 4))
def test_a_folded_sentence_keeps_every_letter_and_the_width(words, columns, indent):
    """No line is too wide, and nothing is lost but blanks at the breaks."""
    text = " ".join(words)
    lines = list(folded(text, columns, " " * indent))

    assert [] == [line for line in lines if width(line) > columns]
    assert text.replace(" ", "") == "".join(lines).replace(" ", "")


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("one two three", 7, ["one two", "  three"]),
        ("unbreakable", 6, ["unbrea", "  kabl", "  e"]),
        ("耗时五秒，在数据库（慢）", 10, ["耗时五秒，", "  在数据库", "  （慢）"]),
        ("用了 5.60 秒。", 13, ["用了 5.60", "  秒。"]),
        ("", 9, []),
    ],
)
def test_a_sentence_is_broken_where_one_may(text, columns, expected):
    """At blanks and between Chinese characters, never in front of a full stop or behind a bracket."""
    assert expected == list(folded(text, columns, "  "))
