"""
Work that several attempts of a push did: what changes something is done twice then. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from wxtrace.rebuild.attempt import AFTER_REPLY, Attempt, Node

_WRITES: Final = ("insert", "update", "delete", "replace", "merge")
_CHANGES: Final = frozenset(("POST", "PUT", "PATCH", "DELETE"))
_METHOD: Final = ("http.request.method", "http.method")
_URL: Final = ("url.full", "http.url")
_STATEMENT: Final = ("db.query.text", "db.statement", "db.query.summary")
_OUTSIDE_WORK: Final = frozenset(("access", "wait"))


@dataclass(frozen=True, slots=True)
class Repeated:
    """
    Work that more than one attempt did: of which module, by which attempts.

    `wrote` is the statement that writes, or the call that changes something; None where nothing tells that it does.
    """

    layer: str
    module: str
    attempts: tuple[int, ...]
    wrote: str | None = None


def repeated_in(attempts: Iterable[Attempt]) -> tuple[Repeated, ...]:
    """Return the modules that finished in more than one attempt, what changes something first."""
    done: defaultdict[tuple[str, str, str | None], dict[int, None]] = defaultdict(dict)
    for attempt in attempts:
        for node in attempt.all_nodes:
            if node.span is not None and _is_work(node):
                done[node.span.layer, node.span.module, _written(node)][attempt.number] = None
    writers = {(layer, module) for (layer, module, wrote), by in done.items() if wrote and len(by) > 1}
    again = [
        Repeated(layer, module, tuple(by), wrote)
        for (layer, module, wrote), by in done.items()
        if len(by) > 1 and (wrote or (layer, module) not in writers)
    ]
    return tuple(sorted(again, key=lambda one: one.wrote is None))


def _is_work(node: Node) -> bool:
    span = node.span
    return (
        span is not None
        and span.layer not in _OUTSIDE_WORK
        and span.module != AFTER_REPLY
        and span.state == "closed"
        and span.status_code != "ERROR"
    )


def _written(node: Node) -> str | None:
    """Return the statement of a span that writes, or the call that changes something."""
    told = node.span.attributes if node.span else {}
    texts = (*(told.get(key) for key in _STATEMENT), node.span.name if node.span else None)
    text = next((text for text in texts if isinstance(text, str) and text.strip()), "")
    return text if text.lstrip().lower().startswith(_WRITES) else _call(node)


def _call(node: Node) -> str | None:
    """Return method and URL of a request that changes something at another service; its query may differ."""
    if node.span is None or (node.span.kind != "CLIENT" and node.span.layer != "remote"):
        return None
    told, name = node.span.attributes, node.span.name
    method = next((str(told[key]) for key in _METHOD if key in told), name.partition(" ")[0]).upper()
    if method not in _CHANGES:
        return None
    url = next((str(told[key]) for key in _URL if key in told), name.partition(" ")[2])
    return f"{method} {url.partition('?')[0]}".strip()
