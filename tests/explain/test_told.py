"""Told: what an alarm says of the reply, against what was recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from answers import NOW_NS
from strategies import BASE_NS, OPENID, SECOND, make_span

from wxtrace.alarm.alarm import Alarm
from wxtrace.explain import verdict as case
from wxtrace.explain.explain import judge
from wxtrace.explain.told import ENCRYPTED, Told, content_reason, told_of, with_told
from wxtrace.explain.verdict import Verdict
from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.modules import modules_of
from wxtrace.rebuild.trace import rebuild

GOOD = {"http.response.status_code": 200, "wechat.reply.acceptable": True, "wechat.reply.length": 7}
QUOTED = {"wechat.reply.acceptable": False, "wechat.reply.length": 9, "wechat.reply.text": '"success"'}
TO_OTHER = (
    "<xml>\n\n<ToUserName>oXYZ</ToUserName><FromUserName>gh_1</FromUserName><CreateTime>1745231475</CreateTime>"
    "<MsgType>text</MsgType><Content>hello</Content></xml>"
)
SHOWN = {"response_content": TO_OTHER.replace("oXYZ", OPENID)}


def answered(**attributes: Any) -> Attempt:
    """Return an attempt that was answered well in 0.2 s, unless *attributes* of its access span say otherwise."""
    span = make_span(0, end_ns=BASE_NS + SECOND // 5, attributes=GOOD | attributes)
    (attempt,) = rebuild([span], [], NOW_NS)
    return attempt


def alarm_of(content: str | None = None, length: int | None = None, **sample: str | None) -> Alarm:
    """Return an alarm whose sample has these brackets."""
    brackets: dict[str, str | None] = {name.replace("_", " "): value for name, value in sample.items()}
    if length is not None:
        brackets["response_length"] = str(length)
    if content is not None:
        brackets["response_content"] = content
    return Alarm(kind="invalid_response", sample=brackets, openid=OPENID)


def judged(alarm: Alarm, attempt: Attempt) -> Verdict:
    """Return the verdict of an attempt, after the alarm was heard."""
    return with_told(judge(attempt, modules_of(attempt)), told_of(alarm, attempt))


@pytest.mark.parametrize(
    ("alarm", "expected"),
    [
        (alarm_of(), Told(None, None, None, False, None)),
        (alarm_of("success", 7), Told(None, None, None, False, True)),
        (alarm_of("success", 8), Told("success with white space", None, None, False, False)),
        (alarm_of('"success"', 9), Told("quoted success", None, None, False, False)),
        (alarm_of("Error 500:", 10), Told("text", None, None, False, False)),
        (alarm_of("<!DOCTYPE html>\n\n<html><title>运行时...", 3365), Told("html page", None, None, False, False)),
        (alarm_of("<xml><ToUserName>oAB...", 3365), Told(None, None, None, False, False)),
        (alarm_of(TO_OTHER), Told("wrong addressee", None, None, False, None)),
        (alarm_of(TO_OTHER.replace("oXYZ", "oA***")), Told(None, None, None, False, None)),
        (alarm_of(decrypt_fail=None), Told("not decryptable", None, None, True, None)),
        (alarm_of(http_code="405"), Told("HTTP status 405", 405, None, False, None)),
        (alarm_of(http_code="200"), Told(None, 200, None, False, True)),
        (alarm_of(**{"cURL Error": "56"}), Told("connection broken off: cURL error 56", None, 56, False, None)),
        (alarm_of(**{"cURL Error": "7"}), Told("no connection: cURL error 7", None, 7, False, False)),
    ],
    ids=[
        "nothing",
        "success",
        "white-space",
        "quotes",
        "text",
        "cut-html",
        "cut-xml",
        "addressee",
        "masked",
        "decrypt",
        "status",
        "status-200",
        "broken-off",
        "no-connection",
    ],
)
def test_what_an_alarm_says_of_a_reply(alarm, expected):
    """The fault that it names or shows, and whether it speaks of the reply of 7 bytes that was recorded."""
    assert expected == replace(told_of(alarm, answered()), reply_bytes=None)


@pytest.mark.parametrize(
    ("content", "length", "reason"),
    [
        ("success", 8, "success with white space"),
        ("a * b", None, "text"),
        ('"success"', 9, "quoted success"),
        ("suc***", 7, None),
        ("<html>***", 3365, "html page"),
    ],
)
def test_the_steps_say_of_the_alarms_reply_what_the_verdict_says(content, length, reason):
    """There is one rule for what is wrong with the reply that an alarm prints."""
    alarm = alarm_of(content, length)

    assert (reason, reason) == (told_of(alarm, answered()).reason, content_reason(alarm))


def test_what_the_alarm_knows_of_the_push_is_heard_too():
    """Nobody read of which event the push was; the alarm says that to this one no message is replied."""
    alarm = replace(alarm_of(TO_OTHER.replace("oXYZ", OPENID)), sample={"Event": "UnSubscribe"} | SHOWN)

    assert "xml where none is allowed: unsubscribe" == told_of(alarm, answered()).reason


@pytest.mark.parametrize(
    ("alarm", "expected"),
    [
        (alarm_of('"success"', 9), True),
        (alarm_of('"success"', 10), False),
        (alarm_of('" success "', 9), True),
        (alarm_of("'success'", 9), False),
        (alarm_of('"succ...'), True),
    ],
    ids=["same", "other-length", "white-space", "other-text", "cut"],
)
def test_a_refused_reply_is_compared_by_its_text(alarm, expected):
    """Of a refused reply the text was recorded; white space, which pages change, is not compared."""
    assert expected is told_of(alarm, answered(**QUOTED)).matches_recorded


def test_a_masked_reply_is_not_compared():
    """What people have hidden may be anything."""
    assert told_of(alarm_of('"suc***s"'), answered(**QUOTED)).matches_recorded is None


@pytest.mark.parametrize(
    ("alarm", "reason", "status"),
    [
        (alarm_of("<xml><Encrypt>…</Encrypt></xml>", 7, decrypt_fail=None), "not decryptable", 200),
        (alarm_of(http_code="502"), "HTTP status 502", 502),
        (alarm_of("'succ'", 7), "text", 200),
        (alarm_of(**{"cURL Error": "56"}), "connection broken off: cURL error 56", 200),
    ],
    ids=["decrypt", "proxy", "content", "broken-off"],
)
def test_a_fault_that_only_the_alarm_knows_makes_it_a_refused_reply(alarm, reason, status):
    """An attempt answered well by our record is refused if WeChat says so, and it is told who says so."""
    verdict = judged(alarm, answered())

    assert (case.REFUSED_REPLY, "medium", True) == (verdict.case, verdict.confidence, verdict.facts.by_alarm)
    assert (reason, status) == (verdict.facts.detail, verdict.facts.http_status)


def test_an_encrypted_reply_that_is_refused_as_recorded_hides_its_fault():
    """It keeps the rules on the outside, is the very reply of the alarm, and WeChat does not take it."""
    content = "<xml><Encrypt><![CDATA[QUFBQUFBQUFBQUFBQUFBQQ==]]></Encrypt></xml>"
    length = len(content)
    shown = {"response_length": str(length), "response_content": content[:40] + "..."}
    alarm = Alarm("invalid_response", sample=shown)

    verdict = judged(alarm, answered(**{"wechat.reply.length": length}))
    other = judged(alarm, answered(**{"wechat.reply.length": length + 1}))

    assert (case.REFUSED_REPLY, ENCRYPTED) == (verdict.case, verdict.facts.detail)
    assert case.REPLIED == other.case


@pytest.mark.parametrize(
    "alarm",
    [alarm_of('"success"', 9), alarm_of("success", 8), alarm_of(decrypt_fail=None, length=625)],
    ids=["other-text", "other-length", "other-fault"],
)
def test_the_fault_of_another_reply_is_not_that_of_this_one(alarm):
    """Where the alarm speaks of another reply than the recorded one, that stays good, and it is said."""
    verdict = judged(alarm, answered())

    assert (case.REPLIED, True, False) == (verdict.case, verdict.facts.other_reply, verdict.facts.by_alarm)
    assert (7, alarm.reply_length) == verdict.facts.reply_bytes


@pytest.mark.parametrize(
    "alarm", [alarm_of(), alarm_of("success", 7), alarm_of(http_code="200")], ids=["nothing", "success", "200"]
)
def test_an_alarm_that_names_no_fault_changes_nothing(alarm):
    """An alarm that shows nothing wrong leaves the verdict as the record has it."""
    attempt = answered()

    assert judge(attempt, modules_of(attempt)) == judged(alarm, attempt)


def test_what_our_own_record_explains_needs_no_alarm():
    """An attempt that was refused by our rules, or was too slow, is told by what was recorded."""
    refused = answered(**QUOTED)

    assert judge(refused, modules_of(refused)) == judged(alarm_of(http_code="502"), refused)
