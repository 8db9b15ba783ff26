"""
What was seen of a hanging attempt, as far as it counts for its verdict. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from wxtrace.explain.blocked import Held, held_of
from wxtrace.explain.death import WITHOUT_A_WORD, Death, death_of
from wxtrace.explain.stuck import Stuck, last_words, stuck_at_the_end, stuck_of
from wxtrace.rebuild.attempt import Attempt, Node
from wxtrace.rebuild.snapshot import WATCH_LOGGER, Culprit, Holder, newest_first
from wxtrace.row import LogRow

LOOKED_AT_NS: Final = 3_500_000_000
"""At this age a request is looked at, if nothing else was chosen."""
UNKNOWN: Final = "unknown"
"""The cause, where a process left no other word of it."""
_LOOKED_AT_LATEST_NS: Final = 5 * 10**9
_COUNTS: Final = 10  # one part in so many of the attempt


@dataclass(frozen=True, slots=True)
class Seen:
    """
    What a verdict tells of it.

    `stuck` is where the request stood, `held` who held its event loop, or the threads, for
    a tenth of its time or more, `holders` where those threads stood. `silent_ns`: so old it
    was when its process finished anything for the last time, though it should have been
    looked at since. `cause` is how its process ended, or what held it, `cause_at` where that
    stood then; `death` and the attempt's `last_line` are known of one that ended.
    """

    stuck: Stuck | None = None
    held: Held | None = None
    holders: tuple[Holder, ...] = ()
    silent_ns: int | None = None
    cause: str | None = None
    cause_at: Stuck | None = None
    death: Death | None = None
    last_line: LogRow | None = None


NOTHING_SEEN: Final = Seen()


def seen_of(attempt: Attempt, within: Node | None = None, *, last_ns: int | None = None) -> Seen:
    """
    Return what was seen of *attempt*.

    Args:
        attempt: The attempt.
        within: Where it stood counts only while this span was open.
        last_ns: When its process is known to have finished anything for the last time, nanoseconds since the epoch.
    """
    words, stuck, (held, holders) = last_words(attempt), stuck_of(attempt, within), held_by(attempt)
    death = death_of(attempt, last_ns)
    if death is not None and words is None:  # what held the interpreter had let it go
        death = replace(death, cause=WITHOUT_A_WORD, at=None, frames=())
    if words is None and death is None:
        return Seen(stuck, held, holders, _silent_ns(attempt, last_ns))
    at = None if words is None else stuck_at_the_end(words, attempt.start_ns)
    cause = death.cause if death is not None else words.cause if words is not None else None
    last_line = None if death is None else _last_line(attempt)
    return Seen(stuck or at, held, holders, None, cause or UNKNOWN, at, death, last_line)


def held_by(attempt: Attempt) -> tuple[Held | None, tuple[Holder, ...]]:
    """Return who held the attempt up, if that counts: its event loop, else the threads, and where those stood."""
    held, (threads, holders) = _held(attempt), _threads(attempt)
    return (held or threads, holders if threads is not None else ())


def _held(attempt: Attempt) -> Held | None:
    """Return who held the loop longest, by the waits for it, else by the last snapshot."""
    held = held_of(attempt)
    if held:
        return held[0] if held[0].ns * _COUNTS >= attempt.duration_ns else None
    last = next(newest_first(attempt.lines), None)
    if attempt.state == "closed" or last is None:
        return None
    culprit, blocked_ns = last.culprit, last.blocked_ns or 0
    if culprit is None or culprit.is_self or blocked_ns * _COUNTS < attempt.duration_ns:
        return None
    return Held(culprit, min(blocked_ns, attempt.duration_ns))


def _threads(attempt: Attempt) -> tuple[Held | None, tuple[Holder, ...]]:
    """Return who had the threads that the attempt waited for when it was last looked at; the time is the wait's."""
    for snapshot in newest_first(attempt.lines):
        waits = (node for node in attempt.nodes if node.span and node.span.layer == "wait" and snapshot.holders)
        for node in waits:
            ns = min(node.end_ns, attempt.end_ns) - node.start_ns
            if node.start_ns <= snapshot.time_ns <= node.end_ns and ns * _COUNTS >= attempt.duration_ns:
                at = snapshot.holders[0].at
                what = node.span.module if node.span else ""
                return Held(Culprit(at.function, at.file, at.line), ns, what), snapshot.holders
    return None, ()


def _last_line(attempt: Attempt) -> LogRow | None:
    """Return the last line that the app logged in the attempt."""
    return next((log for log in reversed(attempt.lines) if log.logger != WATCH_LOGGER), None)


def _silent_ns(attempt: Attempt, last_ns: int | None) -> int | None:
    """Return how old an open attempt was when its process fell silent, if it was due for a look and had none."""
    if last_ns is None or attempt.state != "open" or attempt.duration_ns < _LOOKED_AT_LATEST_NS:
        return None
    silent_ns = last_ns - attempt.start_ns
    return (
        max(0, silent_ns) if silent_ns < LOOKED_AT_NS and next(newest_first(attempt.lines), None) is None else None
    )
