"""Words: every text in both languages."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

import wxtrace.show.words as words_module
from wxtrace.show.words import ZH, Words, language_of

SOURCE = Path(words_module.__file__).parents[1]
PATHS = [SOURCE / "cli.py", SOURCE / "last.py", SOURCE / "notebook.py", *(SOURCE / "show").glob("*.py")]


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
        if path.name != "words.py" and isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert {"{duration} s"} == set(ZH) - literals


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
    ("ns", "expected"), [(5_600_000_000, "5.60 s"), (12_345_678, "0.012 s"), (1_234, "0.000001 s"), (0, "0.00 s")]
)
def test_a_duration_has_as_many_decimals_as_it_needs(ns, expected):
    """Seconds are told to the hundredth, short ones finer."""
    assert expected == Words("en").seconds(ns)
