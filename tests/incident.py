"""The push of the pictures, with one of everything: made up, and found by its alarm in a store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import store_maker
from snapshots import frames, snapshot
from strategies import make_log, make_span

import wxtrace
from wxtrace.lookup.found import Lookup
from wxtrace.row import LogRow, SpanRow
from wxtrace.store import schema

OPENID = "oMENU_made_up_0000000000042a"
STAMP = 1_795_413_705
MS = 10**6
BEGIN = STAMP * 1000 * MS
TIMES = 230
"""How often the handler asks for one coupon, a query each."""
ALARM = f"""Appid: wx00000000000000aa
昵称: 面馆演示号
时间: 2026-11-23 14:01:45
内容: 微信服务器向公众号推送消息或事件后，开发者5秒内没有返回
次数: 5分钟 791次
错误样例: [OpenID={OPENID}][Stamp={STAMP}][OuterIP=203.0.113.7]\
[3rdUrl=http://wx.example.com/callback][IP=198.51.100.20][Msg=CLICK][Event=CLICK]
"""
_QUERY = {"db.query.text": "SELECT id, title, ends_at FROM coupon WHERE fan_id = ? AND coupon_id = ?"}
_FAN = {"db.query.text": "SELECT id, name, since FROM fan WHERE openid = ?"}
_GOOD = {"http.response.status_code": 200, "wechat.reply.length": 583, "wechat.reply.acceptable": True}
_CLICK = {"wechat.msg_type": "event", "wechat.event": "CLICK", "wechat.event_key": "MY_COUPONS"}
_CAME = {"url.path": "/callback", "client.address": "198.51.100.20", "http.request.method": "POST", **_CLICK}
_WORKER = {"host": "worker-1", "pid": 88, "writer": "worker-1-88-0-bbbb", "service": "worker"}
_STACK = """Traceback (most recent call last):
  File "/srv/noodles/reply/menu.py", line 88, in on_click
    await messages.remind(fan)
  File "/srv/noodles/remote/messages.py", line 41, in remind
    response.raise_for_status()
httpx.HTTPStatusError: Server error '502 Bad Gateway'"""


def incident(folder: Path) -> Lookup:
    """Return what the alarm finds in a store that is made in *folder*: three attempts, the first two too late."""
    rows = [*_late(0), *_late(1), *_answered(2), *_job()]
    names = {(row.writer, row.host, row.pid) for row in rows}
    hour = (BEGIN - 1_800_000 * MS, BEGIN + 1_800_000 * MS)
    writers = [schema.FileWriter(*name, *hour, len(rows), 0) for name in sorted(names)]
    store_maker.write(folder, rows, metadata=schema.metadata(writers))
    return wxtrace.find(alarm=ALARM, store=folder)


def _late(number: int) -> Iterator[SpanRow | LogRow]:
    """Yield an attempt that asks for every coupon by itself, and is answered after more than five seconds."""
    begin, first = BEGIN + (240 + 5000 * number) * MS, 1000 * number
    told = _CAME | _GOOD | {"wechat.disconnected": True}
    yield _span(first, None, begin, 5620, name="POST /callback", attributes=told)
    yield _span(first + 1, first, begin + 4 * MS, 5610, module="reply.menu", name="on_click 我的优惠券")
    yield _line(first + 900, first + 1, begin + 5 * MS, "menu.clicked", attributes={"key": "MY_COUPONS"})
    yield _span(first + 2, first + 1, begin + 6 * MS, 2, "storage", "redis", "GET session")
    yield _span(first + 3, first + 1, begin + 9 * MS, 12, "storage", "mysql", "SELECT fan", attributes=_FAN)
    yield _span(first + 4, first + 1, begin + 22 * MS, 310, "wait", "pool mysql", "waited for a connection")
    at = begin + 335 * MS
    for each in range(TIMES):
        took = 18 + each * 7 % 5 + (240 if each == 171 else 0)
        yield _span(first + 10 + each, first + 1, at, took, "storage", "mysql", "SELECT coupon", attributes=_QUERY)
        at += (took + 1) * MS
    yield _line(first + 880, first + 1, at, "coupons.loaded", severity="warning", attributes={"count": TIMES})
    yield _span(
        *(first + 890, first + 1, at, 160, "remote", "api.weixin.qq.com", "POST /cgi-bin/message/template/send"),
        attributes={"http.response.status_code": 502, "server.address": "api.weixin.qq.com"},
        status_code="ERROR",
        status_message="HTTPStatusError",
    )
    told = {"exception.type": "httpx.HTTPStatusError", "exception.message": "Server error '502 Bad Gateway'"}
    told |= {"exception.stacktrace": _STACK}
    yield _line(first + 902, first + 1, at + 161 * MS, "reminder.failed", severity="error", attributes=told)
    yield _snapshot(first, begin)


def _answered(number: int) -> Iterator[SpanRow]:
    """Yield the last attempt, which finds its answer in a cache, and leaves work to a job."""
    begin, first = BEGIN + (240 + 5000 * number) * MS, 1000 * number
    yield _span(first, None, begin, 212, name="POST /callback", attributes=_CAME | _GOOD)
    yield _span(first + 1, first, begin + 4 * MS, 200, module="reply.menu", name="on_click 我的优惠券")
    yield _span(first + 2, first + 1, begin + 6 * MS, 190, "storage", "redis", "GET coupons")
    yield _span(first + 3, first + 1, begin + 198 * MS, 2, "remote", "rabbitmq", "remind publish", kind="PRODUCER")


def _job() -> Iterator[SpanRow | LogRow]:
    """Yield the job that the last attempt has left to a worker."""
    begin = BEGIN + 11_400 * MS
    send = ("remote", "api.weixin.qq.com", "POST /cgi-bin/message/custom/send")
    yield _span(2500, 2003, begin, 1850, "logic", "remind", "remind", kind="CONSUMER", **_WORKER)
    yield _span(2501, 2500, begin + 40 * MS, 700, "storage", "mysql", "SELECT fan", attributes=_FAN, **_WORKER)
    yield _span(2502, 2500, begin + 760 * MS, 1060, *send, attributes={"wechat.errcode": 0}, **_WORKER)
    yield _line(2903, 2500, begin + 1830 * MS, "reminder.sent", module="remind", **_WORKER)


def _snapshot(first: int, begin: int) -> LogRow:
    """Return what the request was doing when it was four and a half seconds old."""
    stack = frames(
        "on_click reply/menu.py:71", "coupon_of storage/coupons.py:33", "Cursor.execute aiomysql/cursors.py:239"
    )
    task = {
        "name": "Task-42",
        "frames": stack,
        "awaits": "StreamReader.readexactly",
        "call": "cursor.execute(ONE)",
    }
    shot = snapshot(first + 903, 0, first + 1, tasks=[task], mark_s=4.5, age_ns=4500 * MS, in_flight=61)
    own = _line(first + 903, first + 1, begin + 4500 * MS, shot.event, severity="warning", logger="wxtrace.watch")
    return replace(own, attributes=shot.attributes)


def _span(
    number: int,
    parent: int | None,
    begin_ns: int,
    took_ms: int,
    layer: str = "logic",
    module: str = "asgi",
    name: str = "",
    **changes: Any,
) -> SpanRow:
    place = {} if parent is None else {"layer": layer, "module": module}
    same = _tag(number) | place | {"name": name, "start_ns": begin_ns, "end_ns": begin_ns + took_ms * MS}
    return make_span(number, parent, **(same | changes))


def _line(seq: int, span: int, time_ns: int, event: str, **changes: Any) -> LogRow:
    return make_log(seq, span, **(_tag(seq) | {"event": event, "time_ns": time_ns} | changes))


def _tag(number: int) -> dict[str, Any]:
    """Return what is the same in all rows of an attempt, by a row's number."""
    return {"openid": OPENID, "stamp": STAMP, "nonce": "1795", "trace_id": f"{number // 1000 + 1:032x}"}
