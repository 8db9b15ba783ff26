"""
Alarms as WeChat writes them, made from random fields: what they truly say, and how they are written.

Made from the published guide and published alarms alone; `alarm_damage.py` does to them what chats do.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from alarm.alarm_values import (
    addresses,
    appids,
    chars,
    ends_a_line,
    events,
    hosts,
    masked_openids,
    nicknames,
    openids,
    replies,
    stars,
    urls,
)
from hypothesis import strategies as st

LABELS: Final = ("Appid", "昵称", "时间", "内容", "次数", "错误样例")
SAMPLE: Final = "错误样例"
PLATFORM: Final = "第三方平台"
REPLIES: Final = ("response_content", "resp")
GUIDES: Final = ("http://url.cn/ab0jnP", "https://w.url.cn/s/A1dMqXI", "https://mmbizurl.cn/s/MpkaZb8yg")

_PUSHED: Final = "微信服务器向{x}推送消息或事件"
_PAID: Final = "推送“支付完成事件”给开发者后，"
_TICKET: Final = "推送component_verify_ticket时，"
_SERVED: Final = "微信服务器向公众号服务开发者" + _TICKET
_COMPONENT: Final = "推送第三方平台消息（如取消授权消息）等，第三方平台"
WORDINGS: Final = {
    "dns_failure": (_PUSHED + "时，解析DNS失败", _PUSHED + "时，解析DNS时发现是无效域名"),
    "dns_timeout": (_PUSHED + "时，解析DNS超时，超时时间为5秒",),
    "connect_timeout": ("微信服务器连接{x}开发者服务器时发生超时，超时时间为5秒",),
    "request_timeout": (_PUSHED + "后，开发者5秒内没有返回",),
    "invalid_response": (_PUSHED + "后，得到的回应不合法",),
    "mark_fail": (_PUSHED + "发生多次失败后，暂时不推送消息，一分钟后解除屏蔽",),
    "ticket_timeout": (_TICKET + "开发者5S内没有返回", _SERVED + "开发者5秒内没有返回"),
    "ticket_failure": (_TICKET + "开发者没有返回success", _SERVED + "得到的回应不合法（应返回success）"),
    "component_timeout": (_COMPONENT + "5秒内没有返回",),
    "component_failure": (_COMPONENT + "没有返回success",),
    "payment_timeout": (_PAID + "开发者5秒内没有返回",),
    "payment_failure": (_PAID + "得到的回应不合法",),
}

_TAGGED: Final = ("OpenID", "Stamp")
_REPLIED: Final = ("response_length", "response_content")
SHAPES: Final = (
    ("IP", "Event"),  # 2014
    ("IP", "Msg"),
    ("Event", "ip", *_REPLIED),
    (*_TAGGED, "3rdUrl10", "Msg", "Event", "ip", *_REPLIED),  # 2015
    (*_TAGGED, "3rdUrl", "Msg", "Event", "ip", *_REPLIED),  # 2019
    (*_TAGGED, "3rdUrl", "IP", "MsgType", "Msg", "decrypt fail", *_REPLIED, PLATFORM),  # 2020
    (*_TAGGED, "OuterIP", "3rdUrl", "IP", "Event", PLATFORM),  # 2021
    (*_TAGGED, "OuterIP", "3rdUrl", "Event", "ip", *_REPLIED, PLATFORM),
    (*_TAGGED, "3rdUrl", "Host", "Event"),  # 2022
    (*_TAGGED, "OuterIP", "3rdUrl", "IP", "MsgType", "Event", "cURL Error", PLATFORM),
    (*_TAGGED, "OuterIP", "3rdUrl", "IP", "MsgType", "Event", "http code", PLATFORM),  # 2024
    ("transaction_id", "resp"),
    ("3rdUrl", *_REPLIED),
)

Pair = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Truth:
    """What an alarm says, field by field as a parser owes it."""

    kind: str
    appid: str | None
    nickname: str | None
    time: str | None
    content: str | None
    window_minutes: int | None
    count: int | None
    sample: Mapping[str, str | None] | None
    openid: str | None
    stamp: int | None


@dataclass(frozen=True, slots=True)
class Draft:
    """
    An alarm to be written.

    Args:
        kind: As in the contract.
        lines: The text behind each label that stands there, but for the sample.
        window_minutes, count: What the text behind 次数 says.
        pairs: The sample's brackets; None where it has no label.
        is_cut: WeChat has cut the last value with ``...`` and closed no bracket.
        has_eaten: Numbers of the pairs whose closing bracket was masked away.
        elided: What stands behind the sample's label in place of brackets.
        guide: The address on the trailing line; None where there is none.
    """

    kind: str
    lines: Mapping[str, str]
    window_minutes: int | None
    count: int | None
    pairs: tuple[Pair, ...] | None
    is_cut: bool = False
    has_eaten: frozenset[int] = frozenset()
    elided: str = ""
    guide: str | None = None

    def mapped(self, change: Callable[[str], str]) -> Draft:
        """Return the draft with every value changed."""
        lines = {label: change(value) for label, value in self.lines.items()}
        pairs = self.pairs and tuple((key, value and change(value)) for key, value in self.pairs)
        return replace(self, lines=lines, pairs=pairs)

    @property
    def labels(self) -> list[str]:
        """The labels that stand there, in their order."""
        return [label for label in LABELS if label in self.lines or (label == SAMPLE and self.pairs is not None)]

    @property
    def values(self) -> list[str]:
        """Every value that is written."""
        return [*self.lines.values(), *(value for _, value in self.pairs or () if value)]

    @property
    def truth(self) -> Truth:
        """What the alarm says."""
        sample = None if self.pairs is None else dict(self.pairs)
        stamp = (sample or {}).get("Stamp") or ""
        return Truth(
            self.kind,
            *(self.lines.get(label) for label in LABELS[:4]),
            self.window_minutes,
            self.count,
            sample,
            (sample or {}).get("OpenID"),
            int(stamp) if stamp.isdigit() else None,
        )


@st.composite
def samples(draw: st.DrawFn) -> tuple[tuple[Pair, ...], bool]:
    """Draw the brackets of a sample of some year, and whether WeChat has cut the last of them."""
    shape = draw(st.sampled_from(SHAPES))
    lost = draw(st.sets(st.sampled_from(shape), max_size=len(shape) - 1))
    keys = [key for key in shape if key not in lost]
    reply, is_cut = draw(replies), keys[-1] in REPLIES and draw(st.booleans())
    if is_cut:  # what looks like a bracket of its own would be one, cut off
        reply = reply.replace("][", "]").rstrip() + "..."
    if (is_cut or not {*_REPLIED} <= {*keys}) and ends_a_line(reply):  # nobody could tell that it goes on
        reply = reply.replace("\n", " ")
    length = len(reply.encode()) if not is_cut else draw(st.integers(800, 9999))
    values: dict[str, st.SearchStrategy[str | None]] = {
        "OpenID": openids | masked_openids,
        "Stamp": st.integers(1_400_000_000, 1_800_000_000).map(str) | stars,
        "OuterIP": st.just("") | addresses | stars,
        "IP": addresses | stars | st.sampled_from(["", "123.456.123.456"]),
        "Event": events,
        "Msg": st.sampled_from(["Text", "Subscribe"]),
        "MsgType": st.sampled_from(["1", "20000", "20002", "20100", "20101"]),
        "Host": hosts,
        "cURL Error": st.sampled_from(["7", "28", "35", "52", "56"]),
        "http code": st.sampled_from(["201", "400", "404", "405", "502", "999"]),
        "decrypt fail": st.none(),
        PLATFORM: st.none() | stars | chars("世略英图服务商 .Az", 1, 9).map(str.strip).filter(bool),
        "transaction_id": chars(string.digits, 28, 28),
        "response_length": st.just(str(length)),
        "response_content": st.just(reply),
        "resp": st.just(reply) if is_cut else st.none() | st.just(reply),
    }
    values |= {"ip": values["IP"], "3rdUrl": urls(), "3rdUrl10": urls()}
    return tuple((key, draw(values[key])) for key in keys), is_cut


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """Draw an alarm: of any kind and year, every label there, blank or absent; enough of them to be an alarm."""
    kind = draw(st.sampled_from(sorted(WORDINGS)))
    content = draw(st.sampled_from(WORDINGS[kind])).format(x=draw(st.sampled_from(["公众号", "服务号"])))
    window, count = draw(st.sampled_from([5, 10, 30])), draw(st.integers(2, 80_000))
    said = draw(st.sampled_from(["{}分钟 {}次", "{}分钟 {} 次", "{}分钟{}次", "{}分钟{}次（或2次）"])).format(
        window, count
    )
    began = datetime(2014, 1, 1, tzinfo=UTC) + timedelta(seconds=draw(st.integers(0, 400_000_000)))
    time = began.strftime(draw(st.sampled_from(["%Y-%m-%d %H:%M:%S"] * 3 + ["%Y-%m-%d %H:%M"])))
    lines = {"Appid": draw(appids), "昵称": draw(nicknames), "时间": time, "内容": content, "次数": said}
    for label in draw(st.lists(st.sampled_from(LABELS[:5]), unique=True, max_size=2)):
        lines.pop(label)
    for label in draw(st.sets(st.sampled_from(LABELS[:5]), max_size=1)) & lines.keys():
        lines[label] = ""
    kind, has_count = kind if lines.get("内容") else "unknown", bool(lines.get("次数"))
    pairs, is_cut = draw(samples())
    is_sampled = draw(st.integers(0, 4)) or kind == "unknown"
    return Draft(
        kind,
        lines,
        window if has_count else None,
        count if has_count else None,
        pairs if is_sampled else draw(st.sampled_from([None, ()])),
        is_cut and bool(is_sampled),
        elided=draw(st.sampled_from(["", "……"])),
        guide=draw(st.none() | st.sampled_from(GUIDES)),
    )
