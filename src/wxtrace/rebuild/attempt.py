"""
The vocabulary of the reading side: an attempt, the nodes of its tree, its reply, and its jobs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

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


class Timeline(Protocol):
    """What has a beginning, an end, and spans and log lines in it: an attempt, or a job by itself."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The spans in the order of a walk from the top, parents before children."""

    @property
    def lines(self) -> tuple[LogRow, ...]:
        """The log lines."""

    @property
    def line_nodes(self) -> tuple[int, ...]:
        """For each line the place of its node."""

    @property
    def start_ns(self) -> int:
        """When it begins, nanoseconds since the epoch."""

    @property
    def end_ns(self) -> int:
        """When it ends, nanoseconds since the epoch."""

    @property
    def end_estimated(self) -> bool:
        """Whether the end is an estimate."""

    @property
    def duration_ns(self) -> int:
        """From the one to the other."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The spans and lines of a job by itself: the first node is the job's own span."""

    nodes: tuple[Node, ...]
    lines: tuple[LogRow, ...]
    line_nodes: tuple[int, ...]

    @property
    def start_ns(self) -> int:
        """When the job began."""
        return self.nodes[0].start_ns

    @property
    def end_ns(self) -> int:
        """When it ended."""
        return self.nodes[0].end_ns

    @property
    def end_estimated(self) -> bool:
        """Whether it never ended, so that its end is an estimate."""
        return self.nodes[0].end_estimated

    @property
    def duration_ns(self) -> int:
        """How long it ran; never negative."""
        return self.end_ns - self.start_ns


PUBLISHED: Final = "published"
"""The state of a job that was sent, and that no worker is known to have taken."""


@dataclass(frozen=True, slots=True)
class Job:
    """
    What a request left to a worker; times in nanoseconds since the epoch, as each host's clock had them.

    `number` counts the jobs of an attempt from 1, `attempt` how often this one was tried, from 1. `state` is
    that of its span, or `PUBLISHED`: then service, host, pid, writer, start and end are None, and `waiting_ns` is
    how long it has been waiting by now. `published_ns` is None where the sending was not recorded as such.
    `after_reply_ns` runs from the last byte of the reply to the job's start; None where there was no reply.
    `in_request` says that its spans are among those of the attempt: it ended before the reply, or there is none.
    `queue` and `message_id` are None where its library does not tell them.
    """

    number: int
    attempt: int
    name: str
    module: str
    queue: str | None
    message_id: str | None
    service: str | None
    host: str | None
    pid: int | None
    writer: str | None
    span_id: str
    published_ns: int | None
    start_ns: int | None
    end_ns: int | None
    end_estimated: bool
    after_reply_ns: int | None
    waiting_ns: int | None
    state: str
    status_code: str
    error: str | None
    in_request: bool
    tree: Tree | None

    @property
    def duration_ns(self) -> int | None:
        """How long it ran; None for one that nobody has taken."""
        return None if self.start_ns is None or self.end_ns is None else self.end_ns - self.start_ns


@dataclass(frozen=True, slots=True)
class ClockBound:
    """
    How far the clock of *host* is ahead of that of *other*, as one called the other: negative for behind.

    It is proven: what was called seems to lie outside of the call. None for an end that nothing tells.
    """

    host: str
    other: str
    at_least_ns: int | None
    at_most_ns: int | None


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
    False where the access span itself is missing. `jobs` are what it left to workers, by their start: one that
    ran on after the reply has its nodes and lines to itself. `clocks` are those of hosts that are proven to be off.
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
    jobs: tuple[Job, ...] = ()
    clocks: tuple[ClockBound, ...] = ()

    @property
    def all_nodes(self) -> tuple[Node, ...]:
        """The nodes of the attempt, then those of the jobs that ran on after its reply."""
        return (*self.nodes, *(node for tree in self._trees() for node in tree.nodes))

    @property
    def spans(self) -> tuple[SpanRow, ...]:
        """The rows of all spans, those of the jobs last."""
        return tuple(node.span for node in self.all_nodes if node.span is not None)

    @property
    def logs(self) -> tuple[LogRow, ...]:
        """All log lines, those of the jobs last."""
        return (*self.lines, *(log for tree in self._trees() for log in tree.lines))

    @property
    def hung_up(self) -> bool:
        """Whether WeChat closed the connection before it had a reply."""
        top = self.nodes[0].span if self.nodes else None
        return top is not None and has_hung_up(top)

    def _trees(self) -> Iterator[Tree]:
        return (job.tree for job in self.jobs if job.tree is not None and not job.in_request)


def has_hung_up(top: SpanRow) -> bool:
    """Say whether an access span tells that the connection was closed before there was a reply."""
    return top.attributes.get("wechat.disconnected") is True
