"""What is seen of a case untouched: on a desktop, on a phone, in the dark, on paper, without a script."""

from __future__ import annotations

import browsing
import pytest
from answers import answer

from wxtrace.page.page import render
from wxtrace.show.words import Words

SIZES = [browsing.DESKTOP, browsing.PHONE]
LIGHT = "of => getComputedStyle(document.documentElement)[of].match(/\\d+/)[0]"
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", SIZES)
def test_the_verdict_is_what_is_seen_first(visit, incidents, size, language):
    """Whole, without scrolling, on a desktop and on a phone, in both languages."""
    found = incidents[language]
    box = visit(render(found, Words(language)), *size).get_by_role("heading", level=1).bounding_box()

    assert 0 <= box["x"] <= box["x"] + box["width"] <= size[0]
    assert 0 <= box["y"] <= box["y"] + box["height"] <= size[1]


def test_the_heading_is_the_verdict(case, found):
    """The page's first heading says it in the very words of the terminal."""
    assert found.verdict.text == case.get_by_role("heading", level=1).inner_text()


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width", [320, 768])
def test_nothing_is_wider_than_the_window(visit, found, width, scripts):
    """From 320 px on nobody scrolls sideways, not even over long queries."""
    page = visit(render(found, Words("en")), width, 740, scripts=scripts)

    assert 0 == page.evaluate(WIDE)


def told(page):
    """Return what is seen of a page of the verdict, the attempts and the bars."""
    return (
        page.get_by_role("heading", level=1).inner_text(),
        page.locator(".attempt").count(),
        page.locator("tr.span:visible .name").all_inner_texts(),
        page.locator("td.bar:visible rect").count(),
    )


def test_without_a_script_the_same_is_seen(visit, found):
    """The same verdict, attempts, spans and bars; what would need a script is not there."""
    document = render(found, Words("en"))
    plain, full = visit(document, scripts=False), visit(document)

    assert told(full) == told(plain)
    assert 3 == told(plain)[1]
    assert 0 == plain.locator("button:visible, input:visible").count()


def test_without_a_script_the_other_attempts_open(visit, found):
    """They are folded, and a click shows them."""
    page = visit(render(found, Words("en")), scripts=False)
    attempt = page.locator(".attempt").nth(2)
    before = attempt.locator("table.waterfall").first.is_visible()
    attempt.locator("summary").first.click()

    assert (False, True) == (before, attempt.locator("table.waterfall").first.is_visible())


def test_on_paper_is_all_and_nothing_to_click(case):
    """Printed, the folded attempts are open, and no button, no search box, no card is left."""
    case.locator("tr.span").first.hover()
    case.emulate_media(media="print")
    case.evaluate("dispatchEvent(new Event('beforeprint'))")

    assert [True] * 4 == [one.is_visible() for one in case.locator(".attempt table.modules").all()]
    assert 0 == case.locator("button:visible, input:visible, #card:visible").count()


def test_it_is_printed(case):
    """Chromium makes a document of some pages of it."""
    assert b"%PDF" == case.pdf()[:4]


@pytest.mark.parametrize("dark", [False, True])
def test_the_dark_page_is_dark(visit, found, dark):
    """It follows what the machine is set to: light on dark, or dark on light."""
    page = visit(render(found, Words("en")), dark=dark)
    ground, ink = (page.evaluate(LIGHT, of) for of in ("backgroundColor", "color"))

    assert (int(ground) < 50, int(ink) > 200) == (dark, dark)


def test_a_lookup_that_found_nothing_is_a_page_too(visit):
    """It says so in its first heading, and what it rests on below."""
    nothing = answer(reason="never_arrived")
    page = visit(render(nothing, Words("en")))
    first = page.get_by_role("heading", level=1).inner_text()

    assert nothing.verdict.text.startswith(first)
    assert nothing.verdict.text in " ".join(page.locator("section.verdict").inner_text().split())
