"""
What a request left to workers: its jobs, cut out of its tree where they ran on after the reply. Pure.

A job is a span of kind CONSUMER. One below another is a job of its own where the upper one sent it, where
another process ran it, or where the upper one had ended. What nobody waited for is no part of
the attempt, however long it runs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from wxtrace.rebuild.attempt import PUBLISHED, Job, Node, Tree
from wxtrace.rebuild.failed import error_of
from wxtrace.rebuild.tries import CONSUMER, PRODUCER, Tries, id_of, is_sent, name_of, queue_of, span_of
from wxtrace.row import LogRow


class Lines(NamedTuple):
    """Log lines, and for each the place of its node."""

    logs: tuple[LogRow, ...]
    nodes: tuple[int, ...]


class Whole(NamedTuple):
    """What of its attempt a job is measured by; `replied` says that the end is the reply's."""

    end_ns: int
    recorded: bool
    replied: bool
    now_ns: int


@dataclass(frozen=True, slots=True)
class Split:
    """The nodes and lines of an attempt itself, and its jobs."""

    nodes: tuple[Node, ...]
    lines: Lines
    jobs: tuple[Job, ...]


def split(nodes: tuple[Node, ...], lines: Lines, whole: Whole) -> Split:
    """Return what is the attempt's own, and its jobs by their start, of all nodes and lines below its top."""
    owners = owners_of(nodes)
    heads = sorted({owner for owner in owners if owner is not None})
    waiting = _not_taken(nodes)
    if not heads and not waiting:
        return Split(nodes, lines, ())
    apart = _apart(heads, owners, nodes, whole)
    places: dict[int | None, list[int]] = defaultdict(list)
    own = []
    for place, owner in enumerate(owners):
        places[owner].append(place)
        if owner not in apart:
            own.append(place)
    jobs = [_job(_tree(places[head], nodes, lines), nodes, head, head not in apart, whole) for head in heads]
    jobs += [_waiting(nodes[place], whole) for place in waiting]
    tree = _tree(own, nodes, lines)
    return Split(tree.nodes, Lines(tree.lines, tree.line_nodes), _numbered(jobs, nodes, owners, [*heads, *waiting]))


def owners_of(nodes: Sequence[Node]) -> list[int | None]:
    """Return for each node the place of the span that begins the job which it belongs to; None for no job."""
    owners: list[int | None] = []
    delivered: dict[tuple[int | None, str], int] = {}
    for place, node in enumerate(nodes):
        above = None if node.parent is None else owners[node.parent]
        is_begun, sent = node.span is not None and node.span.kind == CONSUMER, is_sent(node, nodes)
        if not is_begun or (above is not None and not sent and _is_within(node, nodes[above])):
            owners.append(above)
        else:
            message = node.parent, span_of(node).writer
            around = delivered.get(message) if sent else None
            is_same = around is not None and _is_within(node, nodes[around])
            owners.append(around if is_same else place)
            delivered[message] = around if is_same and around is not None else place
    return owners


def in_jobs(nodes: Sequence[Node]) -> frozenset[int]:
    """Return the places of all that workers did."""
    return frozenset(place for place, owner in enumerate(owners_of(nodes)) if owner is not None)


def _is_within(node: Node, other: Node) -> bool:
    """Say whether a consumer is the same delivery as another: of one process, and before that ended."""
    same = node.span is not None and other.span is not None and node.span.writer == other.span.writer
    return same and other.start_ns <= node.start_ns < max(other.end_ns, other.start_ns + 1)


def _apart(
    heads: Sequence[int], owners: Sequence[int | None], nodes: Sequence[Node], whole: Whole
) -> frozenset[int | None]:
    """Return the jobs that are no part of the attempt: what ran on after it, perhaps, or by a clock that is off."""
    apart: set[int | None] = set()
    for head in heads:
        node = nodes[head]
        above = None if node.parent is None else owners[node.parent]
        is_unknown = node.end_estimated and whole.replied
        runs_on = is_unknown or node.end_ns > whole.end_ns or node.start_ns >= whole.end_ns
        if whole.recorded and (above in apart or runs_on or _precedes_its_sender(node, nodes)):
            apart.add(head)
    return frozenset(apart)


def _precedes_its_sender(node: Node, nodes: Sequence[Node]) -> bool:
    above = None if node.parent is None else nodes[node.parent]
    if above is None or above.span is None or node.span is None:
        return False
    return node.start_ns < above.start_ns and node.span.host != above.span.host


def _tree(places: Sequence[int], nodes: Sequence[Node], lines: Lines) -> Tree:
    """Return the nodes at *places* as a tree of their own; one whose parent is elsewhere stands below the first."""
    at = {place: number for number, place in enumerate(places)}
    moved: list[Node] = []
    for place in places:
        node = nodes[place]
        parent = at.get(-1 if node.parent is None else node.parent, 0) if moved else None
        depth = 0 if parent is None else moved[parent].depth + 1
        moved.append(replace(node, parent=parent, depth=depth))
    told = [(log, at[place]) for log, place in zip(*lines, strict=True) if place in at]
    return Tree(tuple(moved), tuple(log for log, _ in told), tuple(place for _, place in told))


def _job(tree: Tree, nodes: Sequence[Node], head: int, in_request: bool, whole: Whole) -> Job:
    node = nodes[head]
    span = span_of(node)
    sender = nodes[node.parent] if is_sent(node, nodes) and node.parent is not None else None
    return Job(
        number=1,
        attempt=1,
        name=name_of(span),
        module=span.module,
        queue=queue_of(span),
        message_id=id_of(span),
        service=span.service,
        host=span.host,
        pid=span.pid,
        writer=span.writer,
        span_id=span.span_id,
        published_ns=None if sender is None else sender.start_ns,
        start_ns=node.start_ns,
        end_ns=node.end_ns,
        end_estimated=node.end_estimated,
        after_reply_ns=node.start_ns - whole.end_ns if whole.replied else None,
        waiting_ns=None,
        state=span.state,
        status_code=span.status_code,
        error=error_of(span, tree.lines),
        in_request=in_request,
        tree=tree,
    )


def _waiting(node: Node, whole: Whole) -> Job:
    """Return the job that a message stands for which no worker is known to have taken."""
    span = span_of(node)
    return Job(
        number=1,
        attempt=1,
        name=name_of(span),
        module=span.module,
        queue=queue_of(span),
        message_id=id_of(span),
        service=None,
        host=None,
        pid=None,
        writer=None,
        span_id=span.span_id,
        published_ns=node.start_ns,
        start_ns=None,
        end_ns=None,
        end_estimated=False,
        after_reply_ns=None,
        waiting_ns=max(0, whole.now_ns - node.start_ns),
        state=PUBLISHED,
        status_code=span.status_code,
        error=error_of(span),
        in_request=False,
        tree=None,
    )


def _not_taken(nodes: Sequence[Node]) -> list[int]:
    """Return the places of the messages that no worker is known to have taken, by the outermost span of each."""
    sent: list[bool] = []
    taken: set[int] = set()
    outermost = []
    for place, node in enumerate(nodes):
        kind = None if node.span is None else node.span.kind
        above = node.parent is not None and sent[node.parent]
        sent.append(kind == PRODUCER or (above and kind != CONSUMER))
        if kind == PRODUCER and not above and node.span is not None and node.span.state == "closed":
            outermost.append(place)
        at: int | None = place if kind == CONSUMER else None
        while at is not None and at not in taken:
            taken.add(at)
            at = nodes[at].parent
    return [place for place in outermost if place not in taken]


def _numbered(
    jobs: Sequence[Job], nodes: Sequence[Node], owners: Sequence[int | None], places: Sequence[int]
) -> tuple[Job, ...]:
    """Return the jobs by their start, each with its number, and how often it had been tried by then."""
    tries = Tries(nodes, owners)
    order = sorted(range(len(jobs)), key=lambda at: (nodes[places[at]].start_ns, places[at]))
    numbered: list[Job] = []
    count = 0
    for at in order:
        before = tries.before(places[at])
        count += before is None
        number, attempt = (count, 1) if before is None else (before.number, before.attempt + 1)
        job = replace(jobs[at], number=number, attempt=attempt)
        tries.add(job, places[at])
        numbered.append(job)
    return tuple(numbered)
