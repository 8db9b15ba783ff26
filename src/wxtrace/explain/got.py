"""
What WeChat got, by what the alarm itself prints of it. Pure.
"""

from __future__ import annotations

from wxtrace.alarm.alarm import Alarm
from wxtrace.explain.step import BAD, UNKNOWN, Asked, Fact, Step
from wxtrace.explain.told import content_reason, length_of


def alarm_says(asked: Asked) -> Step:
    """What did WeChat get?"""
    alarm = asked.alarm
    if alarm.curl_error is not None:
        return Step("alarm_says", BAD, "curl_error", {"number": alarm.curl_error})
    if alarm.http_status not in (None, 200):
        return Step("alarm_says", BAD, "status", {"status": alarm.http_status or 0})
    if alarm.decrypt_failed:
        return Step("alarm_says", BAD, "not_decrypted")
    if alarm.reply_content:
        return _this_reply(alarm, alarm.reply_content)
    return Step("alarm_says", UNKNOWN, "says_nothing")


def _this_reply(alarm: Alarm, content: str) -> Step:
    facts: dict[str, Fact] = {"length": length_of(alarm), "content": content}
    reason = content_reason(alarm)
    if reason is None:
        return Step("alarm_says", BAD, "this_reply", facts)
    return Step("alarm_says", BAD, "this_reply_because", {**facts, "reason": reason})
