"""
The kind of an alarm, by the wording of its 内容.
"""

from __future__ import annotations

import re
from typing import Final

from wxtrace.alarm import alarm as of
from wxtrace.alarm.fold import fold

_PUNCTUATION = re.compile(r"[\W_]+")
_SLOW = re.compile(r"[秒s]内(?:没有|未)(?:返回|回应|响应)|(?:推送|消息|ticket|事件|dns|连接|请求)超时|发生超时")
_REFUSED = re.compile(r"不合法|没有返回success|应返回success|失败")

_BY_PLACE: Final = (  # what the wording is about, then what happened: too slow, or refused
    (re.compile("支付完成事件|推送支付"), of.PAYMENT_TIMEOUT, of.PAYMENT_FAILURE),
    (re.compile("屏蔽|暂时不推送|markfail"), of.MARK_FAIL, of.MARK_FAIL),
    (re.compile("verifyticket"), of.TICKET_TIMEOUT, of.TICKET_FAILURE),
    (re.compile("推送(?:第三方平台|组件)消息"), of.COMPONENT_TIMEOUT, of.COMPONENT_FAILURE),
    (re.compile("dns|无效域名"), of.DNS_TIMEOUT, of.DNS_FAILURE),
    (re.compile("服务器连接|连接.{0,40}服务器|连接超时"), of.CONNECT_TIMEOUT, of.UNKNOWN),
    (re.compile("微信服务器|推送消息|请求超时|回应(?:失败|不合法)"), of.REQUEST_TIMEOUT, of.INVALID_RESPONSE),
)
_LONGEST: Final = 400


def kind_of(content: str) -> str:
    """Return the kind that a 内容 says, however it is punctuated; ``unknown`` where it says something else."""
    if not content:
        return of.UNKNOWN
    words = _PUNCTUATION.sub("", fold(content[:_LONGEST])).lower()
    for place, slow, refused in _BY_PLACE:
        if place.search(words):
            return _what(words, slow, refused)
    return of.UNKNOWN


def _what(words: str, slow: str, refused: str) -> str:
    if slow == refused or _SLOW.search(words):
        return slow
    if refused == of.DNS_FAILURE or _REFUSED.search(words):
        return refused
    return of.UNKNOWN
