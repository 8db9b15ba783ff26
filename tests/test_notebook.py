"""Notebook: a lookup draws itself."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from answers import answer, slow_push
from hypothesis import given
from strategies import forests, hostile_text, log_lines, make_log, make_span

from wxtrace.alarm.alarm import Alarm
from wxtrace.explain.match import Match
from wxtrace.notebook.draw import draw
from wxtrace.show.style import Style
from wxtrace.show.text import render
from wxtrace.show.words import Words


def parsed(html):
    """Return the drawing as a tree; it is written so that a strict parser takes it."""
    return ElementTree.fromstring(html)


def test_a_lookup_draws_a_bar_for_every_span():
    """Three attempts of three spans are nine bars, in three pictures, under the verdict; two of them folded."""
    lookup = slow_push()
    tree = parsed(lookup._repr_html_())

    assert lookup.verdict.text == tree.find("p/strong").text
    assert (1, 2, 9) == tuple(len(tree.findall(path)) for path in ("{*}svg", "details/{*}svg", ".//{*}rect"))


def told(lookup, language="en"):
    """Return all that stands in the drawing as text."""
    return " ".join("".join(parsed(draw(lookup, Words(language))).itertext()).split())


def of_text(lookup, language="en"):
    """Return the lines of the text which are no waterfall and no table."""
    text = render(lookup, Style(Words(language), 120))
    drawn = re.compile(r"[█┄]|^\s+· |\d\.\d{3}|calls|次数|--full|took$|耗时$|═")
    return [" ".join(line.split()) for line in text.splitlines() if line.strip() and not drawn.search(line)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_drawing_leaves_out_nothing_of_the_text(monkeypatch, language):
    """What is found, what is not, and further alarms: every sentence of the text stands in the drawing too."""
    monkeypatch.setenv("WXTRACE_LANG", language)
    candidate = make_span(0, openid=None, attributes={"wechat.info_type": "component_verify_ticket"})
    absent = answer(candidates=[candidate], reason="never_arrived", damaged=("torn",))
    push = Match("oABC", 1745231475, "n", ("a",), 1745231475 * 10**9, "CLICK", 3, 3, "possible", ())
    found = replace(slow_push(), alarm=Alarm(unread=("the time",)), matches=(push, push), others=(absent,))
    lookup = replace(found, unanswered=(Alarm(content="nothing"),))

    lines, drawn = of_text(lookup, language), told(lookup, language)

    assert ([], True) == ([line for line in lines if line not in drawn], len(lines) > 12)


@given(forests(), log_lines())
def test_any_rows_are_drawn(spans, logs):
    """Whatever was recorded, the drawing is sound, in both languages."""
    lookup = answer(spans, logs)

    assert ["div", "div"] == [parsed(draw(lookup, Words(language))).tag for language in ("zh", "en")]


@given(hostile_text)
def test_nothing_that_was_recorded_becomes_markup(text):
    """A span named like a tag is text, and no script ever runs."""
    name = f"<script>{text}</script>"
    lookup = answer([make_span(0, name=name, module=name, host=name)], [make_log(1, event=name)])

    assert {
        "div",
        "p",
        "pre",
        "strong",
        "h4",
        "details",
        "summary",
        "hr",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    } >= {element.tag for element in parsed(draw(lookup, Words())).iter() if not element.tag.startswith("{")}
