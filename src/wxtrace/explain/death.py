"""
How the process of an attempt ended, as far as it can be known. Pure.

What a process said itself goes first. Without a word go those that the kernel or somebody kills by SIGKILL, those
that a signal ends for which they have no handler (SIGTERM), those that call `os._exit`, all when the power fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from wxtrace.explain.stuck import frame_that_counts
from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.snapshot import DIED, ENDED, Frame, last_words_of
from wxtrace.row import LogRow

WITHOUT_A_WORD: Final = "gone without a word"
KILLED_WHILE_HELD: Final = "killed while the interpreter was held"
_HELD: Final = "timeout"


@dataclass(frozen=True, slots=True)
class Death:
    """
    The end of a process that had an attempt in flight.

    `cause` is what the process left (``segmentation fault``, ``abort``, ``exit``, ``out of memory``), else one of
    the two above. `at` is the line of code that counts, None where it is not known. `last_ns` is the last sign of
    life, nanoseconds since the epoch. `killed` is how many processes the kernel killed for memory since this one
    began, among those of its own group, or of all the host (`of_host`).
    """

    cause: str
    signal: str | None
    at: Frame | None
    frames: tuple[Frame, ...]
    last_ns: int
    killed: int = 0
    of_host: bool = False


def death_of(attempt: Attempt, last_ns: int | None = None) -> Death | None:
    """
    Return how the process of *attempt* ended; None where it did not end in it, as far as is known.

    Args:
        attempt: The attempt.
        last_ns: The last sign of life of its process, nanoseconds since the epoch; None if nothing tells.
    """
    if attempt.state != "crashed":
        return None
    seen_ns = max(attempt.end_ns, last_ns or 0)
    log = _last_words(attempt)
    words = None if log is None else last_words_of(log)
    if log is None or words is None:
        return Death(WITHOUT_A_WORD, None, None, (), seen_ns)
    signal, oom = log.attributes.get("signal"), log.attributes.get("oom")
    told = oom if isinstance(oom, dict) else {}
    kills = told.get("kills")
    return Death(
        cause=KILLED_WHILE_HELD if words.cause == _HELD else words.cause or WITHOUT_A_WORD,
        signal=signal if isinstance(signal, str) else None,
        at=words.thread.frames[frame_that_counts(words.thread)] if words.thread.frames else None,
        frames=words.thread.frames,
        last_ns=max(seen_ns, words.time_ns),
        killed=kills if isinstance(kills, int) else 0,
        of_host=told.get("of") == "host",
    )


def _last_words(attempt: Attempt) -> LogRow | None:
    """Return the record of the end; what was said of a death goes before what was said of an orderly end."""
    said = [log for log in attempt.lines if last_words_of(log) is not None]
    died = [log for log in said if log.event == DIED]
    ended = [log for log in said if log.event == ENDED]
    return next(iter((*reversed(died), *reversed(ended))), None)
