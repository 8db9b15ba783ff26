"""Values that errors repeat are taken out of their texts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxtrace.capture.attributes import encode, redact
from wxtrace.capture.values import without_values

V = "S3cr3t"
TEXTS = {
    f"no function\n[SQL: SELECT '{V}',\n 2]\n[parameters: ('{V}',)]\n(Background on this error at: https://x)": (
        "no function\n[SQL: ?]\n(Background on this error at: https://x)"
    ),
    f"gone\n[SQL: SELECT '{V}']": "gone\n[SQL: ?]",
    f'violates "k"\nDETAIL:  Key (a)=({V}\n{V}) already exists.\nHINT: No': 'violates "k"\nDETAIL:  ?\nHINT: No',
    f"no function\nLINE 1: SELECT f('{V}')\n               ^\nHINT:  None": "no function\nLINE 1: ?\nHINT:  None",
    f'invalid input syntax for type integer: "{V}"': 'invalid input syntax for type integer: "?"',
    f'syntax error at or near "{V}"': 'syntax error at or near "?"',
    f'value "{V}" is out of range for type integer': 'value "?" is out of range for type integer',
    f"(1062, \"Duplicate entry '{V} 'a' {V}' for key 'b'\")": "(1062, \"Duplicate entry '?' for key 'b'\")",
    f"Incorrect integer value: '{V}' for column `a`": "Incorrect integer value: '?' for column `a`",
    f"(1292, \"Truncated incorrect DOUBLE value: '{V}'\")": "(1292, \"Truncated incorrect DOUBLE value: '?'\")",
    f"error in your SQL syntax; the right syntax to use near '{V} it's' at line 1": (
        "error in your SQL syntax; the right syntax to use near '?' at line 1"
    ),
    f'near "{V}": syntax error': 'near "?": syntax error',
    f"Client error for url 'http://u:{V}@127.0.0.1/x'": "Client error for url 'http://127.0.0.1/x'",
    f"mysql://root:{V}@h/db": "mysql://h/db",
}
STAY = [
    'duplicate key value violates unique constraint "fans_pkey"',
    "(1146, \"Table 'fans.a' doesn't exist\")",
    "no such table: fans",
    'menu value "7" taken near "home"',
    "https://medium.com/@fan and a@b.example",
    "Incorrect password",
]


@pytest.mark.parametrize(("told", "expected"), TEXTS.items())
def test_values_go(told, expected):
    """What stood in the query goes, also out of attributes and of a traceback; what went wrong stays."""
    trace = f"Traceback (most recent call last):\n  File x\nError: {told}"

    assert expected == without_values(told) == redact(told)
    assert {"exception.message": expected} == json.loads(encode({"exception.message": told}))
    assert V.encode() not in encode({"a": {"b": [trace]}})


@pytest.mark.parametrize("told", STAY)
def test_other_texts_stay(told):
    """An error that repeats no value is told as it is."""
    assert told == without_values(told)


@given(st.lists(st.sampled_from([*TEXTS, *STAY, "'", '"', "\n", "DETAIL: ", "Duplicate entry '"]), max_size=6))
def test_any_text(parts):
    """However texts follow each other, nothing raises, and what is clean stays so."""
    clean = without_values("".join(parts))

    assert clean == without_values(clean)


@pytest.mark.parametrize(
    "begun", ["Duplicate entry '", "SQL syntax; near '", "DETAIL: ", 'near "', "://a", "[SQL: "]
)
def test_long_texts(begun):
    """A text that begins a value a thousand times is read through once, not a thousand times."""
    assert without_values(begun * 4000)
