"""The line of progress: what a real terminal sees of it, and that nobody else sees anything."""

from __future__ import annotations

import os
import pty
import re
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TextIO

import pytest
import store_maker
from hypothesis import given
from hypothesis import strategies as st
from windows import FIRST_NS, Plan, Try, rows_of, write_journals

from wxtrace.cli import FOUND, INTERRUPTED, main
from wxtrace.cli import progress as drawing
from wxtrace.cli.output import say
from wxtrace.cli.progress import line, shown
from wxtrace.show.terminal import width
from wxtrace.show.words import Words
from wxtrace.store.progress import Progress

EN, ZH = Words("en"), Words("zh")
FIND = ("find", "--openid", "oPUSH0", "--stamp", str(FIRST_NS // 10**9))
END = b"\0"


@pytest.fixture(autouse=True)
def _on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    for name, value in {"TERM": "xterm", "COLUMNS": "80", "NO_COLOR": "1", "WXTRACE_LANG": "en"}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(name="at_once")
def as_of_long_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the line drawn from the beginning, each time that something is told."""
    monkeypatch.setattr(drawing, "AFTER_S", 0)
    monkeypatch.setattr(drawing, "EVERY_S", 0)


def seen_of(act: Callable[[], object], stdout: TextIO | None = None) -> str:
    """Return all that a terminal of 80 columns is sent, whose stderr it is, and stdout where there is no other."""
    ours, theirs = pty.openpty()
    got = b""
    with open(theirs, "w", encoding="utf-8") as stream:
        with redirect_stdout(stdout or stream), redirect_stderr(stream):
            act()
        stream.write(END.decode())
        stream.flush()
        while not got.endswith(END):
            got += os.read(ours, 1 << 12)
    os.close(ours)
    return got.removesuffix(END).decode()


@pytest.fixture(name="store")
def make_a_store(tmp_path: Path) -> str:
    """Return a store that has something to seal, to compact and to find."""
    plans = [Plan((Try(0.25 + number, "too_late"),)) for number in range(3)]
    for number, plan in enumerate(plans[:2]):
        store_maker.write(tmp_path, rows_of([plan]), name=str(number))
    write_journals(tmp_path, rows_of(plans)[-3:])
    return str(tmp_path)


def drawn(sent: str) -> list[str]:
    """Return the lines that were drawn where the line before stood."""
    return re.findall(r"\r([^\r\n\x1b]+)\x1b\[K", sent)


def screen(sent: str) -> list[str]:
    """Return the lines that a terminal shows when it was sent all this."""
    lines, at = [""], 0
    for piece in re.findall(r"\x1b\[K|[^\x1b]", sent):
        if piece == "\n":
            lines.append("")
        elif piece == "\r":
            at = 0
        elif len(piece) > 1:
            lines[-1] = lines[-1][:at]
        else:
            lines[-1], at = lines[-1][:at] + piece + lines[-1][at + 1 :], at + 1
    return lines


def work(times: list[float], besides: Callable[[], None] = lambda: None, *, prints: bool = False) -> None:
    """Seal a byte at each of some times, by a clock that says just these."""
    ticks = iter(times)
    with shown("sealing", "bytes", EN, prints=prints, clock=lambda: next(ticks)) as progress:
        for done in range(len(times)):
            progress(done * 10**6, (len(times) - 1) * 10**6)
        besides()


def test_a_terminal_sees_one_line_after_a_while_and_then_nothing_of_it() -> None:
    """
    For half a second there is no line; then it is drawn ten times a second at most, and in the end it is gone.
    """
    seen = seen_of(lambda: work([100.0, 100.4, 100.6, 100.65, 100.8]))

    assert [
        "sealing 50 %  2.0 of 4.0 MB  0:01 so far  0:01 left",
        "sealing 100 %  4.0 of 4.0 MB  0:01 so far  0:00 left",
    ] == drawn(seen)
    assert [""] == screen(seen)


def test_a_message_stands_on_a_line_of_its_own() -> None:
    """
    What is said amid the work is whole, and nothing of the line is left before or behind it.
    """
    seen = seen_of(lambda: work([0.0, 1.0], besides=lambda: say("A file cannot be read.")))

    assert (1, ["A file cannot be read.", ""]) == (len(drawn(seen)), screen(seen))


def test_an_error_leaves_no_line() -> None:
    """
    What is told of the error begins at the beginning of an empty line.
    """

    def fail() -> None:
        """Do what a disk does."""
        raise OSError

    def failing() -> None:
        """Work until then."""
        with pytest.raises(OSError, match=r"^$"):
            work([0.0, 1.0], besides=fail)

    seen = seen_of(failing)

    assert (1, [""]) == (len(drawn(seen)), screen(seen))


@pytest.mark.usefixtures("at_once")
def test_an_interrupted_command_leaves_no_line(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    After Ctrl-C the terminal shows nothing of the work, and the exit code says what happened.
    """

    def interrupted(store: str, *, progress: Progress) -> None:
        """Come half the way."""
        progress(1, 2)
        raise KeyboardInterrupt

    codes: list[int] = []
    monkeypatch.setattr("wxtrace.seal.compact.compact", interrupted)
    seen = seen_of(lambda: codes.append(main(["compact", "--store", store])))

    assert ([INTERRUPTED], 1, [""]) == (codes, len(drawn(seen)), screen(seen))


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    ("command", "begins"),
    [
        (("seal",), ["sealing"]),
        (("compact",), ["compacting"]),
        (FIND, ["looking it up"]),
        ((*FIND, "--window"), ["looking it up", "reading the window"]),
    ],
    ids=["seal", "compact", "find", "window"],
)
def test_commands_that_work_long_show_it(store: str, command: tuple[str, ...], begins: list[str]) -> None:
    """
    Each draws its line until all is done; then the terminal shows what the command prints, and nothing besides.
    """
    seen = seen_of(lambda: main([*command, "--store", store]))
    of_each = [[one for one in drawn(seen) if one.startswith(begin)] for begin in begins]

    assert [f"{begin} 100 %" for begin in begins] == [lines[-1].partition("  ")[0] for lines in of_each]
    assert [*drawn(seen)] == [one for lines in of_each for one in lines]
    assert [] == [one for one in screen(seen) if "so far" in one]


@pytest.mark.usefixtures("at_once")
def test_the_follower_shows_nothing(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Who seals for as long as somebody records has no end to come nearer to.
    """
    monkeypatch.setattr("wxtrace.seal.sealer.be_modest", lambda: None)

    assert "" == seen_of(lambda: main(["seal", "--follow", "--store", store]))


@pytest.mark.parametrize(("name", "value"), [("TERM", "dumb"), ("CI", "true")])
def test_nothing_is_drawn_where_nobody_looks(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """
    A terminal that cannot go back in a line, and one that only a log is made of, are sent nothing.
    """
    monkeypatch.setenv(name, value)

    assert "" == seen_of(lambda: work([0.0, 1.0, 2.0]))


def test_no_line_is_drawn_amid_a_result() -> None:
    """
    Work that prints its result as it goes shows no line where that goes to a terminal, and one where it does not.
    """
    to_terminal = seen_of(lambda: work([0.0, 1.0], prints=True))
    to_file = seen_of(lambda: work([0.0, 1.0], prints=True), stdout=StringIO())

    assert (0, 1) == (len(drawn(to_terminal)), len(drawn(to_file)))


@pytest.mark.usefixtures("at_once")
def test_a_pipe_sees_nothing(store: str, capfd: pytest.CaptureFixture[str]) -> None:
    """
    Where stderr is no terminal there are only messages.
    """
    assert FOUND == main(["seal", "--store", store])
    assert "sealed 3 records of 3 writers into 1 files\n" == capfd.readouterr().err


@pytest.mark.parametrize(
    ("words", "unit", "done", "seconds", "expected"),
    [
        (EN, "files", (0, 40), 0.6, "reading 0 %  0 of 40 files  0:01 so far"),
        (EN, "files", (1, 1), 59.6, "reading 100 %  1 of 1 file  1:00 so far  0:00 left"),
        (EN, "shares", (333, 1000), 3600, "reading 33 %  1:00:00 so far  2:00:11 left"),
        (EN, "bytes", (0, 0), 2, "reading  0:02 so far"),
        (ZH, "files", (10, 40), 20, "reading 25 %  10 / 40 个文件  已用 0:20  还需约 1:00"),
        (ZH, "bytes", (10**6, 4 * 10**6), 20, "reading 25 %  1.0 / 4.0 MB  已用 0:20  还需约 1:00"),
    ],
)
def test_the_line_says_how_much_is_done_and_how_long_it_takes(
    words: Words, unit: drawing.Unit, done: tuple[int, int], seconds: float, expected: str
) -> None:
    """
    What is left is reckoned from what has passed; without a beginning or an end there is nothing to reckon from.
    """
    assert expected == line("reading", unit, done, seconds, words, 79)


@given(
    st.sampled_from(["reading the window", "正在读取该时段"]),
    st.integers(0, 10**12),
    st.floats(0, 10**6),
    st.integers(0, 100),
    st.sampled_from([EN, ZH]),
)
def test_the_line_fits(what: str, done: int, seconds: float, most: int, words: Words) -> None:
    """
    However narrow the terminal is, the line is no wider, and begins with what is done.
    """
    short = line(what, "bytes", (done, 10**12), seconds, words, most)

    assert width(short) <= most
    assert most < 40 or short.startswith(f"{what} {done // 10**10} %")
