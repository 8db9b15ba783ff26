"""Arrivals and alarms for tests: each says only what matters to it."""

from __future__ import annotations

from typing import Any

from strategies import OPENID, SECOND, STAMP, TRACE

from wxtrace.alarm.alarm import Alarm
from wxtrace.rebuild.arrival import Arrival
from wxtrace.rebuild.attempt import Reply

WELL = Reply(7, True, None)
WHEN = "2025-04-21 18:31:15"
"""`STAMP` as alarms print it, in UTC+8."""


def make_arrival(after: float = 0.1, took: float = 0.2, **changes: Any) -> Arrival:
    """Return an attempt that came *after* seconds after its stamp and was answered well, *took* seconds later."""
    start_ns = (changes.get("stamp") or STAMP) * SECOND + round(after * SECOND)
    values: dict[str, Any] = {
        "openid": OPENID,
        "stamp": STAMP,
        "nonce": "n1",
        "trace_id": TRACE,
        "service": "wx-callback",
        "host": "web-1",
        "pid": 7,
        "writer": "web-1-7-0-abcd",
        "number": 1,
        "after_first_ns": 0,
        "start_ns": start_ns,
        "end_ns": start_ns + round(took * SECOND),
        "end_estimated": False,
        "state": "closed",
        "http_status": 200,
        "status_assumed": False,
        "reply": WELL,
        "hung_up": False,
        "event": None,
        "msg_type": "text",
        "msg_id": None,
        "info_type": None,
        "appid": None,
        "transaction_id": None,
        "client": None,
        "server": None,
        "path": "/wechat",
    }
    return Arrival(**(values | changes))


def make_alarm(kind: str = "request_timeout", **sample: str | None) -> Alarm:
    """Return an alarm of `WHEN`; the sample's names are those of the brackets, ``thirdUrl`` for ``3rdUrl``."""
    said = {{"thirdUrl": "3rdUrl"}.get(name, name): value for name, value in sample.items()}
    stamp = said.get("Stamp")
    return Alarm(
        kind,
        time=WHEN,
        window_minutes=5,
        count=30,
        sample=said,
        openid=said.get("OpenID"),
        stamp=None if stamp is None else int(stamp),
    )
