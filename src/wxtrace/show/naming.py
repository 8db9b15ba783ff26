"""
How the jobs of an attempt are called, so that each can be told from the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from wxtrace.rebuild.attempt import Job
from wxtrace.show.terminal import clean, cut
from wxtrace.show.words import Words

_ID_COLUMNS: Final = 40


def names_of(jobs: Sequence[Job], say: Words) -> dict[int, str]:
    """Return how each job is called, by its number; those of one name by queue or message too, where known."""
    queues, ids = _told(jobs, "queue"), _told(jobs, "message_id")
    names = {number: _name(tries, say) for number, tries in _by_number(jobs).items()}
    alike = _alike(names)
    names |= {number: _with_queue(names[number], queues.get(number), say) for number in alike}
    for number in _alike(names):
        if number in ids:
            names[number] = say("{job} (message {id})", job=names[number], id=cut(clean(ids[number]), _ID_COLUMNS))
    return names


def _name(tries: Sequence[Job], say: Words) -> str:
    return clean(tries[0].name).strip() or clean(tries[0].module).strip() or say("without a name")


def _with_queue(name: str, queue: str | None, say: Words) -> str:
    return (
        name
        if queue is None or clean(queue) in name
        else say("{job} (queue {queue})", job=name, queue=clean(queue))
    )


def _alike(names: Mapping[int, str]) -> list[int]:
    counted = Counter(names.values())
    return [number for number, name in names.items() if counted[name] > 1]


def _told(jobs: Iterable[Job], field: str) -> dict[int, str]:
    return {job.number: told for job in jobs if (told := getattr(job, field)) is not None}


def _by_number(jobs: Iterable[Job]) -> dict[int, list[Job]]:
    tries: dict[int, list[Job]] = {}
    for job in jobs:
        tries.setdefault(job.number, []).append(job)
    return tries
