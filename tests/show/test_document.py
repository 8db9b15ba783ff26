"""Document: the JSON of the contract."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from answers import answer, slow_attempt, slow_push
from hypothesis import given
from strategies import STAMP, forests, hostile_text, log_lines, make_log, make_span

from wxtrace.show.document import document, render
from wxtrace.store.schema import LOGS, SPANS

CONTRACT = {
    "": {"openid", "stamp", "attempts", "verdict", "evidence"},
    "attempts": {
        "push",
        "nonce",
        "trace_id",
        "start_ns",
        "end_ns",
        "arrival_delay_ns",
        "state",
        "http_status",
        "reply",
        "after_reply_ns",
        "service",
        "host",
        "pid",
        "writer",
        "spans",
        "logs",
        "modules",
    },
    "reply": {"length", "acceptable", "reason"},
    "modules": {"layer", "module", "calls", "total_ns", "self_ns", "share_ns", "share"},
    "verdict": {"case", "text", "layer", "module", "confidence", "parts"},
    "evidence": {"writers", "dropped", "files", "journals", "window"},
}


def test_every_key_of_the_contract_is_there():
    """Scripts stand on these names; more may come, none may go."""
    whole = json.loads(render(slow_push()))
    attempt = whole["attempts"][0]
    given_ = {"": whole, "attempts": attempt, "reply": attempt["reply"], "modules": attempt["modules"][0]}
    given_ |= {"verdict": whole["verdict"], "evidence": whole["evidence"]}

    assert {} == {name: keys - set(given_[name]) for name, keys in CONTRACT.items() if keys - set(given_[name])}


def test_rows_have_exactly_the_columns_of_the_store():
    """A row of the JSON is a row of Parquet, but for the attributes, which are an object."""
    attempt = document(slow_push())["attempts"][0]

    assert set(SPANS.names) == set(attempt["spans"][0])
    assert set(LOGS.names) == set(attempt["logs"][0])
    assert {"msg_type": "text"} == attempt["logs"][1]["attributes"] | attempt["logs"][0]["attributes"]


def test_an_attempt_is_told_in_numbers():
    """The values of one attempt, as the contract names them."""
    attempt = document(answer(slow_attempt()))["attempts"][0]

    assert (0, "n1", 100_000_000, "closed", 200, {"length": 7, "acceptable": True, "reason": None}, None) == tuple(
        attempt[key]
        for key in ("push", "nonce", "arrival_delay_ns", "state", "http_status", "reply", "after_reply_ns")
    )
    assert attempt["end_ns"] - attempt["start_ns"] == sum(module["share_ns"] for module in attempt["modules"])


@pytest.mark.parametrize("reason", ["never_arrived", "cannot_know"])
def test_absence_is_a_document_too(reason):
    """With nothing found there are no attempts, and a reason."""
    whole = document(answer(reason=reason))

    assert ([], reason, reason) == (whole["attempts"], whole["evidence"]["reason"], whole["verdict"]["case"])


def test_what_was_found_needs_no_reason():
    """The key is there only for absence."""
    assert "reason" not in document(slow_push())["evidence"]


@given(forests(), log_lines())
def test_any_rows_become_json_and_come_back(spans, logs):
    """The text is JSON by the book, and says what the document says."""
    lookup = answer(spans, logs)

    assert json.loads(json.dumps(document(lookup))) == json.loads(render(lookup), parse_constant=int)


@given(hostile_text)
def test_hostile_values_come_back_as_they_were(text):
    """What a terminal would act on is escaped in the text, and whole in the value."""
    span = make_span(0, name=text, attributes={"key": text})

    shown = render(answer([span], [make_log(1, event=text)]))

    assert not set(shown) & set("\x00\x07\x1b\x9b\x7f\u202e\u2066\u200f\u2028\ud800")
    assert (text, text) == (
        json.loads(shown)["attempts"][0]["spans"][0]["name"],
        json.loads(shown)["attempts"][0]["logs"][0]["event"],
    )


def test_a_number_that_json_lacks_becomes_its_name():
    """NaN and infinity may stand in a journal; strict readers must still read the document."""
    spans = [make_span(0, attributes={"a": float("nan"), "b": float("inf"), "c": 1.5})]

    (attempt,) = json.loads(render(answer(spans)))["attempts"]

    assert {"a": "NaN", "b": "Infinity", "c": 1.5} == attempt["spans"][0]["attributes"]


def test_ascii_is_enough_where_it_must_be():
    """A pipe without UTF-8 gets the same document, escaped."""
    lookup = answer([make_span(0, name="中文😀")])

    assert render(lookup, ascii_only=True).isascii()
    assert json.loads(render(lookup)) == json.loads(render(lookup, ascii_only=True))


def test_a_moment_beyond_the_calendar_is_null():
    """An absurd clock loses only its readable form."""
    span = replace(make_span(0), start_ns=10**30, stamp=STAMP)

    assert document(answer([span]))["attempts"][0]["spans"][0]["time"] is None
