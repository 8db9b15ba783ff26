"""A hostile case is shown, and nothing of it runs, loads or hides."""

from __future__ import annotations

import hostile_answers
import pytest
from hostile_answers import WEAPONS

from wxtrace.page.page import render
from wxtrace.show.terminal import clean
from wxtrace.show.words import Words

KINDS = [hostile_answers.scripted, hostile_answers.not_there, hostile_answers.mad]
INTRUDER = """() => {
    const script = Object.assign(document.createElement('script'), {textContent: 'window.hacked = 1'});
    document.body.append(script, Object.assign(new Image(), {src: 'https://evil.invalid/4.png'}));
    return fetch('https://evil.invalid/5').catch(() => 0);
}"""
"""What somebody's script would do, had it come so far."""


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_case_runs_nothing(visit, kind, scripts):
    """However it is recorded, script stays text: nothing has run, nothing was asked for, the verdict is seen."""
    page = visit(render(kind(), Words("en")), scripts=scripts)
    strange = page.locator("script, style, link, base, iframe, img, form, object, meta[http-equiv=refresh]")
    own = page.evaluate("document.querySelectorAll('head > style, body > script, head > script').length")

    assert page.get_by_role("heading", level=1).is_visible()
    assert ("undefined", own) == (page.evaluate("typeof window.hacked"), strange.count())


def test_weapons_are_shown_as_the_text_that_they_are(visit):
    """A span that is named like a tag is seen by that name; marks of direction are seen as escapes."""
    page = visit(render(hostile_answers.scripted(), Words("en")))
    page.locator("#unfold").click()
    seen = page.locator(".attempt").first.inner_text()

    assert [] == [weapon for weapon in WEAPONS if clean(weapon)[:40] not in seen]


def test_the_search_takes_what_is_typed_for_text(visit):
    """A weapon in the search box finds the spans that are named so, and runs nothing."""
    page = visit(render(hostile_answers.scripted(), Words("en")))
    for weapon in ("<script>", "(((", "\\", "[", ".*"):
        page.locator("#search").fill(weapon)
        page.keyboard.press("Enter")

    assert "undefined" == page.evaluate("typeof window.hacked")


def test_a_card_shows_hostile_attributes_as_text(visit):
    """Names and values of attributes stay text in the card too."""
    page = visit(render(hostile_answers.scripted(), Words("en")))
    for row in page.locator("tr.span").all()[:15]:
        row.locator(".name").hover()
    page.locator("#card").wait_for()

    assert ("undefined", 0) == (
        page.evaluate("typeof window.hacked"),
        page.locator("#card script, #card img").count(),
    )


def test_a_script_that_got_in_would_not_run(case, complaints):
    """The page itself forbids what it has not brought: scripts, pictures, requests."""
    case.evaluate(INTRUDER)
    told = [one for one in complaints if "Content Security Policy" in one]
    complaints.clear()

    assert [] == [
        what for what in ("inline script", "4.png", "evil.invalid/5") if not any(what in one for one in told)
    ]
    assert "undefined" == case.evaluate("typeof window.hacked")


def test_ten_thousand_spans_are_walked(visit):
    """All of them can be unfolded, searched and zoomed."""
    page = visit(render(hostile_answers.mad(), Words("en")))
    page.locator("#search").fill("span 9998")
    page.keyboard.press("Enter")
    page.locator("tr.hit.now").wait_for()
    page.keyboard.press("Escape")
    page.locator(".zoom .in").first.click()

    assert "undefined" == page.evaluate("typeof window.hacked")
