"""Notebook: what the drawings are made of is right on white and on black, trusted or not."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from answers import deferred_push, slow_push
from snapshots import stuck_push

from wxtrace.notebook.markup import BAD, GOOD, WARN, told
from wxtrace.show.palette import LAYERS, OTHER

GROUNDS = ["#ffffff", "#f5f5f5", "#111111", "#1e1e1e", "#212121"]
"""Of JupyterLab's and VS Code's light and dark themes."""
KEPT = {
    *("background", "border", "border-bottom", "border-collapse", "border-left", "border-radius", "border-right"),
    *("border-top", "bottom", "color", "display", "font-family", "font-size", "height", "left", "line-height"),
    *("margin", "margin-left", "margin-right", "margin-top", "max-width", "min-width", "opacity", "overflow"),
    *("overflow-x", "padding", "padding-left", "padding-top", "position", "right", "text-align", "text-overflow"),
    *("top", "white-space", "width", "z-index"),
}
"""Styles that JupyterLab leaves at an element of a notebook that is not trusted."""
VALUE = re.compile(r"(?: ?(?:#[0-9a-f]{6}|-?\d+(?:\.\d+)?(?:px|%)?|[a-z]+(?:-[a-z]+)*))+")


def luminance(colour):
    """Return how bright a colour is, from 0 to 1, as the WCAG has it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """Return how far two colours stand out from each other, from 1 to 21."""
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("colour", [*LAYERS.values(), OTHER, GOOD, BAD])
def test_a_bar_stands_out_from_every_ground(colour, ground):
    """By three to one, light theme or dark, without a style sheet that asks which it is."""
    assert contrast(colour, ground) >= 3


@pytest.mark.parametrize("colour", [BAD, WARN])
def test_a_badge_can_be_read(colour):
    """Its white text stands out by four and a half to one."""
    assert contrast("#ffffff", colour) >= 4.5


@pytest.mark.parametrize("made", [slow_push, deferred_push, stuck_push])
def test_a_notebook_that_is_not_trusted_shows_all_of_it(made):
    """Nothing but styles that JupyterLab keeps, with values that it knows; text has a colour on a badge only."""
    elements = list(ElementTree.fromstring(made()._repr_html_()).iter())
    styles = [one.split(":") for element in elements for one in element.get("style", "").split(";") if one]

    assert KEPT >= {name for name, _ in styles}
    assert [] == [value for _, value in styles if not VALUE.fullmatch(value)]
    assert {"#ffffff"} >= {value for name, value in styles if name == "color"}


def test_lines_keep_their_indent():
    """Each is a line of its own, further in where the text is; blank ones are left out."""
    tree = ElementTree.fromstring(told(["a", "", "  b ", "    <c>"]))

    assert [("a", None), ("b", "padding-left:16px"), ("<c>", "padding-left:32px")] == [
        (line.text, line.get("style")) for line in tree
    ]
    assert "" == told(["", " "])
