"""
Alarms of random fields come back from `parse`, however they were pasted; whatever else is pasted does no harm.

What is parsed here is made by `alarm_writer.py` and damaged by `alarm_damage.py`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address
from typing import Any, Final

from alarm.alarm_damage import Layout, Paste, pastes, written
from alarm.alarm_writer import LABELS, PLATFORM, Draft, Truth, drafts
from hypothesis import given, settings

from wxtrace.alarm.alarm import Alarm
from wxtrace.alarm.parse import parse
from wxtrace.errors import NoAlarm

MUTATED: Final = 20_000
"""Mutated inputs of a test run; with each change of the parser 100,000 are run by hand."""
SEED: Final = 20_141_201

OFFICIAL: Final = Draft(
    "request_timeout",
    {
        "Appid": "wxxxxxx",
        "昵称": "WxNickName",
        "时间": "2014-12-01 20:12:00",
        "内容": "微信服务器向公众号推送消息或事件后，开发者5秒内没有返回",
        "次数": "5分钟 1272次",
    },
    5,
    1272,
    (("IP", "203.205.140.29"), ("Event", "UnSubscribe")),
)


def said(alarm: Alarm) -> Truth:
    """Return what was read; which line ends a page has is no part of it."""
    sample = alarm.sample
    if sample is not None:
        sample = {key: value and value.replace("\r\n", "\n") for key, value in sample.items()}
    return Truth(
        alarm.kind,
        alarm.appid,
        alarm.nickname,
        alarm.time,
        alarm.content,
        alarm.window_minutes,
        alarm.count,
        sample,
        alarm.openid,
        alarm.stamp,
    )


def concluded(alarm: Alarm) -> dict[str, Any]:
    """Return what an alarm concludes from its fields."""
    names = "moment_ns window_ns event msg msg_type outer_ip ip url url_path url_host transaction_id http_status"
    names += " curl_error decrypt_failed reply_length reply_content platform is_openid_masked openid_start"
    return {name: getattr(alarm, name) for name in names.split()}


def conclusions(draft: Draft) -> dict[str, Any]:
    """Return what is to be concluded from a draft."""
    said = {key.lower(): value for key, value in draft.pairs or ()}
    moment = _moment(draft.lines.get("时间"))
    openid, url = said.get("openid"), said.get("3rdurl") or said.get("3rdurl10")
    host, slash, path = (url or "").removeprefix("https://").removeprefix("http://").split("?")[0].partition("/")
    host, path = said.get("host") or host.removesuffix(":8080"), slash + path
    return {
        "moment_ns": moment,
        "window_ns": moment and (moment, moment + (draft.window_minutes or 5) * 60 * 10**9),
        **{name: said.get(name.replace("_", "")) for name in ("event", "msg", "msg_type")},
        "outer_ip": _address(said.get("outerip")),
        "ip": _address(said.get("ip")),
        "url": url,
        "url_path": None if not path or "*" in path else path,
        "url_host": None if not host or "*" in host else host,
        "transaction_id": said.get("transaction_id"),
        "http_status": _number(said.get("http code")),
        "curl_error": _number(said.get("curl error")),
        "decrypt_failed": True if "decrypt fail" in said else None,
        "reply_length": _number(said.get("response_length")),
        "reply_content": said.get("response_content", said.get("resp")),
        "platform": said.get(PLATFORM),
        "is_openid_masked": None if openid is None else "*" in openid,
        "openid_start": (openid.split("*")[0] or None) if openid and "*" in openid else None,
    }


def _moment(time: str | None) -> int | None:
    if not time:
        return None
    form = "%Y-%m-%d %H:%M:%S" if time.count(":") == 2 else "%Y-%m-%d %H:%M"
    return (
        (datetime.strptime(time, form) - timedelta(hours=8) - datetime(1970, 1, 1)) // timedelta(seconds=1) * 10**9
    )


def _address(text: str | None) -> str | None:
    try:
        return str(IPv4Address(text or ""))
    except ValueError:
        return None


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def test_writer():
    """The writer writes the official example as the guide has it."""
    assert (
        "Appid: wxxxxxx\n昵称: WxNickName\n时间: 2014-12-01 20:12:00\n"
        "内容: 微信服务器向公众号推送消息或事件后，开发者5秒内没有返回\n"
        "次数: 5分钟 1272次\n错误样例: [IP=203.205.140.29][Event=UnSubscribe]"
    ) == written(OFFICIAL, Layout())


@given(drafts())
@settings(max_examples=300, deadline=None)
def test_clean(draft):
    """An alarm as WeChat writes it is read whole, and nothing of it is told to be unread."""
    (alarm,) = parse(written(draft, Layout()))
    has_unreadable = draft.elided or any("*" in value or value == "123.456.123.456" for value in draft.values)

    assert draft.truth == said(alarm)
    assert has_unreadable or () == alarm.unread


@given(drafts())
@settings(max_examples=200, deadline=None)
def test_conclusions(draft):
    """What an alarm concludes from its fields is what the fields say."""
    (alarm,) = parse(written(draft, Layout()))

    assert conclusions(draft) == concluded(alarm)


@given(pastes())
@settings(max_examples=600, deadline=None)
def test_pasted(paste):
    """However alarms were pasted, their fields come back, in their order."""
    assert list(paste.truths) == [said(alarm) for alarm in parse(paste.text)]


def pasted(count: int) -> list[str]:
    """Return texts of *count* pastes, the same in every run."""
    texts = []

    @settings(max_examples=count, derandomize=True, database=None, deadline=None)
    @given(pastes())
    def keep(paste: Paste) -> None:
        texts.append(paste.text)

    keep()
    return texts


Mutation = Callable[[random.Random, str], str]


def _flipped(chance: random.Random, text: str) -> str:
    content = bytearray(text.encode("utf-8", "replace"))
    for _ in range(chance.randint(1, 20)):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return content.decode("utf-8", "replace")


def _cut(chance: random.Random, text: str) -> str:
    first, last = sorted(chance.choices(range(len(text) + 1), k=2))
    return chance.choice([text[:first], text[first:], text[:first] + text[last:]])


def _doubled(chance: random.Random, text: str) -> str:
    first, last = sorted(chance.choices(range(len(text) + 1), k=2))
    times = 30 if last - first < 20 else 1
    return text[:last] + text[first:last] * times + text[last:]


def _unbracketed(chance: random.Random, text: str) -> str:
    return "".join(char for char in text if char not in "[]<>" or chance.randrange(2))


def _shuffled(chance: random.Random, text: str) -> str:
    lines = text.split("\n")
    chance.shuffle(lines)
    return "\n".join(lines)


def _littered(chance: random.Random, text: str) -> str:
    litter = [
        *(label + ":" for label in LABELS),
        "[",
        "]",
        "][",
        "=",
        "> ",
        "...",
        "\n",
        "\r",
        "\x00",
        "\ud800",
        "９",
    ]
    litter += ["9" * 30, "报警排查指引", "分钟", "次", "[第三方平台:", "[OpenID=", "[Stamp="]
    for _ in range(chance.randint(1, 8)):
        at = chance.randint(0, len(text))
        text = text[:at] + chance.choice(litter) * chance.choice([1, 1, 2, 40]) + text[at:]
    return text


MUTATIONS: Final[Sequence[Mutation]] = (_flipped, _cut, _doubled, _unbracketed, _shuffled, _littered)


def mutated(count: int) -> list[str]:
    """Return *count* pastes, each mutated once to three times, the same in every run."""
    chance, texts = random.Random(SEED), pasted(100)
    found = []
    for _ in range(count):
        text = chance.choice(texts)
        for mutate in chance.choices(MUTATIONS, k=chance.randint(1, 3)):
            text = mutate(chance, text) or "\n"
        found.append(text)
    return found


def test_mutated():
    """Whatever is pasted is alarms or none: nothing else is raised."""
    for text in mutated(MUTATED):
        try:
            assert parse(text)
        except NoAlarm:
            pass
