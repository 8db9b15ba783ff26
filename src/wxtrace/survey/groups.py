"""
What failures have in common: groups by module, event, host, worker, outcome. Pure.

An attempt is counted where it failed itself, a push where its worst attempt
did; so attempts and pushes of all groups add up to those of the window.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from wxtrace.errors import BadInput
from wxtrace.explain.events import told_kind
from wxtrace.rebuild.arrival import Arrival
from wxtrace.survey.window import Failure, Victim

Key = tuple[str | int | None, ...]

PAYMENT: Final = "payment"
"""The event of a push that is a payment's."""

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "module": ("layer", "module"),
    "event": ("event",),
    "host": ("host",),
    "worker": ("host", "pid", "writer"),
    "outcome": ("outcome",),
}
"""By what failures are grouped, and what the key of a group is made of."""

GROUPS_REMEDY: Final = "Give module, event, host, worker or outcome."


@dataclass(frozen=True, slots=True)
class Group:
    """
    Failures with one key.

    `worst_ns` is how long the longest attempt took; `outcomes` says how many attempts became what, the
    most first; `detail` is the statement, call or reason that most of them have.
    """

    key: Key
    pushes: int
    attempts: int
    worst_ns: int
    outcomes: tuple[tuple[str, int], ...]
    detail: str | None


def groups_of(victims: Iterable[Victim], what: str) -> tuple[Group, ...]:
    """
    Return the groups of all failures, the one with the most attempts first.

    Raises:
        BadInput: *what* is not one of `FIELDS`.
    """
    if what not in FIELDS:
        raise BadInput("what", what, GROUPS_REMEDY)
    key_of = _KEYS[what]
    failures: defaultdict[Key, list[Failure]] = defaultdict(list)
    pushes: Counter[Key] = Counter()
    for victim in victims:
        pushes[key_of(victim.worst)] += 1
        for failure in victim.failures:
            failures[key_of(failure)].append(failure)
    groups = (_group(key, pushes[key], some) for key, some in failures.items())
    return tuple(sorted(groups, key=lambda group: (-group.attempts, -group.pushes, str(group.key))))


def event_of(arrival: Arrival) -> str | None:
    """Return what kind of push it was, by its own name; None where its body could not be read."""
    return told_kind(arrival) or (PAYMENT if arrival.transaction_id is not None else None)


def _group(key: Key, pushes: int, failures: list[Failure]) -> Group:
    details = Counter(one.detail for one in failures if one.detail)
    return Group(
        key,
        pushes,
        len(failures),
        max(one.took_ns for one in failures),
        tuple(sorted(Counter(one.outcome for one in failures).items(), key=lambda pair: (-pair[1], pair[0]))),
        max(details, key=lambda detail: details[detail], default=None),
    )


_KEYS: Final[Mapping[str, Callable[[Failure], Key]]] = {
    "module": lambda one: (one.layer, one.module),
    "event": lambda one: (event_of(one.arrival),),
    "host": lambda one: (one.arrival.host,),
    "worker": lambda one: (one.arrival.host, one.arrival.pid, one.arrival.writer),
    "outcome": lambda one: (one.outcome,),
}
