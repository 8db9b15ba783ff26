"""A page read back: its elements, its texts, and what its script is told."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree

from wxtrace.page.page import render
from wxtrace.show.words import Words

MADE_NS = 1_745_231_535 * 10**9
"""When the pages of these tests were made."""

_STYLE_OR_SCRIPT = re.compile(r"<(style|script)>.*?</\1>", re.DOTALL)


def page(answer, language="en", **told):
    """Return the page of an answer."""
    return render(answer, Words(language), made_ns=MADE_NS, **told)


def parsed(html):
    """Return a page as a tree; all but its style and its script has to be XML."""
    assert html.startswith("<!DOCTYPE html>\n")
    return ElementTree.fromstring(_STYLE_OR_SCRIPT.sub(r"<\1></\1>", html).partition("\n")[2])


def said(tree):
    """Return the texts of a page as one line, those of its data left out."""
    data = tree.find(".//script[@id='data']")
    data.text = ""
    return " ".join("".join(tree.itertext()).split())


def known(html) -> dict[str, Any]:
    """Return what the script of a page is told."""
    return dict(json.loads(parsed(html).find(".//script[@id='data']").text))
