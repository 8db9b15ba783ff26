"""The documentation's screenshots: taken in every run, kept with `--pictures docs/pictures`."""

from __future__ import annotations

import browsing
import pytest
from browsing import as_notebook

from wxtrace.page.page import render
from wxtrace.show.mask import masked
from wxtrace.show.words import Words


def sent(found, language):
    """Return the page as one sends it to somebody: with openids masked."""
    return render(masked(found), Words(language), masked=True)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_page_on_a_desktop(visit, keep, found, dark):
    """What is seen first, down to the waterfall."""
    page = visit(sent(found, "en"), 1280, 1900, dark=dark)

    assert keep(page, "page-dark" if dark else "page")


def test_a_page_on_a_phone(visit, keep, found):
    """The same, 360 px wide: what is seen first, and the waterfall."""
    page = visit(sent(found, "en"), *browsing.PHONE, device_scale_factor=1.5)

    assert keep(page, "page-phone")
    page.locator(".chart").first.evaluate("chart => scrollTo(0, chart.offsetTop - 110)")
    assert keep(page, "page-phone-waterfall")


def test_a_search_with_a_card(visit, keep, incidents):
    """In Chinese: a search, and the card of a span."""
    page = visit(sent(incidents["zh"], "zh"), 1280, 820)
    page.locator("#search").fill("SELECT coupon")
    page.locator("tr", has_text="template/send").first.locator(".name").hover()
    page.locator("#card:visible").wait_for()

    assert keep(page, "page-search-zh")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_notebook(visit, keep, found, theme):
    """A lookup in JupyterLab."""
    page = visit(as_notebook(found, theme), 1100, 800, dark=theme == "dark")

    assert keep(page.locator("main"), "notebook-dark" if theme == "dark" else "notebook")
