"""Masks: what is handed on names nobody."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from answers import NOW_NS, answer, evidence, slow_push
from hypothesis import given
from hypothesis import strategies as st
from strategies import OPENID, STAMP, forests, log_lines, make_log, make_span

from wxtrace.alarm.alarm import Alarm
from wxtrace.lookup.look import look
from wxtrace.row import Tag
from wxtrace.scan.scan import Scanned
from wxtrace.show import document
from wxtrace.show.mask import masked, masked_openid
from wxtrace.show.style import Style
from wxtrace.show.text import render

USER, OTHER = "oASKEDfor1theVERYpush2lookedU", "oTHERuserOF2theSAMEaccount_-"


@pytest.mark.parametrize(
    ("openid", "expected"),
    [
        (OTHER, "oTHE…t_-"[:4] + "…" + OTHER[-4:]),
        ("oABCDEFGHIJK", "o…"),
        ("o", "o…"),
        ("oABCDEFGHIJKL", "oABC…IJKL"),
    ],
)
def test_both_ends_are_left_of_a_long_openid(openid, expected):
    """Two users can be told from each other, and neither can be written to."""
    assert expected == masked_openid(openid)


def hidden_everywhere():
    """Return a lookup that has the user's openid, and another user's, in every kind of place."""
    places = {"sql": f"WHERE openid = '{USER}'", "deep": [{"who": [OTHER, 7]}], OTHER: 1, "openid": OTHER}
    spans = [make_span(0, openid=USER, name=f"GET {USER}", module=f"fan.{USER}", attributes=places)]
    logs = [make_log(1, 0, openid=USER, event=f"held by {OTHER}", attributes=places)]
    found = look(USER, STAMP, Scanned(tuple(spans), tuple(logs), (), evidence()), NOW_NS)
    alarm = Alarm(openid=USER, content=f"[OpenID={USER}]", sample={"OpenID": USER})
    return replace(found, alarm=alarm, others=(slow_push(),))


@pytest.mark.parametrize(
    "rendered", [lambda one: render(one, Style(full=True)), document.render], ids=["text", "json"]
)
def test_no_openid_is_left_anywhere(rendered):
    """In names, statements, log lines, keys, the alarm, the other alarms' answers: nobody is named."""
    found = hidden_everywhere()
    before, after = rendered(found), rendered(masked(found))

    assert (True, True) == (USER in before, OTHER in before)
    assert (False, False, True) == (USER in after, OTHER in after, masked_openid(OTHER) in after)


def test_a_name_that_only_looks_a_little_like_an_openid_stays():
    """A function of 28 letters that begins with o is none; neither is what is part of something longer."""
    kept = ["on_message_received_from_us", "o" * 28, f"x{OTHER}", f"{OTHER}x", "opentelemetry.instrumentation"]

    assert kept == masked(kept)


def test_a_short_openid_is_masked_where_it_is_named_only():
    """What a scanner sends as openid=a does not turn every a into a mask."""
    span = make_span(0, openid="a", name="a call")

    assert ("a…", "a call") == (masked(span).openid, masked(span).name)


def test_types_stay_as_they_are():
    """What is masked is what it was: a tag is a tag, a lookup a lookup; what is no text is the very same."""
    found = slow_push()

    assert Tag(masked_openid(OTHER), 3, "n") == masked(Tag(OTHER, 3, "n"))
    assert (type(found), found.stamp, found.stores) == (
        type(masked(found)),
        masked(found).stamp,
        masked(found).stores,
    )


@given(forests(), log_lines())
def test_a_mask_takes_nothing_else_away(spans, logs):
    """With the openid put back in the place of its mask, the answer is the one that was masked."""
    found = answer(spans, logs)

    back = json.dumps(document.document(masked(found))).replace(json.dumps(masked_openid(OPENID))[1:-1], OPENID)
    assert json.dumps(document.document(found)) == back


@given(st.text(max_size=60))
def test_masking_twice_is_masking_once(text):
    """What is masked holds nothing more to mask."""
    once = masked([text, OTHER + " " + text])

    assert once == masked(once)
