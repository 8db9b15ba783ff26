"""The alarm that WeChat posts into the account's group, in its own wording."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from wxtrace.demo.pushes import PATH, Account, Push

_SHANGHAI = timezone(timedelta(hours=8))


def timeout_alarm(account: Account, push: Push, port: int, count: int) -> str:
    """
    Return the alarm of a push that was not answered in time.

    Args:
        account: To whom the push went.
        push: The push.
        port: Where the server listens, on 127.0.0.1.
        count: How many attempts failed.
    """
    when = datetime.fromtimestamp(push.stamp, UTC).astimezone(_SHANGHAI)
    url = f"http://127.0.0.1:{port}{PATH}"
    who = f"[OpenID={push.openid}][Stamp={push.stamp}]"
    where = f"[OuterIP=127.0.0.1][3rdUrl={url}][IP=127.0.0.1]"
    return "\n".join(
        (
            f"Appid: {account.appid}",
            f"昵称: {account.nickname}",
            f"时间: {when:%Y-%m-%d %H:%M:%S}",
            "内容: 微信服务器向公众号推送消息或事件后，开发者5秒内没有返回",
            f"次数: 5分钟 {count}次",
            f"错误样例: {who}{where}{push.kind.label}",
            "报警排查指引，请见: https://mmbizurl.cn/s/MpkaZb8yg",
        )
    )
