"""What the terminal asks for: colours, characters, a width."""

from __future__ import annotations

import io

import pytest

from wxtrace.cli.terminal import style_of
from wxtrace.show.style import Style
from wxtrace.show.words import Words

NAMES = ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "LC_ALL", "LC_CTYPE", "LANG")


class Stream(io.TextIOWrapper):
    """A stream that is a terminal, or none."""

    def __init__(self, is_terminal: bool, encoding: str) -> None:
        """Make a stream that keeps what is written."""
        super().__init__(io.BytesIO(), encoding=encoding)
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        """Say whether it is a terminal."""
        return self.is_terminal


@pytest.fixture(name="asked")
def _asked(monkeypatch):
    """Return what gives the style of a stream in an environment of these variables only."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)

    def asked(is_terminal: bool = True, encoding: str = "utf-8", **environ: str) -> Style:
        """Return the style."""
        with monkeypatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            return style_of(Stream(is_terminal, encoding), Words())

    return asked


@pytest.mark.parametrize(
    ("is_terminal", "environ", "expected"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"TERM": "dumb"}, False),
        (True, {"NO_COLOR": "0"}, False),
        (True, {"NO_COLOR": ""}, True),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": ""}, False),
        (True, {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        (True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)
def test_colours_are_for_those_who_want_them(asked, is_terminal, environ, expected):
    """A terminal has colours, a pipe none; NO_COLOR takes them away, FORCE_COLOR gives them, both if not empty."""
    assert expected == asked(is_terminal, **environ).colour


@pytest.mark.parametrize(
    ("encoding", "environ", "expected"),
    [
        ("utf-8", {}, False),
        ("utf-8", {"LANG": "zh_CN.UTF-8"}, False),
        ("latin-1", {"LANG": "en_US.ISO-8859-1"}, True),
        ("gbk", {"LANG": "zh_CN.GBK"}, True),
        ("utf-8", {"LANG": "C"}, True),
        ("utf-8", {"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True),
        ("utf-8", {"LANG": "C", "LC_CTYPE": "en_US.UTF-8"}, False),
        ("utf-8", {"LANG": "zh_CN.UTF-8", "LC_ALL": "POSIX"}, True),
        ("utf-8", {"LANG": "C.UTF-8"}, False),
        ("utf-8", {"TERM": "linux"}, True),
        ("utf-8", {"TERM": "dumb"}, False),
    ],
)
def test_bars_are_ascii_where_the_terminal_has_no_others(asked, encoding, environ, expected):
    """Without UTF-8, in the locale C, and on Linux' console nothing is drawn that would come out as boxes."""
    assert (encoding, expected) == ((style := asked(encoding=encoding, **environ)).encoding, style.ascii)


@pytest.mark.parametrize(
    ("is_terminal", "environ", "expected"),
    [(True, {"COLUMNS": "80"}, (80, True)), (False, {}, (100, False)), (False, {"COLUMNS": "120"}, (120, True))],
)
def test_a_pipe_gets_the_verdict_as_one_line(asked, is_terminal, environ, expected):
    """Only at an edge is it broken: a terminal's, or that of the columns that were asked for."""
    style = asked(is_terminal, **environ)

    assert expected == (style.columns, style.wraps)
