"""Code objects, read: whose they are, and what a line calls."""

from __future__ import annotations

import dis
import re

import pytest

from wxtrace.capture.owner import LIBRARYS, OWN, PYTHONS, rank_of
from wxtrace.watch import loop as watched
from wxtrace.watch.code import called_at


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("json.loads(look())", "json.loads"),
        ("print(1, look(), key='secret')", "print"),
        ("a.b.c(look())", "a.b.c"),
        ("f(1)[2].g(look())", "g"),
        ("f(1)(look())", None),
        ("(lambda x: x)(look())", None),
        ("[look()]", None),
        ("x + look()", None),
    ],
)
def test_what_a_line_calls(source, expected):
    """What the line calls is told by its name as it is written, without what it is given."""
    code = compile(source, "<app>", "eval")
    last = [one for one in dis.get_instructions(code) if one.opname != "RETURN_VALUE"][-1]

    assert expected == called_at(code, last.offset)


def test_in_the_middle_of_a_call():
    """A call of a Python function is known by the middle of its instruction, and its end is not."""
    code = compile("json.loads(text)", "<app>", "eval")
    (call,) = [one.offset for one in dis.get_instructions(code) if one.opname == "CALL"]

    assert ["json.loads", None] == [called_at(code, at) for at in (call + 2, len(code.co_code))]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (re.__file__, PYTHONS),
        (watched.__file__, PYTHONS),
        ("<frozen importlib._bootstrap>", PYTHONS),
        (pytest.__file__, LIBRARYS),
        ("/usr/lib/python3/dist-packages/yaml/__init__.py", LIBRARYS),
        (__file__, OWN),
        ("/srv/app/menus.py", OWN),
        ("<string>", OWN),
    ],
)
def test_whose_code(path, expected):
    """Python's own files and wxtrace's, those of libraries, and those of the app are told apart."""
    assert expected == rank_of(path)
