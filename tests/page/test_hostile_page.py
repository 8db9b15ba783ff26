"""The page of a hostile push: nothing that was recorded becomes markup, and none of it is too much."""

from __future__ import annotations

import re

import pytest
from answers import answer, slow_attempt
from hostile_answers import WEAPONS, mad, not_there, scripted
from hypothesis import given, settings
from page_read import known, page, parsed, said
from snapshots import snapshot, wild_attributes
from strategies import BASE_NS, SECOND, forests, hostile_text, log_lines, make_log, make_span

ELEMENTS = re.compile(
    "html|head|meta|title|style|script|body|svg|defs|pattern|rect|line|text|header|main|article|section|aside|div|p|h[1-6]"
    "|b|span|ul|ol|li|figure|blockquote|details|summary|table|thead|tbody|tr|th|td|pre|code|dl|dt|dd|input|output|button"
)
ATTRIBUTES = re.compile(
    "lang|charset|http-equiv|content|name|class|aria-(hidden|label|live)|id|pattern(Units|Transform)|hidden|type|role"
    "|placeholder|autocomplete|for|x|y|[xy][12]|width|height|open|data-(chart|r)|scope|colspan|tabindex"
)
"""All that a page is made of: no element or attribute that runs something or fetches something."""

SOME = settings(max_examples=25)


def shape(html):
    """Return what a page has of elements and attributes that no page has, and how many scripts."""
    elements = list(parsed(html).iter())
    strange = {one.tag for one in elements if not ELEMENTS.fullmatch(one.tag)}
    strange |= {name for one in elements for name in one.attrib if not ATTRIBUTES.fullmatch(name)}
    return strange, sum(one.tag == "script" for one in elements)


def assert_harmless(lookup):
    """Assert that a page in either language is sound, UTF-8, and made of nothing but what pages are made of."""
    for language in ("en", "zh"):
        html = page(lookup, language)
        html.encode()
        assert (set(), 2) == shape(html)


@pytest.mark.parametrize("make", [scripted, not_there, mad])
def test_weapons_stay_text(make):
    """Scripts, style sheets, marks of direction, NUL and half characters are shown, and are nothing else."""
    assert_harmless(make())


@SOME
@given(hostile_text)
def test_nothing_that_was_recorded_becomes_markup(text):
    """Names, layers, statements, log lines and attributes come from the network."""
    told = {text: text, "db.query.text": text, "wechat.reply.acceptable": False, "wechat.reply.reason": text}
    spans = [
        make_span(0, name=text, module=text, service=text, host=text, status_code="ERROR", attributes=told),
        make_span(1, 0, layer=text, module=text, name=text, attributes=told, status_message=text),
        make_span(2, 0, layer="wait", module=text, name=text, attributes=told),
    ]
    assert_harmless(answer(spans, [make_log(9, 1, event=text, severity=text, attributes=told)]))


@SOME
@given(wild_attributes)
def test_a_snapshot_may_hold_anything(told):
    """Whatever a snapshot holds, there is a page."""
    assert_harmless(answer([make_span(0)], [snapshot(9, 3.5, 0, **told)]))


@SOME
@given(forests(), log_lines())
def test_there_is_a_page_of_any_rows(spans, logs):
    """Whatever was recorded, its page is sound, and knows each span and line once."""
    lookup = answer(spans, logs)
    charts = known(page(lookup))["charts"]
    wholes = [one.rebuilt for one in lookup.attempts]
    wholes += [job.tree for one in wholes for job in one.jobs if job.tree is not None and not job.in_request]

    assert sorted(len(one.nodes) + len(one.lines) for one in wholes) == sorted(
        sum(row[0] != 2 for row in chart["rows"]) for chart in charts
    )
    assert_harmless(lookup)


def test_texts_come_whole_to_the_script():
    """The script is told each weapon as it was recorded, marks of direction and controls as escapes."""
    strings = known(page(scripted()))["strings"]

    assert WEAPONS[1] in strings
    assert [] == [text for text in strings if any(char in text for char in "\x00\u202e\u2028\ud800")]


def test_an_attribute_of_a_megabyte_is_cut_and_says_so():
    """Its beginning is kept, and how many characters are left out."""
    spans = slow_attempt()
    spans[2].attributes["db.query.text"] = "SELECT " + "x" * (1 << 20)
    html = page(answer(spans))

    told = next(text for text in known(html)["strings"] if text.startswith("SELECT xxx"))
    assert (True, True, True) == (told.endswith("x … (+1,046,583)"), len(told) < 5_000, len(html) < 90_000)


def test_two_thousand_alike_queries_are_one_row_and_all_are_known():
    """The page shows one row for all of them; its script knows each, below that row."""
    spans = slow_attempt()[:2]
    for number in range(2, 2002):
        place = {"layer": "storage", "module": "mysql", "name": "SELECT fan", "trace_id": f"{1:032x}"}
        start = BASE_NS + SECOND // 10 + number * 2 * 10**6
        spans.append(make_span(number, 1, start_ns=start, end_ns=start + 10**6, **place))
    html = page(answer(spans))
    rows = known(html)["charts"][0]["rows"]
    group = parsed(html).find(".//tr[@class='group storage path d2']")

    assert "mysql SELECT fan ×2,000" in said(parsed(html))
    assert (2000, 2000, 2000) == (rows[2][4], sum(row[1] == 3 for row in rows), len(rows) - 3)
    assert ["2", "0.004", "2.000"] == [group.get("data-r"), *("".join(cell.itertext()) for cell in list(group)[2:])]
