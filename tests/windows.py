"""
Whole windows for tests: pushes as a plan says they went, as rows, and stores of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import journal_maker
import store_maker
from hypothesis import strategies as st
from strategies import BASE_NS, SECOND, STAMP, make_span

from wxtrace.row import SpanRow

FIRST_NS = BASE_NS
LAST_NS = BASE_NS + 300 * SECOND
FIRST, LAST = FIRST_NS / SECOND, LAST_NS / SECOND
NOW_NS = BASE_NS + 900 * SECOND
WRITERS = (("web-1", 7), ("web-1", 8), ("web-2", 9))
EVENTS: tuple[dict[str, Any], ...] = (
    {"wechat.msg_type": "event", "wechat.event": "CLICK"},
    {"wechat.msg_type": "text"},
    {},
)
MODULES = (("storage", "mysql"), ("remote", "api.weixin.qq.com"), ("logic", "reply.menu"))
QUERY = "SELECT id, name FROM fan WHERE openid = ?"
GOOD = {"http.response.status_code": 200, "wechat.reply.length": 7, "wechat.reply.acceptable": True}
BAD = GOOD | {"wechat.reply.acceptable": False, "wechat.reply.reason": "quoted success"}

TOOK_S = {"answered": 0.5, "too_late": 5.5, "hung_up": 4.0, "refused": 0.5, "no_reply": 0.5, "crashed": 0.0}
"""How long an attempt takes that goes so; a crashed one never ends."""
SAYS = {"too_late": GOOD, "answered": GOOD, "refused": BAD, "no_reply": {}, "crashed": {}}
SAYS["hung_up"] = GOOD | {"wechat.disconnected": True}


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt as it is planned: when after `FIRST_NS`, how it went, where, and mostly in which module."""

    after_s: float
    went: str
    worker: int = 0
    module: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """One push as it is planned; its stamp is that of the first attempt."""

    tries: tuple[Try, ...]
    event: int = 0


INCIDENT = [
    Plan((Try(60, "too_late"), Try(65, "answered"))),
    Plan((Try(61, "crashed", 1), Try(66, "answered", 2)), 1),
    Plan((Try(62, "refused", 2, 2),), 1),
    Plan((Try(63, "answered"),)),
    Plan((Try(-3, "too_late"), Try(3, "answered"))),
    Plan((Try(299.5, "hung_up", 0, 1), Try(304.5, "answered"))),
    Plan((Try(310, "answered"),)),
]
"""Pushes of a window and of a little before and after it."""


def writer_of(worker: int) -> str:
    """Return the name of a worker's writer."""
    host, pid = WRITERS[worker]
    return f"{host}-{pid}-0-abcd"


def rows_of(plans: Sequence[Plan]) -> list[SpanRow]:
    """Return the spans of all pushes: of each attempt the request, its logic and what that calls."""
    numbered = enumerate((push, plan, one) for push, plan in enumerate(plans) for one in plan.tries)
    return [row for number, (push, plan, one) in numbered for row in _attempt(number, push, plan, one)]


def _attempt(number: int, push: int, plan: Plan, one: Try) -> list[SpanRow]:
    start, took = FIRST_NS + int(one.after_s * SECOND), int(TOOK_S[one.went] * SECOND)
    host, pid = WRITERS[one.worker]
    same: dict[str, Any] = {
        "openid": f"oPUSH{push}",
        "stamp": STAMP + math.floor(plan.tries[0].after_s),
        "trace_id": f"{number + 1:032x}",
        "host": host,
        "pid": pid,
        "writer": writer_of(one.worker),
    }
    layer, module = MODULES[one.module]
    calls = {"db.query.text": QUERY} if module == "mysql" else {}
    ids = range(1000 + number * 3, 1003 + number * 3)
    is_over = one.went != "crashed"
    unfinished = {} if is_over else {"state": "crashed", "end_ns": None}

    def at(share: float) -> int:
        return start + int(share * took)

    def lasting(begin: float, end: float) -> dict[str, Any]:
        return same | {"start_ns": at(begin), "end_ns": at(end)} | unfinished

    return [
        make_span(ids[0], attributes=EVENTS[plan.event] | SAYS[one.went], **lasting(0, 1)),
        make_span(ids[1], ids[0], **lasting(0.01, 0.99)),
        make_span(ids[2], ids[1], layer=layer, module=module, name=module, attributes=calls, **lasting(0.05, 0.95)),
    ]


def write_journals(store: Path, rows: Sequence[SpanRow]) -> None:
    """Write *rows* to the journals of their writers, which are dead; what never ended is among the open spans."""
    for worker in range(len(WRITERS)):
        own = [row for row in rows if row.writer == writer_of(worker)]
        ended = sorted((row for row in own if row.end_ns is not None), key=lambda row: row.end_ns or 0)
        begun = [store_maker.packed(row) for row in own if row.end_ns is None]
        packed = [store_maker.packed(row) for row in ended]
        journal_maker.make_writer(store / "journal", packed, writer=writer_of(worker), begun=begun, size=1 << 18)


@st.composite
def plans(draw: st.DrawFn, max_pushes: int = 8) -> list[Plan]:
    """Draw pushes of one to three attempts, five seconds apart, some of them before and after the window."""
    return [_plan(draw) for _ in range(draw(st.integers(0, max_pushes)))]


def _plan(draw: st.DrawFn) -> Plan:
    first = draw(st.sampled_from([-20, -3, 0, 1, 30, 120, 293, 296, 299, 300, 310]))
    tries = []
    for number in range(draw(st.integers(1, 3))):
        went = draw(st.sampled_from(sorted(TOOK_S)))
        worker = draw(st.integers(0, len(WRITERS) - 1))
        tries.append(Try(first + 5.25 * number + 0.125, went, worker, draw(st.integers(0, len(MODULES) - 1))))
    return Plan(tuple(tries), draw(st.integers(0, len(EVENTS) - 1)))
