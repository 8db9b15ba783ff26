"""
The jobs of an attempt: a sentence each after the verdict, a section of their own, and JSON.

A job takes seconds where its request took milliseconds, so each has its own waterfall, with its own scale.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, Final

from wxtrace.explain.worked import last_in, most_of
from wxtrace.rebuild.attempt import PUBLISHED, Job
from wxtrace.rebuild.modules import ModuleTime, modules_of
from wxtrace.show import drawing
from wxtrace.show.naming import names_of
from wxtrace.show.style import BOLD, RED, Style
from wxtrace.show.terminal import clean, cut, wrap
from wxtrace.show.tried import duration_of, times_texts
from wxtrace.show.words import Words

MOST_TOLD: Final = 3
"""So many jobs are told after a verdict; those that went wrong or that still wait first."""
MOST_DRAWN: Final = 10
"""So many tries are drawn, the faulty ones and the last one of each job; the others have a line each."""

MOST_LISTED: Final = 50
"""So many times that a job was tried have a line."""

_ERROR_COLUMNS = 60
FIELDS: Final = tuple(field.name for field in fields(Job) if field.name != "tree")
"""What is told of a job by itself."""


def sentences(jobs: Sequence[Job], say: Words) -> Iterator[str]:
    """Yield what became of each job, as it was tried the last time; those with a fault first."""
    names = names_of(jobs, say)
    latest = sorted(_latest(jobs).values(), key=_urgency)
    for tries in latest[:MOST_TOLD]:
        yield joined(_sentence(tries, names, say), say)
    if (more := len(latest) - MOST_TOLD) > 0:
        yield say("{count:further job|further jobs}.", count=more)


def lines(jobs: Sequence[Job], style: Style) -> Iterator[str]:
    """Yield the jobs: of each what became of it, its waterfall on its own scale, and its modules."""
    if jobs:
        yield ""
        yield style.words("Jobs of this attempt, each from its own start:")
    drawn, listed = _drawn(jobs, style), jobs[:MOST_LISTED]
    for job, before in zip(listed, (None, *listed), strict=False):
        if before is not None and id(before) in drawn:
            yield ""
        told = wrap(_facts(job, jobs, style.words), style.width, "    ", "  ")
        yield from (style.paint(line, f"{BOLD};{RED}" if has_fault(job) else BOLD) for line in told)
        if job.tree is not None and id(job) in drawn:
            yield from drawing.waterfall(job.tree, style)
            if len(times := times_of(job)) > 1:
                yield ""
                yield from drawing.modules(times, style)
    yield from _left_out(jobs, drawn, style.words)


def _drawn(jobs: Sequence[Job], style: Style) -> frozenset[int]:
    """Return by `id` the tries that are drawn: those that went wrong, and each job's last; all where asked for."""
    latest = {id(tries[-1]) for tries in _latest(jobs).values()}
    some = [job for job in jobs[:MOST_LISTED] if job.tree is not None and not job.in_request]
    if style.full:
        return frozenset(map(id, some))
    chosen = sorted(
        (job for job in some if id(job) in latest or _went_wrong(job)), key=lambda job: not _went_wrong(job)
    )
    return frozenset(map(id, chosen[:MOST_DRAWN]))


def _left_out(jobs: Sequence[Job], drawn: frozenset[int], say: Words) -> Iterator[str]:
    """Yield how many jobs have no drawing, and how many not even a line."""
    some = [job for job in jobs[:MOST_LISTED] if job.tree is not None and not job.in_request]
    if left := sum(id(job) not in drawn for job in some):
        yield "  " + say("… {count:try is|tries are} not drawn; --full draws all that have a line", count=left)
    if (more := len(jobs) - MOST_LISTED) > 0:
        yield "  " + say("… {count:more job|more jobs}; --json has all", count=more)


def head(job: Job, jobs: Sequence[Job], say: Words) -> str:
    """Return what became of a job in one line; *jobs* are all of its attempt."""
    return " · ".join(_facts(job, jobs, say))


def joined(text: str, say: Words) -> str:
    """Return a sentence, in Chinese without the blank that would stand behind a full-width bracket."""
    return text.replace("） ", "）") if say.language == "zh" else text


def times_of(job: Job) -> tuple[ModuleTime, ...]:
    """Return the modules of a job; none for one that nobody has taken."""
    return () if job.tree is None else modules_of(job.tree)


def has_fault(job: Job) -> bool:
    """Say whether a job failed, died with its worker, or waits for one."""
    return job.state in ("crashed", PUBLISHED) or job.status_code == "ERROR"


def _went_wrong(job: Job) -> bool:
    """Say whether a try failed, never ended, or asked to be tried again."""
    return job.end_estimated or job.error is not None or has_fault(job)


def _urgency(tries: Sequence[Job]) -> int:
    """Return how early a job is told: what went wrong, then what did at first, then the rest."""
    return 0 if has_fault(tries[-1]) else 1 if any(map(_went_wrong, tries)) else 2


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


def _sentence(tries: Sequence[Job], names: Mapping[int, str], say: Words) -> str:
    job = tries[-1]
    told = {
        "job": _named(names[job.number], tries, say),
        "where": _where(job),
        "duration": duration_of(job.duration_ns or 0, say),
        "when": _when(job, say),
        "error": _error(job, say),
        "ago": say.seconds(job.waiting_ns or 0),
        "at": _at(job, say),
    }
    if job.state == PUBLISHED and job.status_code == "ERROR":
        return say("Job {job} could not be sent{error}.", **told)
    if job.state == PUBLISHED:
        text = (
            "Job {job} was sent {ago} ago, and no worker that records here has taken it: "
            "a worker may record into another store (--store)."
        )
        return say(text, **told)
    if job.state == "open" and job.end_estimated:
        return say("Job {job} still runs on {where}: {duration} so far{at}{when}.", **told)
    if job.state == "crashed" and job.end_estimated:
        text = (
            "Job {job} ended with its worker ({where}), which died {duration} in or later, "
            "when is not known{at}{when}."
        )
        return say(text, **told)
    if job.status_code != "ERROR" and job.error is not None:
        return say("Job {job} was sent again after {duration} on {where}{error}{when}.", **told)
    if job.status_code == "ERROR":
        return say("Job {job} failed after {duration} on {where}{error}{when}.", **told)
    return say("Job {job} ran {duration} on {where}{at}{when}.", **told)


def _named(name: str, tries: Sequence[Job], say: Words) -> str:
    *before, job = tries
    if not before:
        return name
    outcomes = say(", ").join(_outcome(one, say) for one in before[-MOST_TOLD:])
    text = "{job} (try {attempt}; before it: {outcomes})"
    return say(text, job=name, attempt=job.attempt, outcomes=outcomes)


def _outcome(job: Job, say: Words) -> str:
    if job.state in ("open", "crashed") and job.end_estimated:
        return say("running") if job.state == "open" else say("crashed")
    if job.status_code != "ERROR" and job.error is not None:
        return say("sent again")
    return say("error") if job.status_code == "ERROR" else say("no error, yet it came again")


def _where(job: Job) -> str:
    return f"{clean(job.service or '')}@{clean(job.host or '')} pid {job.pid}"


def _when(job: Job, say: Words) -> str:
    if job.after_reply_ns is None:
        return ""
    if job.in_request:
        return say(", before the reply")
    if job.after_reply_ns < 0:
        return say(", from {before} before the reply", before=duration_of(-job.after_reply_ns, say))
    return say(", from {after} after the reply", after=duration_of(job.after_reply_ns, say))


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


def _facts(job: Job, jobs: Sequence[Job], say: Words) -> Iterator[str]:
    tries = [one for one in jobs if one.number == job.number]
    yield joined(say("Job {job}", job=names_of(jobs, say)[job.number]), say)
    if len(tries) > 1:
        yield say("try {attempt} of {attempts}", attempt=job.attempt, attempts=len(tries))
    if job.start_ns is None:
        ago = say.seconds(job.waiting_ns or 0)
        failed = job.status_code == "ERROR"
        text = "not sent{error}" if failed else "sent {ago} ago, taken by no worker that records here"
        yield say(text, error=_error(job, say)) if failed else say(text, ago=ago)
        return
    yield from times_texts(job, tries, say)
    if job.error is not None or job.status_code == "ERROR":
        yield (say("error") if job.status_code == "ERROR" else say("sent again")) + _error(job, say)
    yield _where(job)
