"""What the demo can be told, and what it says."""

from __future__ import annotations

import argparse
import string

import pytest

from wxtrace.demo import play, words
from wxtrace.demo.options import Options, add_arguments, from_arguments
from wxtrace.errors import MissingExtra


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], Options()),
        (["--contrib", "--seed", "7"], Options(tracing="contrib", seed=7)),
        (["--sdk", "--store", "s"], Options(tracing="sdk", store="s")),
    ],
    ids=["none", "contrib", "sdk"],
)
def test_the_command_line_becomes_options(arguments, expected):
    """Who makes the spans, where to record, what to draw."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)

    assert expected == from_arguments(parser.parse_args(arguments))


def test_without_the_extra_it_says_how_to_install_it(monkeypatch):
    """One sentence with the pip command, before anything is started."""
    monkeypatch.setattr(play.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(MissingExtra, match=r'pip install "wxtrace\[demo\]"'):
        play.play(Options(), find=lambda arguments: 0, say=lambda line: None)


def test_both_languages_say_the_same():
    """Every sentence is there in both, with the same things filled in."""

    def gaps(sentences: dict[str, str]) -> dict[str, set[str | None]]:
        return {
            key: {name for _, name, _, _ in string.Formatter().parse(text)} - {None}
            for key, text in sentences.items()
        }

    assert gaps(words._WORDS["en"]) == gaps(words._WORDS["zh"])


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "再查一次："),
        ({"LANG": "en_GB.UTF-8"}, "Look again:"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "Look again:"),
        ({}, "Look again:"),
    ],
    ids=["chinese", "english", "overruled", "none"],
)
def test_the_locale_chooses_the_language(monkeypatch, environment, expected):
    """LC_ALL before LC_MESSAGES before LANG; English where none is Chinese."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert expected == words.words()["again"]
