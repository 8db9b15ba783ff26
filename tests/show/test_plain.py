"""Plain: a finished text in the characters that a terminal has."""

from __future__ import annotations

import re

import pytest
from answers import answer, looping_push, slow_push
from hypothesis import given
from snapshots import stuck_push
from strategies import hostile_text, make_log, make_span

from wxtrace.show.plain import as_taken
from wxtrace.show.style import Style
from wxtrace.show.terminal import width
from wxtrace.show.text import render
from wxtrace.show.words import Words


def drawn(lookup, encoding="ascii", language="en"):
    """Return the text of an answer as a terminal without UTF-8 gets it."""
    return render(lookup, Style(Words(language), 80, ascii=True, encoding=encoding, wraps=True))


def test_what_wxtrace_itself_draws_has_an_ascii_form():
    """No bar, mark or ellipsis is left for the encoder to escape."""
    shown = drawn(stuck_push()) + drawn(looping_push())

    assert (True, ["\\u6587", "\\u672c"]) == (shown.isascii(), re.findall(r"\\u....", shown))


@given(hostile_text)
def test_bars_and_marks_keep_their_columns(text):
    """The layout holds: each line is as wide as it was, whatever stands in it."""
    lookup = answer([make_span(0), make_span(1, 0, name=text)], [make_log(9, event=text)])
    plain, full = (render(lookup, Style(columns=80, ascii=is_plain)) for is_plain in (True, False))

    assert [width(line) for line in full.splitlines()] == [width(line) for line in plain.splitlines()]


def test_a_gbk_terminal_keeps_its_chinese():
    """What it can show it shows; blocks, which it would draw two columns wide, it gets as ASCII."""
    shown = drawn(slow_push(), "gbk", "zh")

    assert shown == shown.encode("gbk").decode("gbk")
    assert ["|", "文本", "###"] == [
        part for part in ("|", "█", "…", "·", "\\u", "文本", "###") if part in f"|{shown}"
    ]
    assert "第 1 次请求 - 18:31:15.100 - 到达延迟 0.10 秒" in shown


def test_what_cannot_be_shown_is_escaped_where_it_stood():
    """An escape takes the blanks behind it, so that what follows stays in its column."""
    expected = "on_text \\u6587\\u672c  ####\nend \\U0001f600x"

    assert expected == as_taken("on_text 文本          ████\nend 😀x", ascii_only=True, encoding="latin-1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  … 3 more frames", "  + 3 more frames"),
        ("  …… 另有 3 层调用", "   + 另有 3 层调用"),
        ("SELECT id, na…  █▌ ░▒▓█ ›", "SELECT id, na~  #- .:=# >"),
    ],
)
def test_an_ellipsis_that_tells_of_more_is_a_plus(text, expected):
    """One in front of a line stands for what is left out, one behind a word for its end."""
    assert expected == as_taken(text, ascii_only=True)
