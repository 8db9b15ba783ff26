"""Expected against got, as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from scenarios.lookup import Told
from scenarios.truth import Truth


@dataclass(frozen=True, slots=True)
class Compared:
    """One variant of a scenario: what is true, and what the lookup said."""

    scenario: str
    variant: int
    truth: Truth
    told: Told

    @property
    def right(self) -> bool:
        """Whether the case is the expected one, and so is the module where one is."""
        named = (self.truth.layer, self.truth.module)
        return self.truth.case == self.told.case and named in ((None, None), (self.told.layer, self.told.module))

    @property
    def chained(self) -> bool:
        """Whether the lookup says rightly which attempt's reply WeChat took, where it found any attempt."""
        return not self.told.attempts or self.truth.taken == self.told.taken

    def __str__(self) -> str:
        """Both sides in a line, and below it what is wrong."""
        expected = _named(self.truth.case, self.truth.layer, self.truth.module)
        drawn = ", ".join(f"{name} {value}" for name, value in self.truth.drawn.items())
        lines = [f"{'right' if self.right else 'WRONG'}  {self.scenario} {self.variant} ({drawn}): {expected}"]
        if not self.right:
            lines[0] += f"; got {_named(self.told.case, self.told.layer, self.told.module)}"
            lines.append(self.told.text)
        if not self.chained:
            lines.append(f"taken: attempt {self.truth.taken}; got {self.told.taken}")
        return "\n       ".join(lines)


def confusion(compared: Iterable[Compared]) -> str:
    """Return the confusion matrix: a row for each expected case, a column for each case that was got."""
    counted = Counter((one.truth.case, one.told.case) for one in compared)
    rows = sorted({expected for expected, _ in counted})
    columns = [*rows, *sorted({got for _, got in counted} - set(rows))]
    table = [["expected \\ got", *columns]]
    table += [[row, *(str(counted[row, column] or "·") for column in columns)] for row in rows]
    return laid_out(table)


def laid_out(table: Sequence[Sequence[str]], left: Collection[int] = (0,)) -> str:
    """
    Return a table as text.

    Args:
        table: Its rows, of the same length each.
        left: The columns whose cells stand at the left; the others stand at the right.
    """
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = []
    for row in table:
        cells = enumerate(zip(row, widths, strict=True))
        padded = [cell.ljust(width) if at in left else cell.rjust(width) for at, (cell, width) in cells]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines) + "\n"


def _named(case: str, layer: str | None, module: str | None) -> str:
    return f"{case} ({layer} · {module})" if module else case
