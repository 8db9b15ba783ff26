"""
One line on stderr that says how far long work has come: on a terminal only, and only once it has taken a while.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Final, Literal

from wxtrace.cli.output import columns, draw, wipe
from wxtrace.show.terminal import cut, width
from wxtrace.show.words import Words
from wxtrace.store.progress import Progress, silent

Unit = Literal["files", "bytes", "shares"]
"""What is counted; shares are told as a percentage alone."""

AFTER_S: Final = 0.5
"""Work that takes less, in seconds, shows nothing."""

EVERY_S: Final = 0.1
"""The line is not drawn again before so many seconds have passed."""

_MB = 10**6
_GAP = "  "


@contextlib.contextmanager
def shown(
    what: str, unit: Unit, words: Words, *, prints: bool = False, clock: Callable[[], float] = time.monotonic
) -> Iterator[Progress]:
    """
    Give a progress that is shown as one line, which is gone when the work is done, fails or is interrupted.

    Args:
        what: What is being done, in the reader's language.
        unit: What is counted.
        words: For the rest of the line.
        prints: Whether the work writes its result to stdout meanwhile: on a terminal it can be seen there.
        clock: Seconds from some moment on, which never go back.
    """
    if not _is_looked_at() or (prints and sys.stdout.isatty()):
        yield silent
        return
    began_s: float | None = None
    drawn_s = 0.0

    def told(done: int, of_all: int) -> None:
        """Draw the line, if it is time."""
        nonlocal began_s, drawn_s
        now_s = clock()
        if began_s is None:  # the work begins now
            began_s, drawn_s = now_s, now_s + AFTER_S - EVERY_S
        if now_s - drawn_s >= EVERY_S:
            drawn_s = now_s
            draw(line(what, unit, (done, of_all), now_s - began_s, words, columns() - 1))

    try:
        yield told
    finally:
        wipe()


def line(what: str, unit: Unit, done: tuple[int, int], elapsed_s: float, words: Words, most: int) -> str:
    """
    Return the line of one moment; what has no room is left out.

    Args:
        what: What is being done.
        unit: What is counted.
        done: How much is done, and of how much.
        elapsed_s: For how many seconds it has been going on.
        words: For the rest of the line.
        most: How many columns there are.
    """
    begun, of_all = done[0] > 0, done[1]
    pieces = [
        what + (f" {100 * done[0] // of_all} %" if of_all else ""),
        *([_counted(unit, *done, words)] if of_all and unit != "shares" else []),
        words("{time} so far", time=_clock(elapsed_s)),
        *([words("{time} left", time=_clock(elapsed_s * (of_all - done[0]) / done[0]))] if begun else []),
    ]
    while len(pieces) > 1 and width(_GAP.join(pieces)) > most:
        del pieces[1]
    return cut(_GAP.join(pieces), most)


def _counted(unit: Unit, done: int, of_all: int, words: Words) -> str:
    if unit == "bytes":
        return words("{done} of {of_all} MB", done=f"{done / _MB:.1f}", of_all=f"{of_all / _MB:.1f}")
    return words("{done} of {of_all:file|files}", done=done, of_all=of_all)


def _clock(seconds: float) -> str:
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


def _is_looked_at() -> bool:
    """Say whether somebody looks at stderr, and not a robot: a terminal that can go back in a line, and no CI."""
    in_ci = os.environ.get("CI", "").lower() not in ("", "0", "false")
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not in_ci
