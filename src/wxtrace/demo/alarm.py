"""The alarm that WeChat posts into the account's group, in its own wording."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from wxtrace.demo.pushes import PATH, Account, Push
from wxtrace.demo.sender import Attempt

MAX_CONTENT: Final = 700
"""Characters of a reply that an alarm shows; of a longer one it drops the closing bracket too."""

_SHANGHAI = timezone(timedelta(hours=8))
_UNCONNECTED: Final = "微信服务器连接公众号开发者服务器时发生超时，超时时间为5秒"
_UNANSWERED: Final = "微信服务器向公众号推送消息或事件后，开发者5秒内没有返回"
_REFUSED: Final = "微信服务器向公众号推送消息或事件后，得到的回应不合法"
_CURL_REFUSED, _CURL_EMPTY, _CURL_RESET = 7, 52, 56


@dataclass(frozen=True, slots=True)
class Entrance:
    """
    The way by which a push was sent.

    Args:
        url: As on the account's page.
        ip: The address that the URL's host stands for.
        outer_ip: The address from which WeChat sends.
    """

    url: str
    ip: str
    outer_ip: str


def timeout_alarm(account: Account, push: Push, port: int, count: int) -> str:
    """
    Return the alarm of a push that was not answered in time.

    Args:
        account: To whom the push went.
        push: The push.
        port: Where the server listens, on 127.0.0.1.
        count: How many attempts failed.
    """
    entrance = Entrance(f"http://127.0.0.1:{port}{PATH}", "127.0.0.1", "127.0.0.1")
    return alarm(account, push, Attempt(0, None, b"", timed_out=True), entrance, count)


def alarm(
    account: Account, push: Push, failed: Attempt, entrance: Entrance, count: int, *, decrypts: bool = True
) -> str:
    """
    Return the alarm of a push, by what the sender saw.

    Args:
        account: To whom the push went.
        push: The push.
        failed: Its first attempt that failed.
        entrance: The way that this attempt took.
        count: How many attempts failed.
        decrypts: Whether the sender could decrypt the reply, if it got one.
    """
    when = datetime.fromtimestamp(push.stamp, UTC).astimezone(_SHANGHAI)
    who = f"[OpenID={push.openid}][Stamp={push.stamp}]"
    where = f"[OuterIP={entrance.outer_ip}][3rdUrl={entrance.url}]"
    return "\n".join(
        (
            f"Appid: {account.appid}",
            f"昵称: {account.nickname}",
            f"时间: {when:%Y-%m-%d %H:%M:%S}",
            f"内容: {_content(failed)}",
            f"次数: 5分钟 {count}次",
            f"错误样例: {who}{where}{_seen(push, failed, entrance, decrypts)}",
            "报警排查指引，请见: https://mmbizurl.cn/s/MpkaZb8yg",
        )
    )


def _content(failed: Attempt) -> str:
    if failed.timed_out:
        return _UNANSWERED if failed.connected else _UNCONNECTED
    return _REFUSED


def _seen(push: Push, failed: Attempt, entrance: Entrance, decrypts: bool) -> str:
    label, number = push.kind.label, "1" if push.kind.name == "text" else "20000"
    if failed.timed_out:
        return f"[IP={entrance.ip}]{label}"
    typed = f"[IP={entrance.ip}][MsgType={number}]{label}"
    if failed.status is None:
        return f"{typed}[cURL Error={_curl_error(failed)}]"
    if failed.status != 200:
        return f"{typed}[http code={failed.status}]"
    head = f"{label}[ip={entrance.ip}]" if decrypts else f"{typed}[decrypt fail]"
    return f"{head}[response_length={len(failed.reply)}]{_shown(failed.reply.decode('utf-8', 'replace'))}"


def _curl_error(failed: Attempt) -> int:
    if not failed.connected:
        return _CURL_REFUSED
    return _CURL_RESET if failed.was_reset else _CURL_EMPTY


def _shown(reply: str) -> str:
    return (
        f"[response_content={reply}]"
        if len(reply) <= MAX_CONTENT
        else f"[response_content={reply[:MAX_CONTENT]}..."
    )
