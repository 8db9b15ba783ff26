"""What the lookups of a run say, beside what the ledger of its workers says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import wxtrace
from scenarios.jobs.ledger import Entries
from scenarios.jobs.work import STEP
from wxtrace.demo.pushes import Push
from wxtrace.rebuild.attempt import Job
from wxtrace.row import LogRow, SpanRow


class Killed(Protocol):
    """What was done to the workers: how often one was killed, and the processes that did not end by themselves."""

    @property
    def kills(self) -> int:
        """How often."""

    @property
    def ended(self) -> Collection[int]:
        """The processes."""


@dataclass(frozen=True, slots=True)
class Judged:
    """
    What came of a run.

    Args:
        broker: Over which.
        pushes: How many were sent, and looked up.
        kills: How many processes were killed with jobs in hand.
        attempts: How many attempts at jobs the ledger has.
        found: How many of them the lookup of their push shows.
        more: How many further attempts the lookups show: each was in the hands of a worker that was killed
            before it wrote into its ledger. Any other one is in `wrong`.
        again: How many pushes had their job attempted more than once.
        lines, lines_found: Log lines of the ledger, and how many of them are found under their push.
        mixed: What is shown under a push and says that it is of another one.
        wrong: What a lookup shows otherwise than the ledger has it.
        seconds: How long it took, but for the lookups.
    """

    broker: str
    pushes: int
    kills: int
    attempts: int
    found: int
    more: int
    again: int
    lines: int
    lines_found: int
    mixed: int
    wrong: tuple[str, ...]
    seconds: float

    @property
    def right(self) -> bool:
        """Whether all is found, and nothing mixed up."""
        return (self.attempts, self.lines, 0, ()) == (self.found, self.lines_found, self.mixed, self.wrong)


@dataclass(frozen=True, slots=True)
class Shown:
    """
    What the lookup of one push shows.

    Args:
        openid: Whose push.
        jobs: The attempts at its job by span id: process, state.
        numbers: The numbers that it gives to the attempts: of the job, and of the attempt at it.
        lines: Openid and number of the log lines.
        strangers: How many rows say that they are of another push, or stand below no job.
    """

    openid: str
    jobs: dict[str, tuple[int | None, str]]
    numbers: tuple[tuple[int, int], ...]
    lines: frozenset[tuple[str, str]]
    strangers: int


def look_up(push: Push, store: Path) -> Shown:
    """Look up a push."""
    found = wxtrace.find(openid=push.openid, stamp=push.stamp, store=store)
    attempts = [attempt.rebuilt for attempt in found.attempts]
    jobs = [job for attempt in attempts for job in attempt.jobs]
    spans = [span for attempt in attempts for span in attempt.spans]
    lines = [line for attempt in attempts for line in attempt.logs]
    rows: list[SpanRow | LogRow] = [*spans, *lines]
    told = [(row.openid, row.attributes.get("job", push.openid)) for row in rows]
    return Shown(
        push.openid,
        {job.span_id: (job.pid, job.state) for job in jobs},
        tuple((job.number, job.attempt) for job in jobs),
        frozenset((push.openid, str(line.attributes.get("number"))) for line in lines),
        sum(one != (push.openid, push.openid) for one in told) + _misplaced(spans, jobs),
    )


def _misplaced(spans: Sequence[SpanRow], jobs: Sequence[Job]) -> int:
    """Return how many steps do not stand below a job."""
    begun = {job.span_id for job in jobs}
    return sum(span.module == STEP and span.parent_span_id not in begun for span in spans)


def judge(
    broker: str, pushes: Sequence[Push], entries: Entries, crew: Killed, store: Path, seconds: float
) -> Judged:
    """Look up each push, and compare."""
    shown = [look_up(push, store) for push in pushes]
    of_push: dict[str, set[str]] = {push.openid: set() for push in pushes}
    for openid, span_id in entries.began:
        of_push[openid].add(span_id)
    found = sum(len(of_push[one.openid] & one.jobs.keys()) for one in shown)
    further = {one.openid: one.jobs.keys() - of_push[one.openid] for one in shown}
    lines = {line for one in shown for line in one.lines}
    return Judged(
        broker,
        len(pushes),
        crew.kills,
        len(entries.began),
        found,
        sum(map(len, further.values())),
        sum(len(jobs) > 1 for jobs in of_push.values()),
        len(entries.said),
        len(entries.said & lines),
        sum(one.strangers for one in shown),
        tuple(line for one in shown for line in _wrong(one, further[one.openid], entries, crew.ended)),
        seconds,
    )


def _wrong(shown: Shown, further: Collection[str], entries: Entries, ended: Collection[int]) -> list[str]:
    """Say what a lookup shows otherwise than it was."""
    wrong = []
    expected = [(1, attempt) for attempt in range(1, len(shown.jobs) + 1)]
    if sorted(shown.numbers) != expected:
        wrong.append(f"{shown.openid}: the attempts at its job are numbered {shown.numbers}")
    for span_id, (pid, state) in shown.jobs.items():
        job = shown.openid, span_id
        if span_id in further and state not in ("open", "crashed"):
            wrong.append(f"{shown.openid}: the job {span_id} of {pid} is {state}, and the ledger does not have it")
        elif job in entries.began - entries.ended and state == "closed":
            wrong.append(f"{shown.openid}: the job {span_id} of {pid} was broken off, and is shown as done")
        elif job in entries.ended and state != "closed" and pid not in ended:
            wrong.append(f"{shown.openid}: the job {span_id} of {pid} was done, and is shown as {state}")
    return wrong
