"""What the sender of the scenarios refuses, and that it has looked at nothing of ours to decide."""

from __future__ import annotations

import ast
from pathlib import Path
from random import Random

import pytest
from callback.push import encrypted_reply, text_reply
from callback.push import opened as opened_by_example
from callback.settings import Settings
from scenarios import judging
from scenarios.judging import refusal
from scenarios.replies import FORMS, QUOTED_SUCCESS

from wxtrace.demo.pushes import KINDS, MODES, Push, draw_account, make_push
from wxtrace.demo.sender import Attempt

ACCOUNT = draw_account(Random(3))
SETTINGS = Settings(ACCOUNT.token, ACCOUNT.aes_key, ACCOUNT.appid, "", "", "light")
STAMP = 1745231475


def _push(mode: str, kind: int = 0) -> Push:
    return make_push(ACCOUNT, KINDS[kind], mode, "o" + "A" * 27, STAMP, Random(4))


def _replied(reply: bytes, status: int | None = 200) -> Attempt:
    return Attempt(0, status, reply, timed_out=False)


def _answered(push: Push) -> bytes:
    query = dict(pair.split("=", 1) for pair in push.target.partition("?")[2].split("&"))
    reply = text_reply(opened_by_example(query, push.body, SETTINGS), "Hello")
    return (reply if push.mode == "plain" else encrypted_reply(reply, SETTINGS)).encode()


@pytest.mark.parametrize("mode", MODES)
def test_the_replies_of_the_example_are_taken(mode):
    """A text, the word, and nothing at all are all valid."""
    push = _push(mode)

    assert [None] * 3 == [refusal(ACCOUNT, push, _replied(reply)) for reply in (_answered(push), b"success", b"")]


@pytest.mark.parametrize(
    ("kind", "mode", "form"),
    [(kind, mode, form) for form in FORMS for kind in form.kinds for mode in form.modes],
    ids=lambda value: getattr(value, "name", value),
)
def test_every_form_of_a_wrong_reply_is_refused(kind, mode, form):
    """To every kind of push and in every mode for which it is said to be wrong."""
    push = make_push(ACCOUNT, kind, mode, "o" + "A" * 27, STAMP, Random(4))

    assert refusal(ACCOUNT, push, _replied(form.compose(ACCOUNT, push))) is not None


@pytest.mark.parametrize(
    ("attempt", "expected"),
    [
        (_replied(b"", None), "no reply"),
        (_replied(b"success", 201), "status 201"),
        (_replied(QUOTED_SUCCESS), "no XML: syntax error: line 1, column 0"),
    ],
    ids=["none", "status", "quoted"],
)
def test_the_reason_is_told(attempt, expected):
    """Nothing came, another status, no XML."""
    assert expected == refusal(ACCOUNT, _push("plain"), attempt)


def test_the_judge_does_not_ask_wxtrace():
    """It would else agree with every mistake of ours: only what makes and sends pushes is imported."""
    tree = ast.parse(Path(judging.__file__).read_text("utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}

    assert {"wxtrace.crypto", "wxtrace.demo.pushes", "wxtrace.demo.sender"} == {
        module for module in modules if module.startswith("wxtrace")
    }
