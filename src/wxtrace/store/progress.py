"""
How far long work has come, for whoever wants to show it.

What works tells a `Progress` how much is done, and of how much: files, or bytes.
It never goes back, and ends with all of it done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

Progress = Callable[[int, int], None]
"""Is told how much is done, and of how much."""

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


def parts(progress: Progress, count: int) -> list[Progress]:
    """
    Return a progress for each of *count* parts of a work, which are done one after the other.

    How much a later part has to do is not known before it begins: until then it is taken for as much as the
    part before it. A part that turns out to be needless is told by ``(0, 0)``.
    """
    sizes = [0] * count

    def part(number: int) -> Progress:
        """Return the progress of one part."""

        def told(done: int, of_all: int) -> None:
            """Tell of this part, after those before it and with those that follow."""
            before, sizes[number] = sum(sizes[:number]), of_all
            progress(before + done, before + of_all * (count - number))

        return told

    return [part(number) for number in range(count)]
