"""What the lookups named, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scenarios.hangs.run import PHASES, Hung
from scenarios.matrix import laid_out


def table(hung: Sequence[Hung]) -> str:
    """Return a table with a row for each request that was looked up."""
    rows = [["hang", "loop", "of whom", *PHASES, "due"]]
    rows += [_row(one) for one in hung if one.asked is not None]
    return laid_out(rows, left=(0, 1, 2, 6))


def troubles(one: Hung) -> Iterator[str]:
    """Yield, in a line each, what is wrong with one of them, or why it was not played."""
    who = f"{one.hang}, {one.loop}"
    if one.missing:
        yield f"not played: {who}: {', '.join(one.missing)} not here"
    if one.trouble:
        yield f"NOT PRODUCED: {who}: {one.trouble}"
    for phase, said in zip(PHASES, one.said, strict=False):
        for fault in said.faults:
            yield f"WRONG: {who}, {one.asked and one.asked.who}, {phase}: {fault}"
        if said.faults:
            yield f"       it said: {said.text}"
    if not one.in_time:
        yield f"LATE: {who}, {one.asked and one.asked.who}: said after {one.said[0].age:.1f} s"


def _row(one: Hung) -> list[str]:
    first, *later = ["WRONG" if said.faults else "named" for said in one.said]
    assert one.asked is not None
    return [one.hang, one.loop, one.asked.who, f"{first} {one.said[0].age:.1f} s", *later, str(one.asked.due)]
