"""
Rebuild: the rows of a push into its attempts, each a tree of spans with its log lines. Pure.

An attempt is an outermost access span of a server with all that lies under it.
What has no such span above it is shown too: under the attempt of its trace, or
as an attempt of its own whose access span is a gap.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeGuard

from wxtrace.rebuild import grove, tree
from wxtrace.rebuild.attempt import AFTER_REPLY, Attempt, Node, Reply
from wxtrace.rebuild.clocks import clocks_of
from wxtrace.rebuild.grove import Clock, Grove
from wxtrace.rebuild.jobs import Lines, Whole, split
from wxtrace.rebuild.tries import CONSUMER
from wxtrace.row import LogRow, SpanRow, Tag


def rebuild(
    spans: Iterable[SpanRow],
    logs: Iterable[LogRow],
    now_ns: int,
    last_ns: Mapping[str, int] | None = None,
) -> tuple[Attempt, ...]:
    """
    Rebuild the attempts of all rows of a lookup, the earliest first.

    Args:
        spans: Rows in any order, stored once or twice.
        logs: Rows in any order, stored once or twice.
        now_ns: When the lookup is made, nanoseconds since the epoch; open spans end here.
        last_ns: Each writer's last record, as far as it is known beyond these rows.
    """
    once, lines = tree.spans_once(spans), tree.logs_once(logs)
    order = tree.order_of(once, lines)
    ordered = tree.in_order(once, order)
    clock = Clock(now_ns, last_records(ordered, lines, last_ns or {}))
    groves = grove.groves_of(ordered, clock)
    lines.sort(key=lambda log: (order.of(log.writer, log.seq, log.time_ns), log.event))
    shared, alone = _shared_out(groves, lines)
    attempts = [_of_grove(one, some, now_ns) for one, some in zip(groves, shared, strict=True)]
    return _numbered(attempts + [_of_lines(some) for some in alone])


def last_records(spans: Iterable[SpanRow], logs: Iterable[LogRow], known: Mapping[str, int]) -> dict[str, int]:
    """Return the last moment of each writer, by its rows and by what is *known* beyond them, nanoseconds."""
    last = dict(known)
    for span in spans:
        last[span.writer] = max(last.get(span.writer, span.start_ns), span.start_ns, span.end_ns or span.start_ns)
    for log in logs:
        last[log.writer] = max(last.get(log.writer, log.time_ns), log.time_ns)
    return last


def _shared_out(groves: Sequence[Grove], logs: Iterable[LogRow]) -> tuple[list[Lines], list[list[LogRow]]]:
    """Return the lines of each grove, and those that belong to none, by trace and push."""
    places: dict[tuple[str, str], tuple[int, int]] = {}
    groves_by: dict[object, list[int]] = defaultdict(list)
    for at, one in enumerate(groves):
        groves_by[one.trace_id].append(at)
        groves_by[one.tag].append(at)
        for place, node in enumerate(one.nodes):
            if node.span is not None:
                places.setdefault((one.trace_id, node.span_id), (at, place))
    shared: list[list[tuple[LogRow, int]]] = [[] for _ in groves]
    alone: dict[object, list[LogRow]] = defaultdict(list)
    for log in logs:
        push = Tag(log.openid, log.stamp, log.nonce)
        owner = places.get((log.trace_id or "", log.span_id or ""))
        if owner is None and (some := groves_by.get(log.trace_id) or groves_by.get(push)):
            owner = (_latest_before(groves, some, log.time_ns), 0)
        if owner is None:
            alone[log.trace_id or push].append(log)
        else:
            shared[owner[0]].append((log, owner[1]))
    lines = [Lines(tuple(log for log, _ in some), tuple(place for _, place in some)) for some in shared]
    return lines, list(alone.values())


def _latest_before(groves: Sequence[Grove], some: Sequence[int], time_ns: int) -> int:
    before = [at for at in some if groves[at].nodes[0].start_ns <= time_ns]
    return max(before or some, key=lambda at: (groves[at].nodes[0].start_ns, -at))


def _of_lines(logs: Sequence[LogRow]) -> Attempt:
    """Return an attempt of which nothing but log lines was found."""
    first, last = logs[0], logs[-1]
    start, end = min(log.time_ns for log in logs), max(log.time_ns for log in logs)
    return Attempt(
        push=0,
        number=1,
        after_first_ns=0,
        openid=first.openid,
        stamp=first.stamp,
        nonce=first.nonce,
        trace_id=first.trace_id or "",
        start_ns=start,
        end_ns=end,
        end_estimated=True,
        state="closed",
        http_status=None,
        status_assumed=False,
        reply=Reply(),
        after_reply_ns=None,
        service=last.service,
        host=last.host,
        pid=last.pid,
        writer=last.writer,
        recorded=False,
        nodes=(Node(None, "", None, 0, start, end, True),),
        lines=tuple(logs),
        line_nodes=(0,) * len(logs),
    )


def _of_grove(one: Grove, lines: Lines, now_ns: int) -> Attempt:
    top = one.nodes[0].span
    first = top or next(node.span for node in one.nodes if node.span is not None)
    start, end, estimated = _extent(one)
    status, assumed = status_of(top)
    parted = split(one.nodes, lines, Whole(end, one.recorded, one.recorded and not estimated, now_ns))
    return Attempt(
        push=0,
        number=1,
        after_first_ns=0,
        openid=one.tag.openid,
        stamp=one.tag.stamp,
        nonce=one.tag.nonce,
        trace_id=one.trace_id,
        start_ns=start,
        end_ns=end,
        end_estimated=estimated,
        state=first.state if top else _worst_state(one),
        http_status=status,
        status_assumed=assumed,
        reply=reply_of(top),
        after_reply_ns=_after_reply_ns(one),
        service=first.service,
        host=first.host,
        pid=first.pid,
        writer=first.writer,
        recorded=one.recorded,
        nodes=parted.nodes,
        lines=parted.lines.logs,
        line_nodes=parted.lines.nodes,
        jobs=parted.jobs,
        clocks=clocks_of(one.nodes),
    )


def _extent(one: Grove) -> tuple[int, int, bool]:
    """Return start and end of an attempt, and whether the end is an estimate: the last reply byte ends it."""
    top = one.nodes[0]
    if top.span is None:
        return min(node.start_ns for node in one.nodes), max(node.end_ns for node in one.nodes), True
    replied_ns, after = replied_ns_of(top.span), _after_reply(one)
    if replied_ns is not None:
        return top.start_ns, replied_ns, False
    if after is not None and after.start_ns <= top.end_ns:
        return top.start_ns, max(top.start_ns, after.start_ns), False
    return top.start_ns, top.end_ns, top.end_estimated


def replied_ns_of(top: SpanRow) -> int | None:
    """Return when the last byte of the reply was out, never before the start; None if the span's end tells it."""
    replied = top.attributes.get("wechat.reply.end_ns")
    return max(top.start_ns, replied) if _is_int(replied) else None


def _after_reply(one: Grove) -> Node | None:
    """Return what the app itself did after its reply; a service behind and a worker have replies of their own."""
    of_others: list[bool] = []
    for node in one.nodes:
        span = node.span
        is_other = span is not None and (span.kind == CONSUMER or tree.is_behind(span))
        of_others.append(is_other or (node.parent is not None and of_others[node.parent]))
        if span is not None and span.module == AFTER_REPLY and not of_others[-1]:
            return node
    return None


def _after_reply_ns(one: Grove) -> int | None:
    node = _after_reply(one)
    return None if node is None else node.end_ns - node.start_ns


def status_of(top: SpanRow | None) -> tuple[int | None, bool]:
    """Return the HTTP status that an access span tells, and whether it is assumed: of an exception it is 500."""
    if top is None:
        return None, False
    for key in ("http.response.status_code", "http.status_code"):
        status = top.attributes.get(key)
        if _is_int(status):
            return status, bool(top.attributes.get("wechat.status.assumed"))
    failed = top.state == "closed" and top.status_code == "ERROR"
    return (500, True) if failed and not top.attributes.get("wechat.disconnected") else (None, False)


def reply_of(top: SpanRow | None) -> Reply:
    """Return what WeChat got back, as an access span tells."""
    if top is None:
        return Reply()
    length, acceptable, reason = (
        top.attributes.get("wechat.reply." + key) for key in ("length", "acceptable", "reason")
    )
    return Reply(
        length if _is_int(length) else None,
        acceptable if isinstance(acceptable, bool) else None,
        None if reason is None else str(reason),
    )


def _worst_state(one: Grove) -> str:
    states = {node.span.state for node in one.nodes if node.span is not None}
    return next((state for state in ("crashed", "open") if state in states), "closed")


def _is_int(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _numbered(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """Return the attempts in order of arrival, counted within their push, the pushes counted from 0."""
    pushes: dict[Tag, int] = {}
    arrivals: dict[Tag, list[int]] = defaultdict(list)
    numbered = []
    for attempt in sorted(attempts, key=lambda one: (one.start_ns, one.writer, one.trace_id, one.end_ns)):
        push = Tag(attempt.openid, attempt.stamp, attempt.nonce)
        arrived = arrivals[push]
        if attempt.recorded:
            arrived.append(attempt.start_ns)
        numbered.append(
            replace(
                attempt,
                push=pushes.setdefault(push, len(pushes)),
                number=len(arrived) if attempt.recorded else 0,
                after_first_ns=attempt.start_ns - arrived[0] if arrived else 0,
            )
        )
    return tuple(numbered)
