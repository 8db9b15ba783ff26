"""axe-core finds no fault of accessibility in any page."""

from __future__ import annotations

import browsing
import hostile_answers
import pytest
from answers import answer, deferred_push, slow_push
from browsing import faults

from wxtrace.page.page import render
from wxtrace.show.words import Words

KINDS = {
    "slow": slow_push,
    "jobs": deferred_push,
    "absent": lambda: answer(reason="never_arrived"),
    "unknown": hostile_answers.not_there,
    "hostile": hostile_answers.scripted,
}
WINDOWS = [
    ("en", browsing.DESKTOP, False),
    ("zh", browsing.DESKTOP, True),
    ("en", browsing.PHONE, True),
    ("zh", browsing.PHONE, False),
]


@pytest.mark.parametrize(("language", "size", "dark"), WINDOWS)
def test_an_incident_has_no_fault(visit, incidents, language, size, dark):
    """In both languages, on a desktop and on a phone, light and dark."""
    assert [] == faults(visit(render(incidents[language], Words(language)), *size, dark=dark))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_answer_has_a_fault(visit, kind, dark):
    """Found or not, with jobs, from hostile hands: none has one, all that folds being open."""
    page = visit(render(KINDS[kind](), Words("en")), dark=dark)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")

    assert [] == faults(page)


def test_what_a_click_shows_has_no_fault(visit):
    """With everything unfolded, a search under way and a card pinned."""
    page = visit(render(deferred_push(), Words("en")))
    page.locator("#unfold").click()
    page.locator("#search").fill("sel")
    page.locator("tr.hit .name").first.click()

    assert page.locator("#card.pinned").is_visible()
    assert [] == faults(page)
