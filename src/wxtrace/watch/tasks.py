"""Whose a task is: the request that is bound in its context."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Iterable
from contextvars import Context
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from wxtrace.tag import Request, request_in
from wxtrace.watch.breath import breath

Task = asyncio.Task[Any]
Loop = asyncio.AbstractEventLoop

_MAX_TASKS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Owned:
    """The tasks of some loops by the request that they work for; `nobodys` counts those that work for none."""

    by_request: dict[Request, list[Task]] = field(default_factory=dict)
    nobodys: int = 0


def request_of(task: Task) -> Request | None:
    """Return the request that *task* works for; None where its context tells of none."""
    context = context_of(task)
    return None if context is None else request_in(context)


def context_of(task: Task) -> Context | None:
    """Return the context in which *task* runs; in Python 3.11 no method tells it, but the task refers to it."""
    if sys.version_info >= (3, 12):
        return task.get_context()
    contexts = (held for held in gc.get_referents(task) if type(held) is Context)
    return next(contexts, None)


def owned_tasks(loops: Iterable[Loop], wanted: Iterable[Request]) -> Owned:
    """
    Return the tasks of *loops* that work for one of *wanted*.

    Args:
        loops: Running in any thread; at most 20,000 tasks of each are looked at.
        wanted: The requests whose tasks are looked for.
    """
    by_request: dict[Request, list[Task]] = {request: [] for request in wanted}
    nobodys = 0
    for loop in loops:
        for task in breath.over(islice(_all(loop), _MAX_TASKS)):
            request = request_of(task)
            if request is None:
                nobodys += 1
            elif request in by_request:
                by_request[request].append(task)
    return Owned(by_request, nobodys)


def _all(loop: Loop) -> Iterable[Task]:
    try:
        return asyncio.all_tasks(loop)
    except RuntimeError:  # too many came and went while they were counted
        return ()
