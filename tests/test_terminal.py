"""What the terminal asks for: colours, characters, a width."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest
from answers import make_store
from journal_maker import STAMP

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


def seen_on(rows: int, *arguments: str) -> list[str]:
    """Return the lines that a command sends to a terminal of 80 columns and so many rows."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 80, 0, 0))
    environ = {name: value for name, value in os.environ.items() if name not in (*NAMES, "LINES")}
    environ |= {"TERM": "xterm", "NO_COLOR": "1", "WXTRACE_LANG": "en"}
    with subprocess.Popen([sys.executable, "-m", "wxtrace", *arguments], stdout=theirs, env=environ) as running:
        os.close(theirs)
        got = b""
        while part := _read(ours):
            got += part
        assert 0 == running.wait(60)
    os.close(ours)
    return got.decode().replace("\r\n", "\n").splitlines()


def _read(terminal: int) -> bytes:
    """Return what the terminal was sent since; nothing once nobody writes to it any more."""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # so Linux tells that the other end is closed
        return b""


@pytest.mark.parametrize(("rows", "times"), [(5, 2), (200, 1)])
def test_a_low_terminal_ends_with_the_verdict(tmp_path, rows, times):
    """What was read from the top on a high terminal has scrolled away on a low one."""
    store = str(make_store(tmp_path / "store"))

    lines = seen_on(rows, "find", "--openid", "oA", "--stamp", str(STAMP), "--store", store)

    assert times == lines.count(lines[0])
    assert (times == 2) == (lines[0] in lines[-3:])
