"""
The vocabulary of the reading side: an attempt, the nodes of its tree, and its reply.
"""

from __future__ import annotations

from dataclasses import dataclass

from wxtrace.row import LogRow, SpanRow

AFTER_REPLY = "after_reply"
"""The module of the span that holds what an app does after the last byte of its reply."""


@dataclass(frozen=True, slots=True)
class Node:
    """
    A span in its place, or a gap where a record is missing (`span` is None).

    `parent` is the place of the parent among the attempt's nodes, None for the
    first. `end_ns` is estimated for a span that never ended: an
    open one ends at the lookup, a crashed one at its writer's last record.
    """

    span: SpanRow | None
    span_id: str
    parent: int | None
    depth: int
    start_ns: int
    end_ns: int
    end_estimated: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """What WeChat got back: its length in bytes, and whether WeChat would accept it; None for unknown."""

    length: int | None = None
    acceptable: bool | None = None
    reason: str | None = None


class Timed:
    """What an attempt's times and its stamp tell, however much of the attempt is known."""

    __slots__ = ()

    stamp: int | None
    start_ns: int
    end_ns: int

    @property
    def duration_ns(self) -> int:
        """From the arrival to the last byte of the reply; never negative."""
        return self.end_ns - self.start_ns

    @property
    def arrival_delay_ns(self) -> int | None:
        """The arrival less the stamp, as the clocks had it; None without a stamp."""
        return None if self.stamp is None else self.start_ns - self.stamp * 10**9


@dataclass(frozen=True, slots=True)
class Attempt(Timed):
    """
    One HTTP request of a push, rebuilt; times in nanoseconds since the epoch.

    `push` counts the pushes of a lookup from 0, `number` the attempts of a push
    from 1 (0 for one whose access span is missing). `nodes` are in the order of a walk from the top, parents before
    children; `lines[i]` belongs under `nodes[line_nodes[i]]`. `recorded` is
    False where the access span itself is missing.
    """

    push: int
    number: int
    after_first_ns: int
    openid: str | None
    stamp: int | None
    nonce: str | None
    trace_id: str
    start_ns: int
    end_ns: int
    end_estimated: bool
    state: str
    http_status: int | None
    status_assumed: bool
    reply: Reply
    after_reply_ns: int | None
    service: str
    host: str
    pid: int
    writer: str
    recorded: bool
    nodes: tuple[Node, ...]
    lines: tuple[LogRow, ...]
    line_nodes: tuple[int, ...]

    @property
    def spans(self) -> tuple[SpanRow, ...]:
        """The rows of the spans, in the order of the nodes."""
        return tuple(node.span for node in self.nodes if node.span is not None)

    @property
    def hung_up(self) -> bool:
        """Whether WeChat closed the connection before it had a reply."""
        top = self.nodes[0].span if self.nodes else None
        return top is not None and has_hung_up(top)


def has_hung_up(top: SpanRow) -> bool:
    """Say whether an access span tells that the connection was closed before there was a reply."""
    return top.attributes.get("wechat.disconnected") is True
