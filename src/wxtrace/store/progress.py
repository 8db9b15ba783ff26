"""
How far long work has come, for whoever wants to show it.

What works tells a `Progress` how much is done, and of how much: files, or bytes.
It never goes back, and ends with all of it done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

Progress = Callable[[int, int], None]
"""Is told how much is done, and of how much."""

SHARES: Final = 1000
"""Of so many shares a part of a work is made, where it has several."""

T = TypeVar("T")
Steps = tuple[int, Iterable[object]]
"""How many steps are expected, and the work, which yields after each."""


def silent(done: int, of_all: int) -> None:
    """Show nothing."""


def carry_out(work: Sequence[Steps], progress: Progress) -> None:
    """
    Do *work*, and tell after each step how many are done.

    Args:
        work: In the order in which it is done. Where there are more steps than were expected, the
            further ones are not told; where there are fewer, the rest counts as done.
        progress: Is told.
    """
    done, of_all = 0, sum(expected for expected, _ in work)
    progress(0, of_all)
    for expected, steps in work:
        taken = 0
        for _ in steps:
            if taken < expected:
                taken += 1
                progress(done + taken, of_all)
        done += expected
        if taken < expected:
            progress(done, of_all)


def each(items: Sequence[T], progress: Progress) -> Iterator[T]:
    """Yield *items*, and tell how many of them are done."""
    progress(0, len(items))
    for done, item in enumerate(items, 1):
        yield item
        progress(done, len(items))


def part(progress: Progress, before: int, size: int, of_all: int) -> Progress:
    """
    Return the progress of a part of a work, whatever the part itself is counted by.

    Args:
        progress: Of the whole.
        before: How much was done before the part.
        size: How much the part is.
        of_all: How much the whole is.
    """

    def told(done: int, of_part: int) -> None:
        """Tell of the part as of a piece of the whole; one of nothing is done."""
        progress(before + (size * done // of_part if of_part else size), of_all)

    return told


def parts(progress: Progress, count: int) -> list[Progress]:
    """
    Return a progress for each of *count* parts of a work, which are done one after the other.

    What is told of the whole are shares, not files or bytes: each part counts for as much as another, since how
    much there is to do in a later one is not known before it begins. A part that turns out to be needless is told
    by ``(0, 0)``.
    """
    return [part(progress, SHARES * number, SHARES, SHARES * count) for number in range(count)]
