"""
Which job is an earlier one tried again: what tells one delivery of a message from another. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wxtrace.rebuild.attempt import Job, Node
from wxtrace.row import SpanRow

PRODUCER, CONSUMER = "PRODUCER", "CONSUMER"
_NAMES: Final = ("celery.task_name",)
_IDS: Final = ("celery.task_id", "messaging.message.id", "messaging.message_id")
_QUEUES: Final = ("messaging.destination.name",)


class Tries:
    """Knows of a job whether it is an earlier one again: by its id, by who sent it, or as that one went wrong."""

    def __init__(self, nodes: Sequence[Node], owners: Sequence[int | None]) -> None:
        self._nodes = nodes
        self._owners = owners
        self._known: dict[tuple[object, ...], tuple[Job, str | None]] = {}

    def before(self, place: int) -> Job | None:
        """Return the latest of the earlier ones that the job at *place* is again; None for none."""
        node = self._nodes[place]
        span = span_of(node)
        own_id, name = id_of(span), name_of(span)
        if own_id is not None and (same := self._known.get(("id", own_id, name))):
            return same[0]
        if span.kind != CONSUMER:
            return None
        above = None if node.parent is None else self._owners[node.parent]
        for key in (("job", above, name), ("sent", span.parent_span_id, name)):
            known = self._known.get(key)
            if known is None or (own_id is not None and known[1] is not None):
                continue
            went_wrong = known[0].status_code == "ERROR" or known[0].state == "crashed"
            if key[0] == "job" or went_wrong or is_sent(node, self._nodes):
                return known[0]
        return None

    def add(self, job: Job, place: int) -> None:
        """Know a job from now on."""
        span = span_of(self._nodes[place])
        if span.kind == CONSUMER:
            own_id = id_of(span)
            for key in (("id", own_id), ("job", place), ("sent", span.parent_span_id)):
                self._known[(*key, name_of(span))] = job, own_id


def is_sent(node: Node, nodes: Sequence[Node]) -> bool:
    """Say whether a node is what became of a message: it stands right below the sending."""
    above = None if node.parent is None else nodes[node.parent].span
    return above is not None and above.kind == PRODUCER


def span_of(node: Node) -> SpanRow:
    """
    Return the span of a node that is none of the gaps.

    Raises:
        ValueError: It is a gap.
    """
    if node.span is None:
        msg = "a gap is no job"
        raise ValueError(msg)
    return node.span


def name_of(span: SpanRow) -> str:
    """Return how a job is called: by its library, else by its span."""
    return text_of(span.attributes, _NAMES) or span.name


def id_of(span: SpanRow) -> str | None:
    """Return the id of a job's message, if its library tells it."""
    return text_of(span.attributes, _IDS)


def queue_of(span: SpanRow) -> str | None:
    """Return the queue or subject that a job's message was sent to, if its library tells it."""
    return text_of(span.attributes, _QUEUES)


def text_of(attributes: Mapping[str, Any], keys: Sequence[str]) -> str | None:
    """Return the first of some attributes that says anything, as text."""
    return next((str(attributes[key]) for key in keys if attributes.get(key)), None)
