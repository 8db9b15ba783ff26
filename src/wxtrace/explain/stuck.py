"""
Where a request is stuck, or was when it was last looked at, by its snapshots. Pure.

Of all that a snapshot holds, one place counts: the innermost line of the app's
own code on the way that the request waits for, and what that line waits for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from wxtrace.rebuild.attempt import Attempt, Node
from wxtrace.rebuild.snapshot import HELD, Chain, Frame, LastWords, Snapshot, last_words_of, newest_first

_LIBRARIES: Final = ("asyncio/", "anyio/")
_FOR_TASKS: Final = ("gather of ", "Task ", "shield")
_FOR_THREADS: Final = frozenset(("to_thread", "to_thread.run_sync", "Future of run_in_executor"))
_FOR_OTHERS: Final = frozenset(("wait_for", "wait", "_wait", "as_completed", "shield", "TaskGroup.__aexit__"))
_BETWEEN: Final = ("starlette/middleware/base.py", "MemoryObject")


@dataclass(frozen=True, slots=True)
class Stuck:
    """
    Where a request stood when it was last looked at.

    `at` is the innermost line of the app's own code, or of any where none of the app's
    is there; `inner` where that had got to in a library, None if no further. `awaits`
    names what was awaited, `call` what the innermost line called. `age_ns` is how old the
    attempt was then, in nanoseconds. `holds_loop`: it is the request itself that held its event loop.
    `of_process`: this is where its process stood; the request itself was not seen.
    """

    at: Frame
    inner: Frame | None
    awaits: str | None
    age_ns: int
    call: str | None = None
    is_thread: bool = False
    holds_loop: bool = False
    of_process: bool = False


def stuck_of(attempt: Attempt, within: Node | None = None) -> Stuck | None:
    """
    Return where *attempt* stood when it was last looked at; None if nobody looked, or nothing was seen.

    Args:
        attempt: The attempt.
        within: Only what was seen while this span was open counts.
    """
    for snapshot in newest_first(attempt.lines):
        if within is not None and not within.start_ns <= snapshot.time_ns <= within.end_ns:
            continue
        if (stuck := stuck_in(snapshot, attempt.start_ns)) is not None:
            return stuck
    return None


def stuck_in(snapshot: Snapshot, arrived_ns: int) -> Stuck | None:
    """Return where a request that arrived at *arrived_ns* stood by this snapshot; None if nothing was seen."""
    chain = chain_that_counts(snapshot)
    if chain is None:
        return None
    holds = snapshot.culprit is not None and snapshot.culprit.is_self
    return _stuck(chain, snapshot.time_ns - arrived_ns, holds_loop=holds)


def last_words(attempt: Attempt) -> LastWords | None:
    """Return what the process said last; that it was held is left out, if the attempt was looked at later."""
    said = [words for log in attempt.lines if (words := last_words_of(log)) is not None]
    looked_ns = next((snapshot.time_ns for snapshot in newest_first(attempt.lines)), 0)
    final = [words for words in said if words.cause != HELD or words.time_ns > looked_ns]
    return max(final, key=lambda words: words.time_ns, default=None)


def stuck_at_the_end(words: LastWords, arrived_ns: int) -> Stuck | None:
    """Return where the process of a request that arrived then stood at last; None if its words name no place."""
    if not words.thread.frames:
        return None
    return replace(_stuck(words.thread, words.time_ns - arrived_ns), of_process=True)


def chain_that_counts(snapshot: Snapshot) -> Chain | None:
    """Return the task or thread that the request waits for in the end; None where none has a frame."""
    waiting = [chain for chain in _in_order(snapshot) if chain.frames]
    any_at_all = [chain for chain in (*snapshot.tasks, *snapshot.threads) if chain.frames]
    own = (chain for chain in (*waiting, *any_at_all) if any(frame.own for frame in chain.frames))
    return next(own, next(iter((*waiting, *any_at_all)), None))


def frame_that_counts(chain: Chain) -> int:
    """Return the place of the innermost frame of the app's own code, else the innermost that is no event loop's."""
    frames = chain.frames
    own = [at for at, frame in enumerate(frames) if frame.own]
    if own:
        return own[-1]
    others = [at for at, frame in enumerate(frames) if not frame.file.startswith(_LIBRARIES)]
    return others[-1] if others else len(frames) - 1


def _in_order(snapshot: Snapshot) -> Iterator[Chain]:
    """Yield what may hold the request up, the likeliest first; not what merely waits for another."""
    for task in snapshot.tasks:
        if task.awaits in _FOR_THREADS:
            yield from snapshot.threads
        elif not _waits_for_another(task):
            yield task
    yield from snapshot.threads


def _waits_for_another(task: Chain) -> bool:
    if task.awaits is None or not task.frames:
        return False
    if task.awaits.startswith(_FOR_TASKS):
        return True
    file, stream = (
        _BETWEEN  # what is below one of starlette's middlewares is another task, which replies by a stream
    )
    if task.awaits.startswith(stream) and any(frame.file == file for frame in task.frames):
        return True
    last = task.frames[-1]
    return last.file.startswith(_LIBRARIES) and last.function in _FOR_OTHERS


def _stuck(chain: Chain, age_ns: int, *, holds_loop: bool = False) -> Stuck:
    place = frame_that_counts(chain)
    below: Sequence[Frame] = chain.frames[place + 1 :]
    if chain.awaits is not None:  # the event loop's own frames below say no more than that
        below = [frame for frame in below if not frame.file.startswith(_LIBRARIES)]
    inner = below[-1] if below else None
    return Stuck(chain.frames[place], inner, chain.awaits, max(0, age_ns), chain.call, chain.is_thread, holds_loop)
