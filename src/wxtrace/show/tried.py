"""
When a job was tried and for how long, in words: of one whose process died, between which moments that was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from wxtrace.rebuild.attempt import Job
from wxtrace.show.words import Words

_MILLISECOND_NS: Final = 10**6


def times_texts(job: Job, tries: Sequence[Job], say: Words) -> Iterator[str]:
    """Yield when a try began, how long its message had waited, and how long it took; *tries* are all of its job."""
    after = job.after_reply_ns
    if after is not None:
        text = "{time} after the reply" if after >= 0 else "{time} before the reply"
        yield say(text, time=duration_of(abs(after), say))
    if job.published_ns is not None and job.start_ns is not None and job.start_ns >= job.published_ns:
        yield say("waited {duration}", duration=duration_of(job.start_ns - job.published_ns, say))
    yield _ended(job, tries, say)
    if job.in_request:
        yield say("in the waterfall above")


def _ended(job: Job, tries: Sequence[Job], say: Words) -> str:
    """Return how long a try took; of one whose process died, between which moments that was, as far as known."""
    duration = duration_of(job.duration_ns or 0, say)
    if job.state == "open" and job.end_estimated:
        return say("so far {duration}", duration=duration)
    if job.state != "crashed" or not job.end_estimated:
        return say("took {duration}", duration=duration)
    most_ns = _died_by(job, tries)
    if most_ns is None:
        return say("its process died {duration} in or later, when is not known", duration=duration)
    text = "its process died between {duration} and {most} after its begin"
    return say(text, duration=duration, most=duration_of(most_ns, say))


def _died_by(job: Job, tries: Sequence[Job]) -> int | None:
    """Return the time from a try to the next one, if that bounds its end: by the same clock, and not before it."""
    after = next((one for one in tries if one.attempt == job.attempt + 1), None)
    if after is None or after.start_ns is None or job.start_ns is None or after.host != job.host:
        return None
    most_ns = after.start_ns - job.start_ns
    return most_ns if most_ns >= (job.duration_ns or 0) else None


def duration_of(ns: int, say: Words) -> str:
    """Return a duration for people; one below a millisecond in microseconds."""
    if 0 < abs(ns) < _MILLISECOND_NS:
        return say("{duration} µs", duration=f"{ns / 1000:.3g}")
    return say.seconds(ns)
