"""Fixtures of the tests that look at what wxtrace draws, in a browser."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import browsing
import incident
import pytest
from PIL import Image
from playwright.sync_api import Page

from wxtrace.page.page import render
from wxtrace.show.words import Words

LARGEST = 150_000
"""Bytes that a picture may have, so that the repository stays small."""


def pytest_addoption(parser):
    """Add where pictures of the pages are kept."""
    parser.addoption("--pictures", type=Path, help="take the documentation's screenshots, into this folder")


@pytest.fixture(name="chromium", scope="package")
def browser():
    """One browser for all tests of this folder; it ends with them, for while it runs no asyncio.run() works."""
    with browsing.chromium() as chromium:
        yield chromium


@pytest.fixture(name="incidents", scope="package")
def made_up(tmp_path_factory):
    """What the alarm of `incident` finds, by the language it is told in."""
    with pytest.MonkeyPatch.context() as patch:
        found = {}
        for language in ("en", "zh"):
            patch.setenv("WXTRACE_LANG", language)
            found[language] = incident.incident(tmp_path_factory.mktemp("store"))
    return found


@pytest.fixture(name="found")
def in_english(incidents):
    """The same in English."""
    return incidents["en"]


@pytest.fixture(name="case")
def opened(visit, found):
    """The page of the incident, in English, in a window of a desktop."""
    return visit(render(found, Words("en")))


@pytest.fixture(name="complaints")
def complained():
    """What the pages of a test have done that no document should; a test that stages such a thing clears it."""
    complaints: list[str] = []

    yield complaints

    assert [] == complaints


@pytest.fixture(name="visit")
def visitor(chromium, complaints, tmp_path) -> Callable[..., Page]:
    """What writes a document to a file and opens it, in a window of its own that is watched."""
    windows = []

    def visit(document: str, *size: int, **how: Any) -> Page:
        """Open *document* in a window of *size*; see `browsing.window` for *how*."""
        path = tmp_path / f"{len(windows)}.html"
        path.write_text(document, "utf-8")
        windows.append(browsing.window(chromium, size or browsing.DESKTOP, **how))
        page = windows[-1].new_page()
        browsing.watch(page, complaints.append, path.as_uri())
        page.goto(path.as_uri())
        return page

    yield visit

    for window in windows:
        window.close()


@pytest.fixture(name="keep")
def keeper(request, tmp_path):
    """What keeps a screenshot of a page or of a part of it, in few colours, under a name."""

    def keep(taken, name, **how):
        """Take the picture, and say whether it is small enough."""
        folder = request.config.getoption("--pictures", None) or tmp_path
        folder.mkdir(parents=True, exist_ok=True)
        shot = Image.open(io.BytesIO(taken.screenshot(animations="disabled", **how))).convert("RGB")
        told = {tuple(part >> 3 for part in colour): colour for _, colour in sorted(shot.getcolors(1 << 24))}
        alike = shot.point(lambda part: part >> 3).getcolors(1 << 24)  # shades of a letter's edge are one colour
        commonest = [told[colour] for _, colour in sorted(alike, reverse=True)[:256]]
        palette = Image.new("P", (1, 1))
        palette.putpalette([part for colour in commonest for part in colour])
        shot.quantize(palette=palette, dither=Image.Dither.NONE).save(folder / f"{name}.png", optimize=True)
        return (folder / f"{name}.png").stat().st_size <= LARGEST

    return keep
