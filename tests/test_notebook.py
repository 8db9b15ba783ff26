"""Notebook: a lookup draws itself."""

from __future__ import annotations

from xml.etree import ElementTree

from answers import answer, slow_push
from hypothesis import given
from strategies import forests, hostile_text, log_lines, make_log, make_span

from wxtrace.notebook import draw
from wxtrace.show.words import Words


def parsed(html):
    """Return the drawing as a tree; it is written so that a strict parser takes it."""
    return ElementTree.fromstring(html)


def test_a_lookup_draws_a_bar_for_every_span():
    """Three attempts of three spans are nine bars, in three pictures, under the verdict."""
    lookup = slow_push()
    tree = parsed(lookup._repr_html_())

    assert lookup.verdict.text == tree.find("p/strong").text
    assert (3, 9) == (len(tree.findall("{*}svg")), len(tree.findall(".//{*}rect")))


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

    assert {"div", "p", "strong", "h4", "table", "thead", "tbody", "tr", "th", "td"} >= {
        element.tag for element in parsed(draw(lookup, Words())).iter() if not element.tag.startswith("{")
    }
