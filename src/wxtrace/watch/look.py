"""
What runs in an event loop: the stack of its thread, and its task.

Only looked at, from the watchdog's thread, while the loop does not run. No local value is kept, and no frame.
"""

from __future__ import annotations

import asyncio
import sys
from types import CodeType, FrameType
from typing import Any, Final, NamedTuple

from wxtrace.capture.owner import rank_of
from wxtrace.watch.frames import file_of

Task = asyncio.Task[Any]
Loop = asyncio.AbstractEventLoop

_MAX_DEPTH: Final = 400
_RUNNERS: Final = frozenset(
    {
        ("asyncio/events.py", "Handle._run"),
        ("asyncio/base_events.py", "BaseEventLoop._run_once"),
        ("asyncio/runners.py", "Runner.run"),
    }
)
_POLL: Final = "selectors.py"


class Spot(NamedTuple):
    """Where a frame stands: its code, the line, and the instruction."""

    code: CodeType
    line: int
    at: int


class Look(NamedTuple):
    """
    What was seen of a loop that does not run.

    `task` is None where a callback runs that is no task. `named` is the innermost frame of the app's own code,
    `inner` the innermost of all.
    """

    task: Task | None
    named: Spot
    inner: Spot


def look(loop: Loop, thread: int, base: int) -> Look | None:
    """
    Look at what runs in *loop*; None where nothing does: it waits for an event, or for its turn.

    Args:
        thread: The ident of the loop's thread.
        base: How many frames of that thread are the loop's own; 0 if it is not known.
    """
    task = asyncio.current_task(loop)
    coro = None if task is None else task.get_coro()
    spots = _running(sys._current_frames().get(thread), getattr(coro, "cr_frame", None), base)
    if asyncio.current_task(loop) is not task or not spots:
        return None
    named = max(reversed(spots), key=lambda spot: rank_of(spot.code.co_filename))
    return Look(task, named, spots[-1])


def depth_of(frame: FrameType | None) -> int:
    """Return how many frames a stack has that ends with *frame*."""
    depth = 0
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    return depth


def _running(innermost: FrameType | None, first: FrameType | None, base: int) -> list[Spot]:
    """Return the stack above the loop's own frames, outermost first: from *first* on, where it is there."""
    spots: list[Spot] = []
    frame = innermost
    while frame is not None and len(spots) < _MAX_DEPTH:
        spots.append(Spot(frame.f_code, frame.f_lineno, frame.f_lasti))
        if frame is first:
            return spots[::-1]
        frame = frame.f_back
    spots.reverse()
    is_whole = frame is None
    return _above_runner(spots[base:] if is_whole and base else spots)


def _above_runner(spots: list[Spot]) -> list[Spot]:
    for place in range(len(spots) - 1, -1, -1):
        code = spots[place].code
        if (file_of(code.co_filename), code.co_qualname) in _RUNNERS:
            spots = spots[place + 1 :]
            break
    is_idle = len(spots) == 1 and file_of(spots[0].code.co_filename) == _POLL
    return [] if is_idle else spots
