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


@pytest.mark.parametrize(("language", "expected"), [("zh", "再查一次："), ("en", "Look again:")])
def test_it_speaks_the_language_of_the_command_line(monkeypatch, language, expected):
    """The demo follows the same setting as the lookup that it shows."""
    monkeypatch.setenv("WXTRACE_LANG", language)

    assert expected == words.words()["again"]
