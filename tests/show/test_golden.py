"""
Golden files: whole answers as a terminal shows them, letter by letter.

``WRITE_GOLDEN=1 pytest tests/show/test_golden.py`` writes them anew. Look at each with your own eyes before you
keep it: ``cat`` shows the coloured ones as a terminal does.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from answers import deferred_push, looping_push, slow_push
from snapshots import stuck_push

from wxtrace.lookup.found import Lookup
from wxtrace.show.style import Style
from wxtrace.show.terminal import width
from wxtrace.show.text import render
from wxtrace.show.words import Words

GOLDEN = Path(__file__).with_name("golden")
PUSHES: dict[str, Callable[[], Lookup]] = {
    "slow": slow_push,
    "loop": looping_push,
    "stuck": stuck_push,
    "jobs": deferred_push,
}
LOOKS = {
    **{f"{columns}": {"columns": columns} for columns in (80, 120, 200)},
    **{f"{columns}-colour": {"columns": columns, "colour": True} for columns in (80, 120, 200)},
    "80-ascii": {"columns": 80, "ascii": True},
}


@cache
def looked_up(push: str, language: str) -> Lookup:
    """Return the answer to a push; its verdict is in the language of the environment."""
    return PUSHES[push]()


def drawn(push: str, language: str, look: str) -> str:
    """Return an answer as a terminal shows it."""
    return render(looked_up(push, language), Style(Words(language), wraps=True, **LOOKS[look]))


@pytest.fixture(params=["en", "zh"])
def language(request, monkeypatch) -> str:
    """Both languages, one after the other."""
    monkeypatch.setenv("WXTRACE_LANG", request.param)
    return request.param


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("push", PUSHES)
def test_an_answer_looks_as_it_was_agreed(push, language, look):
    """The whole text, at each width, in both languages, with colours and without."""
    file = GOLDEN / push / f"{language}-{look}.txt"
    shown = drawn(push, language, look)
    if os.environ.get("WRITE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(shown, "utf-8")

    assert file.read_text("utf-8") == shown


@pytest.mark.parametrize("look", [look for look in LOOKS if "colour" not in look])
@pytest.mark.parametrize("push", PUSHES)
def test_no_line_is_wider_than_the_terminal(push, language, look):
    """Nothing is broken by the terminal, which would break it anywhere."""
    lines = drawn(push, language, look).splitlines()

    assert [] == [line for line in lines if width(line) > LOOKS[look]["columns"]]


@pytest.mark.parametrize("push", ["slow", "loop", "stuck"])
def test_one_screen_answers(push, language):
    """The first 24 lines of 80 columns: the verdict, its parts, what WeChat got, and the attempt's beginning."""
    lines = drawn(push, language, "80").splitlines()[:24]
    say = Words(language)

    assert lines[0].startswith(say("Verdict"))
    assert say("What WeChat got:") in lines
    assert 3 <= sum("██" in line for line in lines)


def test_every_golden_file_is_compared():
    """A file that no test reads any more tells nothing."""
    compared = {GOLDEN / push / f"{lang}-{look}.txt" for push in PUSHES for lang in ("en", "zh") for look in LOOKS}

    assert {GOLDEN / f"live-{lang}.txt" for lang in ("en", "zh")} | compared == set(GOLDEN.rglob("*.txt"))
