"""Words: every text in both languages."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

import wxtrace.show.words as words_module
from wxtrace.errors import NoAlarm
from wxtrace.show.words import ZH, Words, language_of

SOURCE = Path(words_module.__file__).parents[1]
SHOWING = ("cli", "show", "lookup", "notebook", "page", "export", "plot", "jupyter")
PATHS = [SOURCE / "last.py", *(path for room in SHOWING for path in (SOURCE / room).glob("*.py"))]


def said():
    """Return every literal text that is given to a `Words`."""
    for path in PATHS:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Name) and called.id in ("say", "words") and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    yield first.value


def named(text):
    """Return the names of the places in a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_that_is_said_has_its_chinese():
    """A text without a translation would raise for a Chinese reader."""
    assert set() == set(said()) - set(ZH)


@pytest.mark.parametrize("text", ZH)
def test_both_languages_name_the_same_values(text):
    """A translation leaves nothing out and asks for nothing more."""
    assert named(text) == named(ZH[text])


def test_no_translation_is_left_over():
    """Every translated text stands somewhere in the code."""
    literals = {
        node.value
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if path.parent.name != "chinese" and isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert set() == set(ZH) - literals


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_TW", "LANG": "C"}, "zh"),
        ({"WXTRACE_LANG": "zh", "LC_ALL": "C"}, "zh"),
        ({"WXTRACE_LANG": "en", "LANG": "zh_CN"}, "en"),
    ],
)
def test_the_locale_chooses_the_language(environ, expected):
    """The locale's order of precedence holds; WXTRACE_LANG goes before it."""
    assert expected == language_of(environ)


@pytest.mark.parametrize(
    ("ns", "english", "chinese"),
    [
        (5_600_000_000, "5.60 s", "5.60 秒"),
        (12_345_678, "0.012 s", "0.012 秒"),
        (782_000, "0.001 s", "0.001 秒"),
        (0, "0.00 s", "0.00 秒"),
        (1_729_680_000_000, "28 min 50 s", "28 分 50 秒"),
        (2 * 3600 * 10**9 + 300 * 10**9, "2 h 5 min", "2 小时 5 分"),
        (50 * 3600 * 10**9, "2 d 2 h", "2 天 2 小时"),
    ],
)
def test_a_duration_has_as_many_digits_as_it_needs(ns, english, chinese):
    """Seconds are told to the hundredth, short ones to the millisecond, long ones in greater units."""
    assert (english, chinese) == (Words("en").seconds(ns), Words("zh").seconds(ns))


@pytest.mark.parametrize(
    ("count", "english", "chinese"),
    [(0, "0 attempts", "0 次请求"), (1, "1 attempt", "1 次请求"), (2, "2 attempts", "2 次请求")],
)
def test_what_is_counted_agrees_with_its_number(count, english, chinese):
    """One of a thing is told in the singular where the language has one."""
    text = "{count:attempt|attempts}"

    assert (english, chinese) == (Words("en")(text, count=count), Words("zh")(text, count=count))


def remedies():
    """Return every remedy that is given to a `BadInput`: a text, or the name of one."""
    names, given = {}, []
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            value = getattr(node, "value", None)
            if isinstance(target, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
                names.setdefault(target.id, set()).add(value.value)
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Name) and called.id == "BadInput":
                given.append(node.args[2])
    for remedy in given:
        yield from [remedy.value] if isinstance(remedy, ast.Constant) else names.get(remedy.id, ())


def test_every_remedy_has_its_chinese():
    """A remedy that is not translated would stand in English amid a Chinese message, without an error."""
    told = {*remedies(), NoAlarm("").remedy}

    assert (set(), True) == (told - set(ZH), len(told) > 10)
