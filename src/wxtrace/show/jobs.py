"""
The jobs of an attempt: a sentence each after the verdict, a section of their own, and JSON.

A job takes seconds where its request took milliseconds, so each has its own waterfall, with its own scale.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from typing import Any, Final

from wxtrace.explain.worked import last_in, most_of
from wxtrace.rebuild.attempt import PUBLISHED, Job
from wxtrace.rebuild.modules import ModuleTime, modules_of
from wxtrace.show import drawing
from wxtrace.show.style import BOLD, RED, Style
from wxtrace.show.terminal import clean, cut, wrap
from wxtrace.show.words import Words

MOST_TOLD: Final = 3
"""So many jobs are told after a verdict; those that went wrong or that still wait first."""
MOST_DRAWN: Final = 10
"""So many are drawn, each as it was tried the last time; the others have a line each."""

MOST_LISTED: Final = 50
"""So many times that a job was tried have a line."""

_ERROR_COLUMNS = 60
FIELDS: Final = tuple(field.name for field in fields(Job) if field.name != "tree")
"""What is told of a job by itself."""


def sentences(jobs: Sequence[Job], say: Words) -> Iterator[str]:
    """Yield what became of each job, as it was tried the last time; those with a fault first."""
    latest = sorted(_latest(jobs).values(), key=lambda tries: not has_fault(tries[-1]))
    for tries in latest[:MOST_TOLD]:
        yield _sentence(tries, say)
    if (more := len(latest) - MOST_TOLD) > 0:
        yield say("{count:further job|further jobs}.", count=more)


def lines(jobs: Sequence[Job], style: Style) -> Iterator[str]:
    """Yield the jobs: of each what became of it, its waterfall on its own scale, and its modules."""
    say, latest = style.words, _latest(jobs)
    if jobs:
        yield ""
        yield say("Jobs of this attempt, each from its own start:")
    drawn = {id(tries[-1]) for tries in list(latest.values())[:MOST_DRAWN]}
    is_below = False
    for job in jobs[:MOST_LISTED]:
        if is_below:
            yield ""
        head = wrap(_facts(job, len(latest[job.number]), say), style.width, "    ", "  ")
        yield from (style.paint(line, f"{BOLD};{RED}" if has_fault(job) else BOLD) for line in head)
        is_below = job.tree is not None and not job.in_request and id(job) in drawn
        if job.tree is not None and is_below:
            yield from drawing.waterfall(job.tree, style)
            yield ""
            yield from drawing.modules(times_of(job), style)
    if (more := len(jobs) - MOST_LISTED) > 0:
        yield "  " + say("… {count:more job|more jobs}; --json has all", count=more)


def head(job: Job, jobs: Sequence[Job], say: Words) -> str:
    """Return what became of a job in one line; *jobs* are all of its attempt."""
    return " · ".join(_facts(job, sum(one.number == job.number for one in jobs), say))


def times_of(job: Job) -> tuple[ModuleTime, ...]:
    """Return the modules of a job; none for one that nobody has taken."""
    return () if job.tree is None else modules_of(job.tree)


def has_fault(job: Job) -> bool:
    """Say whether a job failed, died with its worker, or waits for one."""
    return job.state in ("crashed", PUBLISHED) or job.status_code == "ERROR"


def rows(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Return the jobs as rows, as JSON and DataFrames have them, without their modules."""
    return [{name: getattr(job, name) for name in FIELDS} | {"duration_ns": job.duration_ns} for job in jobs]


def document(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Return the jobs as JSON's types, each with its modules."""
    return [
        row | {"modules": [asdict(time) for time in times_of(job)]}
        for row, job in zip(rows(jobs), jobs, strict=True)
    ]


def _latest(jobs: Sequence[Job]) -> dict[int, list[Job]]:
    """Return by its number how often each job was tried, in order."""
    tries: defaultdict[int, list[Job]] = defaultdict(list)
    for job in jobs:
        tries[job.number].append(job)
    return dict(tries)


def _sentence(tries: Sequence[Job], say: Words) -> str:
    job = tries[-1]
    told = {
        "job": _named(job, tries[:-1], say),
        "where": _where(job),
        "duration": say.seconds(job.duration_ns or 0),
        "when": _when(job, say),
        "error": _error(job, say),
        "ago": say.seconds(job.waiting_ns or 0),
        "at": _at(job, say),
    }
    if job.state == PUBLISHED and job.status_code == "ERROR":
        return say("Job {job} could not be sent{error}.", **told)
    if job.state == PUBLISHED:
        return say("Job {job} was sent {ago} ago, and no worker that records here has taken it.", **told)
    if job.state == "open" and job.end_estimated:
        return say("Job {job} still runs on {where}: {duration} so far{at}{when}.", **told)
    if job.state == "crashed" and job.end_estimated:
        text = "Job {job} ended with its worker ({where}), which died {duration} in or later{at}{when}."
        return say(text, **told)
    if job.status_code != "ERROR" and job.error is not None:
        return say("Job {job} was sent again after {duration} on {where}{error}{when}.", **told)
    if job.status_code == "ERROR":
        return say("Job {job} failed after {duration} on {where}{error}{when}.", **told)
    return say("Job {job} ran {duration} on {where}{at}{when}.", **told)


def _named(job: Job, before: Sequence[Job], say: Words) -> str:
    if not before:
        return clean(job.name)
    outcomes = ", ".join(_outcome(one, say) for one in before[-MOST_TOLD:])
    text = "{job} (try {attempt}; before it: {outcomes})"
    return say(text, job=clean(job.name), attempt=job.attempt, outcomes=outcomes)


def _outcome(job: Job, say: Words) -> str:
    if job.state in ("open", "crashed") and job.end_estimated:
        return say("running") if job.state == "open" else say("crashed")
    if job.status_code != "ERROR" and job.error is not None:
        return say("sent again")
    return say("error") if job.status_code == "ERROR" else say("done")


def _where(job: Job) -> str:
    return f"{clean(job.service or '')}@{clean(job.host or '')} pid {job.pid}"


def _when(job: Job, say: Words) -> str:
    if job.after_reply_ns is None:
        return ""
    if job.in_request:
        return say(", before the reply")
    if job.after_reply_ns < 0:
        return say(", from {before} before the reply", before=say.seconds(-job.after_reply_ns))
    return say(", from {after} after the reply", after=say.seconds(job.after_reply_ns))


def _at(job: Job, say: Words) -> str:
    """Return the module that had most of a job's time, or where it was when it was last seen; "" for itself."""
    if job.end_estimated:
        span = last_in(job)
        text = ", now in {place}" if job.state == "open" else ", while in {place}"
        return "" if span is None else say(text, place=_place(span.layer, span.module))
    most = most_of(job)
    if most is None:
        return ""
    return say(
        ", {share} of it in {place}", share=say.seconds(most.share_ns), place=_place(most.layer, most.module)
    )


def _place(layer: str, module: str) -> str:
    return " ".join(dict.fromkeys(clean(name) for name in (layer, module) if name))


def _error(job: Job, say: Words) -> str:
    return say(": {detail}", detail=cut(clean(job.error), _ERROR_COLUMNS)) if job.error else ""


def _facts(job: Job, attempts: int, say: Words) -> Iterator[str]:
    yield say("Job {job}", job=clean(job.name))
    if attempts > 1:
        yield say("try {attempt} of {attempts}", attempt=job.attempt, attempts=attempts)
    if job.start_ns is None:
        ago = say.seconds(job.waiting_ns or 0)
        failed = job.status_code == "ERROR"
        text = "not sent{error}" if failed else "sent {ago} ago, taken by no worker that records here"
        yield say(text, error=_error(job, say)) if failed else say(text, ago=ago)
        return
    yield from _times(job, say)
    if job.error is not None or job.status_code == "ERROR":
        yield (say("error") if job.status_code == "ERROR" else say("sent again")) + _error(job, say)
    yield _where(job)


def _times(job: Job, say: Words) -> Iterator[str]:
    after, duration = job.after_reply_ns, say.seconds(job.duration_ns or 0)
    if after is not None:
        text = "{time} after the reply" if after >= 0 else "{time} before the reply"
        yield say(text, time=say.seconds(abs(after)))
    if job.published_ns is not None and job.start_ns is not None and job.start_ns >= job.published_ns:
        yield say("waited {duration}", duration=say.seconds(job.start_ns - job.published_ns))
    ended = {"open": "so far {duration}", "crashed": "its process died after {duration} or later"}
    yield say(
        ended.get(job.state, "took {duration}") if job.end_estimated else "took {duration}", duration=duration
    )
    if job.in_request:
        yield say("in the waterfall above")
