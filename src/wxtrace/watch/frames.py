"""
Where code stands: function, file and line, of a thread or of what a task awaits.

Only looked at, from any thread, while the code runs on. No local value is kept, and a frame is
held for no longer than it takes to read its line: who holds one holds its locals.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from types import CodeType, FrameType
from typing import Final, NamedTuple

from wxtrace.capture.owner import OWN, rank_of
from wxtrace.watch.code import called_at

MAX_FRAMES: Final = 40
"""Frames of one chain that are kept: the innermost."""
_MAX_FILES: Final = 4096
_MAX_DEPTH: Final = 1000


class Frame(NamedTuple):
    """
    Where a function stands.

    `file` is relative to the path that Python imported it from; `own` says that it is the app's own code.
    """

    function: str
    file: str
    line: int
    own: bool = False


def frame_of(code: CodeType, line: int | None) -> Frame:
    """Return where *code* stands, at *line*."""
    path = code.co_filename
    return Frame(code.co_qualname[-200:], file_of(path), line or code.co_firstlineno, rank_of(path) == OWN)


@lru_cache(_MAX_FILES)
def file_of(path: str) -> str:
    """Return a source file as people know it: without the folders above what is imported, a home among them."""
    if not os.path.isabs(path):
        return path[-200:]
    roots = (os.path.join(os.path.abspath(entry), "") for entry in sys.path if isinstance(entry, str))
    longest = max((len(root) for root in roots if len(root) > 1 and path.startswith(root)), default=0)
    return path[longest:][-200:] if longest else os.path.basename(path)


def frames_of_thread(ident: int, since: FrameType | None = None) -> tuple[Frame, ...]:
    """
    Return the Python stack of a thread, outermost first; empty if there is no such thread.

    Args:
        ident: As `threading.get_ident` gives it.
        since: Begin with this frame, if it is there.
    """
    return frames_from(sys._current_frames().get(ident), since)


def stack_of_thread(ident: int, since: FrameType | None = None) -> tuple[tuple[Frame, ...], str | None]:
    """Return what `frames_of_thread` does, and what the innermost frame calls: of C there are no frames."""
    innermost = sys._current_frames().get(ident)
    if innermost is None:
        return (), None
    code, at, frames = innermost.f_code, innermost.f_lasti, frames_from(innermost, since)
    del innermost
    return frames, _called_at(code, at)


_called_at = lru_cache(256)(called_at)


def frames_from(innermost: FrameType | None, since: FrameType | None = None) -> tuple[Frame, ...]:
    """Return the stack that ends with *innermost*, outermost first; at most `MAX_FRAMES`, the innermost."""
    found: list[Frame] = []
    frame = innermost
    while frame is not None and len(found) < MAX_FRAMES:
        found.append(frame_of(frame.f_code, frame.f_lineno))
        if frame is since:
            break
        frame = frame.f_back
    return tuple(reversed(found))
