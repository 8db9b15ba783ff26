"""The browser tests see what they must see: nothing that a page does against the rules goes by unseen."""

from __future__ import annotations

import pytest
from browsing import faults

BODY = "<!doctype html><html lang=en><title>a page</title><main><h1>a page</h1>{}</main>"
DEEDS = [
    ("<img src=https://pictures.invalid/1.png>", "request: https://pictures.invalid/1.png"),
    ("<script>console.log('told')</script>", "log: told"),
    ("<script>nothing()</script>", "error: nothing is not defined"),
    ("<script>alert('look')</script>", "dialog: look"),
    ("<script>open('about:blank')</script>", "popup: about:blank"),
]


@pytest.mark.parametrize(("deed", "complaint"), DEEDS)
def test_what_a_page_must_not_do_is_seen(visit, complaints, deed, complaint):
    """A request, a line in the console, an error, a dialog, a window: a test in which a page does it fails."""
    page = visit(BODY.format(deed))
    page.evaluate("1")
    seen = [*complaints]
    complaints.clear()

    assert complaint in seen


def test_a_page_that_does_nothing_is_not_complained_of(visit):
    """A plain page passes, and axe-core finds no fault with it."""
    assert [] == faults(visit(BODY.format("<p>text</p>")))


def test_axe_finds_faults(visit):
    """A picture without words is a fault."""
    page = visit(BODY.format("<svg role=img></svg>"))

    assert ["svg-img-alt"] == [fault.split(":")[0] for fault in faults(page)]
