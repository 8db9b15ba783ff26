"""Answers for tests: of rows, without a store; and a store on disk that holds a push."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import journal_maker
from strategies import BASE_NS, OPENID, SECOND, STAMP, make_log, make_span

from wxtrace.lookup.found import Lookup
from wxtrace.lookup.look import look
from wxtrace.row import LogRow, SpanRow
from wxtrace.scan.evidence import Evidence, WriterSeen
from wxtrace.scan.hosts import hosts_of
from wxtrace.scan.scan import Scanned

NOW_NS = BASE_NS + 60 * SECOND
WRITER = WriterSeen(
    "web-1-7-0-abcd", "web-1", 7, True, BASE_NS - 90 * SECOND, NOW_NS, records=99, dropped=0, sealed_ns=None
)


def evidence(**changes: Any) -> Evidence:
    """Return the evidence of one living writer."""
    values: dict[str, Any] = {
        "writers": (WRITER,),
        "dropped": 0,
        "files": 3,
        "journals": 1,
        "window": (BASE_NS - 30 * SECOND, BASE_NS + 30 * SECOND),
        "damaged": (),
        "reason": None,
    }
    told = Evidence(**(values | changes))
    return told if told.reason is None else replace(told, hosts=hosts_of(told.writers, told.window, NOW_NS))


def answer(
    spans: Iterable[SpanRow] = (), logs: Iterable[LogRow] = (), candidates: Iterable[SpanRow] = (), **changes: Any
) -> Lookup:
    """Return what a lookup of `OPENID` and `STAMP` makes of these rows."""
    scanned = Scanned(tuple(spans), tuple(logs), tuple(candidates), evidence(**changes))
    return look(OPENID, STAMP, scanned, NOW_NS)


def slow_attempt(number: int = 0) -> list[SpanRow]:
    """Return an attempt that spends 5.3 of 5.6 s in a query; each further one comes 5 s later."""
    first, start = number * 10, BASE_NS + SECOND // 10 + 5 * number * SECOND
    same: dict[str, Any] = {"trace_id": f"{number + 1:032x}"}
    replied = {"http.response.status_code": 200, "wechat.reply.length": 7, "wechat.reply.acceptable": True}
    end = start + 56 * SECOND // 10
    query = {"db.query.text": "SELECT id, name FROM fan WHERE openid = ?"}
    return [
        make_span(first, start_ns=start, end_ns=end, attributes=replied | {"wechat.disconnected": True}, **same),
        make_span(first + 1, first, name="on_text 文本", start_ns=start + 3 * 10**6, end_ns=end - 10**7, **same),
        make_span(
            first + 2,
            first + 1,
            layer="storage",
            module="mysql",
            name="SELECT",
            start_ns=start + 10**7,
            end_ns=start + 531 * SECOND // 100,
            attributes=query,
            **same,
        ),
    ]


def slow_push() -> Lookup:
    """Return the answer to a push that was tried three times, each too slow, with two log lines."""
    logs = [
        make_log(
            1001,
            1,
            time_ns=BASE_NS + SECOND // 5,
            trace_id=f"{1:032x}",
            event="received",
            attributes={"msg_type": "text"},
        ),
        make_log(
            1009, 2, trace_id=f"{1:032x}", event="slow query", severity="warning", time_ns=BASE_NS + 5 * SECOND
        ),
    ]
    return answer([span for number in range(3) for span in slow_attempt(number)], logs)


def looping_push(loops: int = 4812) -> Lookup:
    """
    Return the answer to a push whose handler asks a database and a cache for each of so many fans, one by one.

    One query fails, one takes long, 120 fans are greeted, each by a call of another name, three lines are logged.
    """
    ms, spans, logs = 10**6, slow_attempt()[:2], []
    at, end = spans[1].start_ns + ms, spans[1].end_ns
    same: dict[str, Any] = {"trace_id": f"{1:032x}", "kind": "CLIENT"}
    query = {"db.query.text": "SELECT id, name, city FROM fan WHERE openid = ?"}
    for turn in range(loops):
        took = 700 * ms if turn == loops // 2 else (8 + turn % 5) * ms // 10
        failed = {"status_code": "ERROR", "status_message": "Deadlock"} if turn == loops // 3 else {}
        asked = {"layer": "storage", "module": "mysql", "name": "SELECT fan", "start_ns": at, "end_ns": at + took}
        spans.append(make_span(len(spans), 1, attributes=query, **asked, **failed, **same))
        if turn % 40 == 0:
            greeted = {
                "layer": "remote",
                "module": "crm",
                "name": f"POST /greet/{turn}",
                "start_ns": at + took // 2,
            }
            spans.append(make_span(len(spans), 1, end_ns=at + (30 + turn % 7) * ms, **greeted, **same))
        at = min(at + took, end - 2 * ms)
    for seq, (event, severity) in enumerate([("loaded", "info"), ("deadlock, tried again", "warning")]):
        logs.append(
            make_log(
                9000 + seq,
                1,
                time_ns=BASE_NS + (seq + 1) * SECOND,
                event=event,
                severity=severity,
                trace_id=same["trace_id"],
            )
        )
    return answer(spans, logs)


def deferred_spans() -> list[SpanRow]:
    """
    Return an attempt answered in 12 ms, and what became of what it left to workers.

    Of one job the first worker died and the second sent the answer; another failed; one waits for a worker.
    A service behind was asked on the way, whose clock is two seconds behind.
    """
    start, ms = BASE_NS + SECOND // 10, 10**6
    replied = {"http.response.status_code": 200, "wechat.reply.length": 7, "wechat.reply.acceptable": True}
    behind = {"service": "crm", "host": "web-9", "pid": 90, "writer": "web-9-90-0-eeee"}

    def sent(number: int, at_ms: int, name: str) -> SpanRow:
        """Return the span of a message that was sent by the handler."""
        place = {"layer": "remote", "module": "rabbitmq", "kind": "PRODUCER", "name": f"{name} publish"}
        return make_span(number, 1, start_ns=start + at_ms * ms, end_ns=start + at_ms * ms + ms // 2, **place)

    def job(number: int, parent: int, worker: int, at_ms: int, took_ms: int | None, **changes: Any) -> SpanRow:
        """Return the span of a job on a worker; without a duration its worker died."""
        name = {"module": "reply_later", "name": "reply_later", "kind": "CONSUMER", "service": "worker"}
        place = {"host": f"web-{worker}", "pid": 70 + worker, "writer": f"web-{worker}-7-0-dddd"}
        begin = start + at_ms * ms
        end = {"end_ns": None, "state": "crashed"} if took_ms is None else {"end_ns": begin + took_ms * ms}
        return make_span(number, parent, start_ns=begin, **name | place | end | changes)

    return [
        make_span(0, start_ns=start, end_ns=start + 12 * ms, attributes=replied),
        make_span(1, 0, name="on_text 文本", start_ns=start + 2 * ms, end_ns=start + 11 * ms),
        make_span(
            2,
            1,
            layer="remote",
            module="crm",
            kind="CLIENT",
            name="POST /members",
            start_ns=start + 3 * ms,
            end_ns=start + 5 * ms,
        ),
        make_span(
            3,
            2,
            layer="access",
            module="asgi",
            kind="SERVER",
            name="POST /members",
            start_ns=start - 1996 * ms,
            end_ns=start - 1995 * ms,
            attributes={"wxtrace.carried": True},
            **behind,
        ),
        sent(4, 6, "reply_later"),
        sent(5, 7, "count"),
        sent(6, 8, "archive"),
        job(10, 4, 2, 20, None),
        job(11, 4, 3, 3_000, 7_100),
        job(12, 11, 3, 3_100, 6_400, layer="storage", module="mysql", name="SELECT", kind="CLIENT"),
        job(
            13,
            11,
            3,
            9_600,
            450,
            layer="remote",
            module="api.weixin.qq.com",
            name="POST /cgi-bin/message/custom/send",
            kind="CLIENT",
            attributes={"wechat.errcode": 0},
        ),
        job(
            14,
            5,
            2,
            15,
            40,
            module="count",
            name="count",
            status_code="ERROR",
            status_message="ConnectionError: no counter",
        ),
    ]


def deferred_push() -> Lookup:
    """Return the answer to a push whose work was left to workers, with a log line of the request and of a job."""
    worker = {"host": "web-3", "pid": 73, "writer": "web-3-7-0-dddd", "service": "worker"}
    late = make_log(20, 11, time_ns=BASE_NS + 9 * SECOND, event="answer sent", module="reply_later", **worker)
    return answer(deferred_spans(), [make_log(7, 1, event="left to a worker"), late])


def make_store(folder: Path, *records: bytes) -> Path:
    """Make a store whose journal holds *records*, or one push that was answered well, and return it."""
    good = {"http.response.status_code": 200, "wechat.reply.acceptable": True, "wechat.reply.length": 7}
    pushed = (
        journal_maker.span(
            1, layer="access", module="asgi", name="POST /wechat", span_kind="SERVER", attributes=good
        ),
        journal_maker.span(2, parent=1, duration_ns=500_000),
        journal_maker.log(3, span_id=2),
    )
    journal_maker.make_writer(folder / "journal", records or pushed)
    return folder
