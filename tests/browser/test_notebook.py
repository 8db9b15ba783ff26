"""A lookup as JupyterLab shows it: readable in its light and its dark theme, and harmless."""

from __future__ import annotations

import hostile_answers
import pytest
from browsing import as_notebook, faults

THEMES = [("light", False), ("dark", True), ("light", True), ("dark", False)]
"""JupyterLab's theme, and whether the machine is set to dark."""


@pytest.mark.parametrize(("theme", "dark"), THEMES)
def test_a_lookup_is_readable_in_every_theme(visit, found, theme, dark):
    """The verdict and the spans are there, and axe-core finds no fault with the drawing; its contrast is enough."""
    page = visit(as_notebook(found, theme), 1100, 800, dark=dark)

    assert page.get_by_text(found.verdict.text, exact=True).first.is_visible()
    assert page.get_by_text("mysql SELECT coupon").first.is_visible()
    assert [] == faults(page, ".wxtrace")


@pytest.mark.parametrize("kind", [hostile_answers.scripted, hostile_answers.not_there, hostile_answers.mad])
def test_a_hostile_lookup_runs_nothing_in_a_notebook(visit, kind):
    """Nothing that was recorded runs, loads, or stands elsewhere than in its cell."""
    page = visit(as_notebook(kind()))

    assert page.locator(".wxtrace").first.is_visible()
    assert ("undefined", 0) == (page.evaluate("typeof window.hacked"), page.locator(".wxtrace script").count())
