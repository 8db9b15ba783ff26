"""Last: what there is to see before any alarm."""

from __future__ import annotations

from dataclasses import replace

from answers import WRITER
from hypothesis import given
from strategies import hostile_text, make_span

from wxtrace.last import render
from wxtrace.scan.newest import Newest
from wxtrace.show.terminal import clean
from wxtrace.show.words import Words

QUIET = Newest(pushes=(), writers=(), dropped=0, seal_lag_ns=0, damaged=())
PUSH = make_span(0, attributes={"wechat.msg_type": "event", "wechat.event": "CLICK"})


def test_a_push_is_shown_with_what_finds_it_again():
    """The newest pushes stand with kind, time and tag, and with the command that looks one up."""
    lines = render(replace(QUIET, pushes=(PUSH,), writers=(WRITER,)), Words()).splitlines()

    assert "2025-04-21 18:31:15  oABC" in lines[1]
    assert "event CLICK" in lines[1]
    assert "Writers: 1 alive, 0 ended" in lines
    assert "To look one up: wxtrace find --openid oABC --stamp 1745231475" == lines[-1]


def test_nobody_records_is_told_with_a_hint():
    """Where nothing is, the answer says what to check in the app."""
    assert "Does the app call wxtrace.start" in render(QUIET, Words())


def test_a_writer_without_pushes_is_told_apart():
    """Where somebody records and no push came, the query is what to look at."""
    shown = render(replace(QUIET, writers=(WRITER,)), Words())

    assert "does the proxy pass the query on?" in shown
    assert "wxtrace.start" not in shown


def test_loss_and_lag_are_told():
    """What was dropped, and how far sealing is behind, are there to see; a long lag asks for the sealer."""
    shown = render(replace(QUIET, dropped=5, seal_lag_ns=3600 * 10**9), Words())

    assert "5 records were dropped" in shown
    assert "1 h 0 min old: does `wxtrace seal --follow` run?" in shown


def test_a_request_in_flight_and_a_crashed_one_are_marked():
    """A push that has no end has no duration."""
    pushes = tuple(replace(PUSH, end_ns=None, state=state) for state in ("open", "crashed"))

    lines = render(replace(QUIET, pushes=pushes), Words()).splitlines()

    assert (True, True) == ("running" in lines[1], "crashed" in lines[2])


@given(hostile_text)
def test_nothing_that_was_recorded_can_steer_the_terminal(text):
    """An openid comes from the network."""
    hostile = replace(PUSH, openid=text, host=text, attributes={"wechat.event": text})

    shown = render(replace(QUIET, pushes=(hostile,), damaged=(text,)), Words("zh")).splitlines()

    assert shown == [clean(line) for line in shown]
