"""What a lookup by an alarm says of what did not come, from the store to the answer."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import store_maker
from strategies import SECOND, STAMP, make_span

import wxtrace
from wxtrace.store import schema

FROM_NS, TO_NS = (STAMP - 100) * SECOND, (STAMP + 500) * SECOND
NOBODY = "oNobodyEverWroteThisOpenid000"
ALARM = """Appid: wx1234567890abcdef
昵称: 面馆
时间: 2025-04-21 18:31:15
内容: {content}
次数: 5分钟 40次
错误样例: [{openid}OuterIP=81.69.1.3][IP=1.2.3.4][Msg=Text]
"""
MARK_FAIL = "微信服务器向公众号推送消息或事件后，发生多次失败后，暂时不推送消息，一分钟后解除屏蔽"
CONNECT = "微信服务器连接公众号开发者服务器时发生超时，超时时间为5秒"


def pushes(seconds: list[int], slow: range = range(0)):
    """Return an access span for each second after `STAMP`, of as many users; those of *slow* took six seconds."""
    drawn = random.Random(3)
    for number, second in enumerate(seconds):
        start_ns = (STAMP + second) * SECOND + drawn.randrange(SECOND)
        yield make_span(
            number,
            openid=f"o{number:027d}",
            stamp=STAMP + second,
            nonce=f"n{number}",
            trace_id=f"{number + 1:032x}",
            start_ns=start_ns,
            end_ns=start_ns + (6 * SECOND if second in slow else SECOND // 30),
            attributes={
                "http.response.status_code": 200,
                "wechat.msg_type": "text",
                "client.address": f"81.69.1.{number % 5}",
                "wechat.reply.acceptable": True,
            },
        )


def stored(store: Path, seconds: list[int], *hosts: tuple[str, int, int], slow: range = range(0)) -> None:
    """Write pushes into a store in which writers of *hosts* say from when to when they recorded."""
    said = [
        schema.FileWriter(f"{host}-7-0-abcd", host, 7, first_ns, last_ns, len(seconds), 0)
        for host, first_ns, last_ns in hosts
    ]
    store_maker.write(store, list(pushes(seconds, slow)), metadata=schema.metadata(said))


def find(store: Path, content: str, openid: str = ""):
    """Look up what an alarm means."""
    return wxtrace.find(alarm=ALARM.format(content=content, openid=openid), store=store)


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the verdict in English, whatever the locale is."""
    monkeypatch.setenv("WXTRACE_LANG", "en")


def answers(found) -> dict[str, tuple[str, str]]:
    """Return state and answer of each of the guide's checks."""
    return {step.check: (step.state, step.answer) for step in found.steps}


def test_a_minute_without_pushes_is_what_mark_fail_looks_like(tmp_path: Path) -> None:
    """Forty slow replies, a minute of nothing, and pushes again: the pause is found, and what it was for."""
    stored(tmp_path, [*range(100), *range(161, 299)], ("web-1", FROM_NS, TO_NS), slow=range(60, 100))

    found = find(tmp_path, MARK_FAIL)

    [(first_ns, last_ns)] = found.around.pauses
    assert (99, 161) == (first_ns // SECOND - STAMP, last_ns // SECOND - STAMP)
    assert {
        "pause": ("bad", "paused"),
        "failures": ("bad", "some_failed"),
        "reply": ("ok", "accepted"),
    }.items() <= (answers(found).items())


def test_a_minute_in_which_a_host_did_not_record_is_none(tmp_path: Path) -> None:
    """The same silence, but the only host recorded nothing in it: nobody can tell."""
    stored(
        tmp_path,
        [*range(100), *range(161, 299)],
        ("web-1", FROM_NS, (STAMP + 101) * SECOND),
        slow=range(60, 100),
    )

    found = find(tmp_path, MARK_FAIL)

    assert () == found.around.pauses
    assert (("unknown", "quiet_or_unrecorded"), ("bad", "not_recorded")) == (
        answers(found)["pause"],
        answers(found)["recording"],
    )


@pytest.mark.parametrize(
    ("last_ns", "case", "told"),
    [(TO_NS, "never_arrived", ""), ((STAMP + 5) * SECOND, "cannot_know", "web-2 has no records between")],
    ids=["both recorded", "one did not"],
)
def test_every_host_must_have_recorded(tmp_path: Path, last_ns: int, case: str, told: str) -> None:
    """A push that is in no store never arrived only if both hosts recorded; else the one that did not is named."""
    stored(tmp_path, [*range(0, 290, 3)], ("web-1", FROM_NS, TO_NS), ("web-2", FROM_NS, last_ns))

    found = find(tmp_path, CONNECT, f"OpenID={NOBODY}][Stamp={STAMP}][")

    assert ((), case, True) == (found.attempts, found.verdict.case, told in found.verdict.text)
    assert case == found.evidence.reason
    assert ("ok", "outer_ip_seen") == answers(found)["firewall"]
