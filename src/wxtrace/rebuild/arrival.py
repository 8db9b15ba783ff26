"""
Arrivals: the attempts of a whole window, each by its access span alone. Pure.

A lookup rebuilds one push out of all its spans. Of thirty thousand it is enough
to know when each attempt came, from where, what it was, and what it got.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wxtrace.rebuild import tree
from wxtrace.rebuild.attempt import Reply, Timed, has_hung_up
from wxtrace.rebuild.grove import Clock
from wxtrace.rebuild.trace import last_records, replied_ns_of, reply_of, status_of
from wxtrace.row import SpanRow

Push = tuple[object, ...]
"""What the attempts of one push have in common."""


@dataclass(frozen=True, slots=True)
class Arrival(Timed):
    """
    One attempt of a push as its access span tells of it; times in nanoseconds since the epoch.

    `number` counts the attempts of its push from 1, among those that were given;
    `after_first_ns` is how long after the first of them it came. `end_ns` is the last byte of the
    reply, an estimate for what is open or crashed. The last nine are the span's attributes,
    None where it has none.
    """

    openid: str | None
    stamp: int | None
    nonce: str | None
    trace_id: str
    service: str
    host: str
    pid: int
    writer: str
    number: int
    after_first_ns: int
    start_ns: int
    end_ns: int
    end_estimated: bool
    state: str
    http_status: int | None
    status_assumed: bool
    reply: Reply
    hung_up: bool
    event: str | None
    msg_type: str | None
    msg_id: str | None
    info_type: str | None
    appid: str | None
    transaction_id: str | None
    client: str | None
    server: str | None
    path: str | None

    @property
    def push(self) -> Push:
        """What all attempts of its push share: the tag; for a payment its transaction; else it stands alone."""
        if self.stamp is not None:
            return (self.openid, self.stamp, self.nonce)
        if self.transaction_id is not None:
            return (self.transaction_id,)
        return (self.trace_id, self.writer, self.start_ns)


def arrivals_of(spans: Iterable[SpanRow], now_ns: int, last_ns: Mapping[str, int]) -> tuple[Arrival, ...]:
    """
    Return the attempts that access spans tell of, the earliest first.

    Of a proxy's access span and the app's within it the outer one is the attempt; a service behind got no push.

    Args:
        spans: Rows in any order, stored once or twice; those that are no access spans of pushes are left out.
        now_ns: When the lookup is made, nanoseconds since the epoch; open spans end here.
        last_ns: Each writer's last record, as far as it is known beyond these rows.
    """
    access = tree.spans_once(span for span in spans if tree.is_arrival(span))
    clock = Clock(now_ns, last_records(access, (), last_ns))
    arrivals = [_arrival(outer, inner, clock) for outer, inner in _outer_ones(access)]
    return _numbered(sorted(arrivals, key=lambda one: (one.start_ns, one.writer, one.trace_id, one.end_ns)))


def _outer_ones(spans: Sequence[SpanRow]) -> list[tuple[SpanRow, list[SpanRow]]]:
    """Return the access spans that lie in no other one of their trace, and what lies in each."""
    of_trace: defaultdict[str, list[SpanRow]] = defaultdict(list)
    for span in spans:
        of_trace[span.trace_id].append(span)
    alone: list[tuple[SpanRow, list[SpanRow]]] = [(some[0], []) for some in of_trace.values() if len(some) == 1]
    return alone + [pair for some in of_trace.values() if len(some) > 1 for pair in _outer_of_trace(some)]


def _outer_of_trace(spans: list[SpanRow]) -> list[tuple[SpanRow, list[SpanRow]]]:
    outer: list[tuple[SpanRow, list[SpanRow]]] = []
    for span in sorted(spans, key=lambda span: (span.start_ns, -(span.end_ns or 1 << 63), span.seq)):
        around = next((pair for pair in outer if _lies_in(span, pair)), None)
        if around is None:
            outer.append((span, []))
        else:
            around[1].append(span)
    return outer


def _lies_in(span: SpanRow, pair: tuple[SpanRow, list[SpanRow]]) -> bool:
    """Say whether *span* is below another; what stands between them is not known here, so times decide too."""
    outer, inner = pair
    if span.parent_span_id is None:
        return False
    if any(span.parent_span_id == other.span_id for other in (outer, *inner)):
        return True
    return outer.end_ns is None or span.start_ns < outer.end_ns


def _arrival(span: SpanRow, inner: Sequence[SpanRow], clock: Clock) -> Arrival:
    end_ns, estimated = clock.end_of(span)
    replied_ns = replied_ns_of(span)
    status, assumed = status_of(span)
    facts = _facts([span, *inner])
    tagged = next((one for one in (span, *inner) if one.stamp is not None), span)
    return Arrival(
        openid=tagged.openid,
        stamp=tagged.stamp,
        nonce=tagged.nonce,
        trace_id=span.trace_id,
        service=span.service,
        host=span.host,
        pid=span.pid,
        writer=span.writer,
        number=1,
        after_first_ns=0,
        start_ns=span.start_ns,
        end_ns=end_ns if replied_ns is None else replied_ns,
        end_estimated=estimated and replied_ns is None,
        state=span.state,
        http_status=status,
        status_assumed=assumed,
        reply=reply_of(span),
        hung_up=has_hung_up(span),
        event=_text(facts, "wechat.event"),
        msg_type=_text(facts, "wechat.msg_type"),
        msg_id=_text(facts, "wechat.msg_id"),
        info_type=_text(facts, "wechat.info_type"),
        appid=_text(facts, "wechat.appid"),
        transaction_id=_text(facts, "wechat.transaction_id"),
        client=_text(facts, "client.address"),
        server=_text(facts, "server.address"),
        path=_text(facts, "url.path"),
    )


def _facts(spans: Sequence[SpanRow]) -> dict[str, Any]:
    """Return the attributes of all *spans*; what the outer ones say holds: a proxy has not read the body."""
    if len(spans) == 1:
        return spans[0].attributes
    facts: dict[str, Any] = {}
    for span in reversed(spans):
        facts.update(span.attributes)
    return facts


def _text(facts: Mapping[str, Any], key: str) -> str | None:
    value = facts.get(key)
    return None if value is None else str(value)


def _numbered(arrivals: Iterable[Arrival]) -> tuple[Arrival, ...]:
    firsts: dict[Push, tuple[int, int]] = {}
    numbered = []
    for one in arrivals:
        first_ns, count = firsts.get(one.push, (one.start_ns, 0))
        firsts[one.push] = (first_ns, count + 1)
        numbered.append(replace(one, number=count + 1, after_first_ns=one.start_ns - first_ns) if count else one)
    return tuple(numbered)
