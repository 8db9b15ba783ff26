"""The figures of runs, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from scenarios.jobs.judge import Judged

_HEAD: Final = (
    *("broker", "pushes", "kills", "job attempts", "found", "more", "pushes with several"),
    *("log lines", "found", "mixed up", "wrong"),
)


def table(judged: Sequence[Judged]) -> str:
    """Return a Markdown table, a row for each run."""
    rows = [_HEAD, tuple("---" if place == 0 else "---:" for place in range(len(_HEAD))), *map(_row, judged)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(one: Judged) -> tuple[str, ...]:
    figures = (one.pushes, one.kills, one.attempts, one.found, one.more, one.again, one.lines, one.lines_found)
    return one.broker, *(f"{figure:,}" for figure in (*figures, one.mixed, len(one.wrong)))
