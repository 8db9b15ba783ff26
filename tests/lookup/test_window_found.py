"""The window of a lookup in Python: it prints, and draws itself."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from answers import make_store
from strategies import OPENID, STAMP

import wxtrace
from wxtrace.survey.window import Window


@pytest.fixture(name="window")
def found_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Window:
    """Return the window of a push that was answered well."""
    monkeypatch.setenv("WXTRACE_LANG", "en")
    return wxtrace.find(openid=OPENID, stamp=STAMP, store=make_store(tmp_path)).window()


def test_a_window_prints_as_its_table(window: Window) -> None:
    """What the command line prints, and in the reader's language."""
    assert str(window).startswith("All that failed from 2025-04-21 18:31:15 to 2025-04-21 18:36:15 (UTC+8)\n")


def test_a_window_draws_itself_as_it_prints(window: Window) -> None:
    """A notebook shows the same lines."""
    tree = ElementTree.fromstring(window._repr_html_())

    assert [line.rstrip() for line in str(window).splitlines()] == "".join(tree.itertext()).splitlines()
    assert str(window) == window._repr_mimebundle_()["text/plain"]


def test_a_window_names_itself_in_one_line(window: Window) -> None:
    """In a list of them each is one line."""
    assert "<Window 1745231475000000000 to 1745231775000000000: 0 failed, WeChat counted None>" == repr(window)
