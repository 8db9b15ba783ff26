"""
The snapshots of a request that hangs, and its process' last words, as they stand in the waterfall.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

from wxtrace.explain.seen import UNKNOWN
from wxtrace.explain.stuck import chain_that_counts, frame_that_counts
from wxtrace.rebuild.attempt import Attempt, Timeline
from wxtrace.rebuild.snapshot import (
    Chain,
    Frame,
    LastWords,
    Occupied,
    Snapshot,
    last_words_of,
    newest_first,
    snapshot_of,
    snapshots_of,
)
from wxtrace.row import LogRow
from wxtrace.show.places import COLUMNS, culprit_text, frame_text, places_text
from wxtrace.show.seen import cause_text
from wxtrace.show.terminal import clean, cut
from wxtrace.show.times import time_of_day
from wxtrace.show.words import Words

MOST_FRAMES: Final = 6
"""So many frames of a snapshot are shown to people, the innermost first."""
_MOST_OTHERS: Final = 2
_MOST_POOLS: Final = 4
_LOOP: Final = ("asyncio/", "anyio/")


def lines(log: LogRow, attempt: Timeline, say: Words) -> tuple[str, ...]:
    """
    Return what a log line holds of a hanging request, the first line with its time; nothing for an ordinary line.

    Args:
        log: One of its lines.
        attempt: The attempt, or the job.
        say: Gives the words.
    """
    if (words := last_words_of(log)) is not None:
        return tuple(_last_words(words, say))
    if (snapshot := snapshot_of(log)) is None:
        return ()
    before = next(newest_first(attempt.lines, log.time_ns), None)
    return tuple(_snapshot(snapshot, before, say))


def document(attempt: Attempt) -> list[dict[str, Any]]:
    """Return the snapshots of an attempt as JSON's types; what the record of each holds is among the logs."""
    return [asdict(snapshot) for snapshot in snapshots_of(attempt.lines)]


def _last_words(words: LastWords, say: Words) -> Iterator[str]:
    cause = cause_text(words.cause or UNKNOWN, say)
    yield f"◆ {time_of_day(words.time_ns)} " + say("the process' last words: {cause}", cause=cause)
    yield from _frames(words.thread, say)


def _snapshot(snapshot: Snapshot, before: Snapshot | None, say: Words) -> Iterator[str]:
    age = say.seconds(snapshot.age_ns or 0)
    yield f"◆ {time_of_day(snapshot.time_ns)} " + " · ".join(
        (say("seen after {age}", age=age), *_around(snapshot, say))
    )
    if snapshot.culprit is not None and not snapshot.culprit.is_self:
        yield "  " + say("the event loop is held by {culprit}", culprit=culprit_text(snapshot.culprit, say))
    if snapshot.holders:
        yield "  " + say("the threads stand at {places}", places=places_text(snapshot.holders, say))
    chain = chain_that_counts(snapshot)
    if chain is None:
        yield "  " + say("nothing of it was seen to run or to wait")
        return
    if before is not None and chain_that_counts(before) == chain:
        yield "  " + say("it stands where it stood after {age}", age=say.seconds(before.age_ns or 0))
        return
    yield from _frames(chain, say)
    others = [one for one in (*snapshot.tasks, *snapshot.threads) if one.frames and one != chain]
    for other in others[:_MOST_OTHERS]:
        text = "thread {name}: {place}" if other.is_thread else "task {name}: {place}"
        place = frame_text(other.frames[frame_that_counts(other)], say)
        yield "  " + say(text, name=cut(clean(other.name), 40), place=place)


def _frames(chain: Chain, say: Words) -> Iterator[str]:
    """Yield what is awaited, where the innermost call stands, and the app's own lines that led to it."""
    if chain.awaits is not None:
        yield "  " + say("awaits {awaits}", awaits=cut(clean(chain.awaits), COLUMNS))
    elif chain.call is not None:
        yield "  " + say("calls {call}", call=cut(clean(chain.call), COLUMNS))
    told = _that_tell(chain)
    for frame in told:
        yield "  " + frame_text(frame, say)
    if more := len(chain.frames) - len(told):
        yield "  " + say("… {count:more frame|more frames}; --json has all", count=more)


def _that_tell(chain: Chain) -> Sequence[Frame]:
    """Return the frames that are shown, the innermost first."""
    inwards = [frame for frame in chain.frames if chain.awaits is None or not frame.file.startswith(_LOOP)]
    innermost = (inwards or list(chain.frames))[-1:]
    return [*innermost, *(frame for frame in reversed(inwards[:-1]) if frame.own)][:MOST_FRAMES]


def _around(snapshot: Snapshot, say: Words) -> Iterator[str]:
    """Yield what the request shared with others at that moment."""
    if snapshot.in_flight is not None:
        yield say("{count} in flight", count=snapshot.in_flight)
    if (late_ns := max(snapshot.lag_ns or 0, snapshot.blocked_ns or 0)) >= 10**7:
        yield say("event loop {lag} late", lag=say.seconds(late_ns))
    for token in snapshot.tokens[:_MOST_POOLS]:
        yield say("threads {taken}", taken=_taken(token))
    for pool in snapshot.pools[:_MOST_POOLS]:
        yield f"{cut(clean(pool.name), 40)} {_taken(pool)}"
    if snapshot.load_1m is not None:
        yield say("load {load}", load=f"{snapshot.load_1m:.2f}")
    if snapshot.cpu_percent is not None:
        yield f"CPU {snapshot.cpu_percent:.0f}%"


def _taken(one: Occupied) -> str:
    return str(one.in_use) if one.size is None else f"{one.in_use}/{one.size}"
