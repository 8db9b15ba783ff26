"""Which push is meant, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from answers import answer, slow_push
from strategies import BASE_NS, OPENID, STAMP

from wxtrace.alarm.alarm import Alarm
from wxtrace.explain.entrance import Point
from wxtrace.explain.match import EXACT, LIKELY, NEAR, POSSIBLE, Match
from wxtrace.show.match import lines, sure_text
from wxtrace.show.style import Style
from wxtrace.show.text import lookup_head, render
from wxtrace.show.words import Words

FAILED = Point("内容", "request_timeout", "too_late, too_late, arrived_late", True)


def match(sure=EXACT, *points):
    """Return a push of which three attempts were seen."""
    return Match(OPENID, STAMP, "n1", ("a" * 32,), BASE_NS, "CLICK", 3, 3, sure, points)


def shown(alarm, *matches, language="en"):
    """Return the text of a slow push that was found by an alarm."""
    found = replace(slow_push(), alarm=alarm, matches=matches)
    if matches and matches[0].sure == POSSIBLE:
        found = replace(found, verdict=replace(found.verdict, confidence="low"))
    return render(found, Style(Words(language)))


@pytest.mark.parametrize(
    ("count", "language", "expected"),
    [
        (37, "en", "Verdict (confidence low: one of 37 pushes that may be meant): "),
        (37, "zh", "结论（置信度低：37 次可能对应的推送之一）："),
        (1, "en", "Verdict (confidence low: a push that may be meant): "),
    ],
)
def test_one_of_many_that_may_be_meant_is_told_as_such(count, language, expected):
    """Nobody takes a push that merely may be meant for the one that is."""
    assert shown(Alarm(), *[match(POSSIBLE)] * count, language=language).startswith(expected)


@pytest.mark.parametrize(
    ("off", "language", "expected"),
    [
        (856, "en", "the alarm's openid, its stamp 14 min 16 s off"),
        (856, "zh", "OpenID 与报警一致，Stamp 相差 14 分 16 秒"),
        (-2, "en", "the alarm's openid, its stamp 2 s off"),
        (-2, "zh", "OpenID 与报警一致，Stamp 相差 2 秒"),
        (None, "en", "the alarm's own openid"),
    ],
)
def test_how_far_the_stamp_is_off_is_told(off, language, expected):
    """A push of two seconds before is nearly sure, one of a quarter of an hour before is not: readers see which."""
    said = [] if off is None else [Point("Stamp", str(STAMP + off), str(STAMP), False)]

    assert expected == sure_text(match(NEAR, *said), Words(language))


def test_a_likely_push_is_not_told_as_one_of_many():
    """What alone fits is told with its confidence only."""
    assert shown(Alarm(), match(LIKELY), match(POSSIBLE)).startswith("Verdict: ")


def test_another_sender_alone_is_no_doubt():
    """WeChat sends from many addresses: an exact match stays one line."""
    sender = Point("OuterIP", "101.226.103.1", "101.226.103.2", False)

    assert "Meant by the alarm: the alarm's own openid and stamp\n" in shown(Alarm(), match(EXACT, sender))


def test_another_target_is_told():
    """Another address of ours is another entrance."""
    told = shown(Alarm(), match(EXACT, Point("IP", "203.0.113.9", "203.0.113.5", False)))

    assert "Meant by the alarm, the likeliest first:\n" in told
    assert "IP differs: the alarm says 203.0.113.9, recorded is 203.0.113.5\n" in told


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "内容 fits: request timeout: no reply within 5 s"),
        ("zh", "内容 相符：请求超时：5 秒内没有回复"),
    ],
)
def test_a_kind_is_told_in_words(language, expected):
    """What an alarm calls itself is told as the reader says it."""
    assert expected in [line.strip() for line in lines([match(LIKELY, FAILED)], Style(Words(language), 160))]


def test_outcomes_and_times_are_told_in_words():
    """How attempts ended, and when a push was, are told as the alarm tells them."""
    differs = [replace(FAILED, fits=False), Point("时间", "2025-04-21 18:30", str(STAMP), False)]

    assert [
        "内容 differs: the alarm says request timeout: no reply within 5 s, "
        "recorded is too late for WeChat, arrived too late",
        "时间 differs: the alarm says 2025-04-21 18:30, recorded is 2025-04-21 18:31:15",
    ] == [line.strip() for line in lines([match(LIKELY, *differs)], Style(columns=160))][1:]


def test_a_payment_is_named_by_its_transaction():
    """It has neither openid nor stamp; what names it is told."""
    alarm = Alarm("payment_timeout", sample={"transaction_id": "4200001234202511230000000001"})
    found = replace(slow_push(), openid=None, stamp=None, alarm=alarm)

    assert "transaction_id 4200001234202511230000000001 · 3 attempts" == lookup_head(found, Words())


def test_what_of_the_alarm_could_not_be_read_is_told():
    """Who looks up a torn alarm learns that it is torn."""
    told = shown(Alarm(unread=("the end of Stamp",)), match())

    assert "\nNot read of the alarm: the end of Stamp\n" in told


def test_a_push_that_merely_may_be_meant_is_not_told_as_asked_for():
    """Where no candidate failed as the alarm says, the head has what the alarm says, not what the first one has."""
    alarm = Alarm("request_timeout", openid="o*****", stamp=STAMP - 1)
    absent = replace(answer(reason="cannot_know"), alarm=alarm, matches=(match(POSSIBLE), match(POSSIBLE)))

    told = render(absent, Style()).splitlines()

    assert "openid o***** · stamp 1745231474 (2025-04-21 18:31:14, UTC+8) · 0 attempts" in told
    assert "None of these failed as the alarm says; the likeliest of 2 pushes that may be meant:" in told
