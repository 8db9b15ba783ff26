"""Tests of `wxtrace.store.progress`: whoever works tells how far it has come, and never goes back."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from wxtrace.store.progress import SHARES, Progress, carry_out, each, part, parts

Told = list[tuple[int, int]]


def listening() -> tuple[Told, Progress]:
    """Return what will have been told, and who is to be told it."""
    told: Told = []
    return told, lambda done, of_all: told.append((done, of_all))


def steps(count: int, done: list[int]) -> Iterator[int]:
    """Do some steps."""
    for number in range(count):
        done.append(number)
        yield number


def test_every_step_is_told_when_it_is_done() -> None:
    """
    Work of which nothing more is known than how many steps it takes is told step by step, from none to all.
    """
    told, progress = listening()
    carry_out([(2, steps(2, [])), (0, steps(0, [])), (1, steps(1, []))], progress)

    assert [(0, 3), (1, 3), (2, 3), (3, 3)] == told


def test_steps_that_nobody_expected_are_done_but_not_told() -> None:
    """
    What turns up on the way is done too; what is not there any more counts as done.
    """
    (told, progress), done = listening(), []
    carry_out([(1, steps(3, done)), (4, steps(2, done))], progress)

    assert [0, 1, 2, 0, 1] == done
    assert [(0, 5), (1, 5), (2, 5), (3, 5), (5, 5)] == told


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5))))
def test_work_never_goes_back_and_ends_with_all(planned: list[tuple[int, int]]) -> None:
    """
    However many steps were expected and taken, what is told grows, and the last of it is all.
    """
    told, progress = listening()
    carry_out([(expected, steps(taken, [])) for expected, taken in planned], progress)
    of_all = sum(expected for expected, _ in planned)

    assert sorted(set(told)) == told
    assert ((0, of_all), (of_all, of_all)) == (told[0], told[-1])


def test_each_of_some_things_is_told_when_the_next_one_is_asked_for() -> None:
    """
    A thing is done when whoever takes the things comes back for another.
    """
    told, progress = listening()

    assert ["a", "b"] == list(each(["a", "b"], progress))
    assert [(0, 2), (1, 2), (2, 2)] == told


def test_a_part_is_told_as_a_piece_of_the_whole() -> None:
    """
    Rows of a folder that has 50 of 200 bytes are told as bytes.
    """
    told, progress = listening()
    of_folder = part(progress, 100, 50, 200)
    for rows in (0, 3, 4):
        of_folder(rows, 4)

    assert [(100, 200), (137, 200), (150, 200)] == told


@given(st.lists(st.lists(st.integers(0, 9), max_size=3), min_size=1, max_size=4))
def test_parts_one_after_the_other_never_go_back_and_end_with_all(counts: list[list[int]]) -> None:
    """
    However much there is to do in each part, and if a part is needless, the whole grows to all.
    """
    told, progress = listening()
    for count, of_part in zip(counts, parts(progress, len(counts)), strict=True):
        if count:
            carry_out([(steps_, range(steps_)) for steps_ in count], of_part)
        else:
            of_part(0, 0)
    of_all = SHARES * len(counts)

    assert (sorted(told), (of_all, of_all)) == (told, told[-1])
