"""Notebook: a lookup draws itself, wherever the notebook is opened."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from answers import answer, deferred_push, slow_push
from hypothesis import given
from strategies import BASE_NS, SECOND, forests, hostile_text, log_lines, make_log, make_span

from wxtrace.alarm.alarm import Alarm
from wxtrace.explain.match import Match
from wxtrace.notebook.draw import MOST_ROWS, draw
from wxtrace.show.style import Style
from wxtrace.show.text import render
from wxtrace.show.words import Words

TAGS = {
    *("div", "span", "strong", "details", "summary", "br", "hr"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"class", "style", "title", "open", "colspan"}
MS = 10**6


def parsed(html):
    """Return the drawing as a tree; it is written so that a strict parser takes it."""
    return ElementTree.fromstring(html)


def rows_of(tree):
    """Return what each row of the waterfalls says: the name, and how long it took."""
    boxes = [element for element in tree.iter("div") if "position:relative" in element.get("style", "")]
    return [["".join(row.itertext()).strip() for row in box.findall("div")] for box in boxes]


def told(lookup, language="en"):
    """Return all that stands in the drawing as text."""
    return " ".join(" ".join(parsed(draw(lookup, Words(language))).itertext()).split())


def of_text(lookup, language="en"):
    """Return the lines of the text which are no waterfall and no table."""
    text = render(lookup, Style(Words(language), 200))
    drawn = re.compile(r"[█┄│]|^\s+· |\d\.\d{3}|calls|次数|--full|took$|耗时$|═")
    return [" ".join(line.split()) for line in text.splitlines() if line.strip() and not drawn.search(line)]


def test_a_lookup_draws_a_row_for_every_span():
    """Three attempts of three spans are nine rows, in three waterfalls, under the verdict; two of them folded."""
    lookup = slow_push()
    tree = parsed(lookup._repr_html_())

    assert lookup.verdict.text == tree.find("div/strong").text
    assert (3, 2) == (len(rows_of(tree)), len(tree.findall("details")))
    assert ["asgi POST /wechat 5.60 s", "reply.menu on_text 文本 5.59 s"] == rows_of(tree)[0][:2]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_drawing_leaves_out_nothing_of_the_text(monkeypatch, language):
    """What is found, what is not, and further alarms: every sentence of the text stands in the drawing too."""
    monkeypatch.setenv("WXTRACE_LANG", language)
    candidate = make_span(0, openid=None, attributes={"wechat.info_type": "component_verify_ticket"})
    absent = answer(candidates=[candidate], reason="never_arrived", damaged=("torn",))
    push = Match("oABC", 1745231475, "n", ("a",), 1745231475 * 10**9, "CLICK", 3, 3, "possible", ())
    found = replace(slow_push(), alarm=Alarm(unread=("the time",)), matches=(push, push), others=(absent,))
    lookup = replace(found, unanswered=(Alarm(content="nothing"),))

    lines, drawn = of_text(lookup, language), told(lookup, language).replace(" ", "")

    assert ([], True) == ([line for line in lines if line.replace(" ", "") not in drawn], len(lines) > 12)


def test_the_axis_has_seconds_and_the_deadline():
    """An attempt of 5.6 s has a tick a second; where WeChat hangs up is marked, and told in the legend."""
    text = told(slow_push())

    assert "0 s 1 s 2 s 3 s 4 s 5 s asgi" in text
    assert "critical path WeChat hangs up" in text


def test_a_job_has_no_deadline():
    """A job of 7 s is drawn on its own scale, without the line at which WeChat hangs up."""
    assert "WeChat hangs up" not in told(deferred_push())


def test_many_alike_are_one_row():
    """Four hundred queries of a loop are a row that counts them, with what they took together."""
    start = BASE_NS + SECOND // 10
    place = {"layer": "storage", "module": "mysql", "name": "SELECT fan"}
    top = make_span(0, start_ns=start, end_ns=start + 5600 * MS)
    queries = [
        make_span(at + 1, 0, start_ns=start + 13 * at * MS, end_ns=start + (13 * at + 9) * MS, **place)
        for at in range(400)
    ]
    (rows,) = rows_of(parsed(draw(answer([top, *queries]), Words())))

    assert ["asgi POST /wechat 5.60 s", "mysql SELECT fan ×400 3.60 s"] == rows


def test_the_pointer_is_told_what_a_row_has_no_room_for():
    """A span's statement, its start and its duration are its tooltip."""
    tips = [element.get("title") for element in parsed(slow_push()._repr_html_()).iter() if element.get("title")]

    expected = "mysql SELECT start 0.010 s · took 5.30 s db.query.text=SELECT id, name FROM fan WHERE openid = ?"
    assert expected in [" ".join(tip.split()) for tip in tips]


def test_a_log_line_stands_under_its_span():
    """With its time, its severity, and what it says."""
    texts = [re.sub(r"\s+", " ", row) for row in rows_of(parsed(slow_push()._repr_html_()))[0]]

    assert "· 18:31:20.000 warning slow query" in texts


def test_an_attempt_draws_itself():
    """It has its own verdict as the headline, and nothing of the others."""
    second = slow_push().attempts[1]
    bundle = second._repr_mimebundle_()
    tree = parsed(bundle["text/html"])

    assert (second.verdict.text, 1) == (tree.find("div/strong").text, len(rows_of(tree)))
    assert ["text/html", "text/plain"] == sorted(bundle)
    assert "Attempt 2" in bundle["text/plain"]


def test_a_drawing_stays_small():
    """Five hundred spans, of which no two are alike, in four attempts with tooltips: at most 150 KB."""
    spans = []
    for attempt in range(4):
        same = {"trace_id": f"{attempt + 1:032x}"}
        first, start = 1000 * attempt, BASE_NS + attempt * 5 * SECOND
        spans.append(make_span(first, start_ns=start, end_ns=start + 6 * SECOND, **same))
        for at in range(1, 125):
            query = {"db.query.text": f"SELECT column_{at} FROM table_{at} WHERE id = ?", "server.address": "db-1"}
            times = {"start_ns": start + at * 40 * MS, "end_ns": start + (at * 40 + 39) * MS}
            place = {"layer": "storage", "module": "mysql", "name": f"SELECT table_{at}"}
            spans.append(make_span(first + at, first, attributes=query, **times, **place, **same))
    drawn = draw(answer(spans), Words())

    assert len(drawn.encode()) <= 150_000


def test_what_does_not_fit_is_told_in_a_line():
    """Of very many attempts the verdict's own is drawn, and as many more as there is room for."""
    spans = []
    for attempt in range(12):
        first, start = 1000 * attempt, BASE_NS + attempt * 5 * SECOND
        same = {"trace_id": f"{attempt + 1:032x}"}
        spans.append(make_span(first, start_ns=start, end_ns=start + 6 * SECOND, **same))
        spans += [
            make_span(
                first + at, first, start_ns=start + at, end_ns=start + 50 * at * MS, name=f"step {at}", **same
            )
            for at in range(1, 60)
        ]
    lookup = answer(spans)
    drawn = rows_of(parsed(draw(lookup, Words())))

    assert MOST_ROWS // 60 == len(drawn)
    assert "attempts[11] draws itself" in told(lookup)


def test_the_answers_of_several_alarms_share_the_room():
    """A paste of many alarms is no larger a drawing: each verdict's own attempt goes first, while there is room."""
    start = BASE_NS + SECOND
    spans = [make_span(0, start_ns=start, end_ns=start + 6 * SECOND)]
    spans += [make_span(at, 0, start_ns=start, end_ns=start + at * MS, name=f"step {at}") for at in range(1, 50)]
    first, *others = (answer(spans) for _ in range(10))
    drawn = rows_of(parsed(draw(replace(first, others=tuple(others)), Words())))

    assert [50] * (MOST_ROWS // 50) == [len(rows) for rows in drawn]


@given(forests(), log_lines())
def test_any_rows_are_drawn(spans, logs):
    """Whatever was recorded, the drawing is sound, in both languages, and so is each attempt's own."""
    lookup = answer(spans, logs)

    assert ["div", "div"] == [parsed(draw(lookup, Words(language))).tag for language in ("zh", "en")]
    assert {"div"} == {parsed(one._repr_html_()).tag for one in lookup.attempts}


@given(hostile_text)
def test_nothing_that_was_recorded_becomes_markup(text):
    """A span named like a tag is text, no script ever runs, and an attribute ends where it should."""
    name = f"\"'><script>{text}</script>"
    span = make_span(
        0, name=name, module=name, layer=name, host=name, attributes={name: name, "db.query.text": name}
    )
    elements = list(parsed(draw(answer([span], [make_log(1, event=name, severity=name)]), Words())).iter())

    assert TAGS >= {element.tag for element in elements}
    assert ATTRIBUTES >= {name for element in elements for name in element.attrib}
    styles = " ".join(element.get("style", "") for element in elements)
    assert "" == re.sub(r"[a-z0-9#:;.,%\- ]", "", styles)
