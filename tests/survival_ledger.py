"""What happened, as the survival app's ledger tells, and what is found of it."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wxtrace.row import LogRow, SpanRow
from wxtrace.scan.scan import Scanned, scan

STAMP = int(os.environ.get("STAMP") or time.time())
"""The stamp of all pushes of these tests, in their processes too."""


@dataclass(frozen=True)
class Ledger:
    """The ledger of an app, read anew at each question."""

    path: Path

    def lines(self) -> list[list[str]]:
        """Return its lines, as words."""
        try:
            whole, _, _ = self.path.read_text("ascii").rpartition("\n")  # the last one may just be written
            return [line.split() for line in whole.splitlines()]
        except FileNotFoundError:
            return []

    def told(self, verb: str) -> list[list[str]]:
        """Return what follows *verb* in the lines that have it."""
        return [words[2:] for words in self.lines() if words[1] == verb]

    def openids(self, verb: str) -> set[str]:
        """Return the openids of the lines with *verb*."""
        return {words[0] for words in self.told(verb)}

    def served_by(self, openid: str) -> int:
        """Return the process that has served a request; 0 while it is not over."""
        return next((int(words[0]) for words in self.lines() if words[1:] == ["done", openid]), 0)

    def ended(self) -> set[tuple[str, str, str]]:
        """Return openid, span id and module of the spans that ended."""
        return {(openid, span_id, module) for openid, span_id, module in self.told("left")}

    def unended(self) -> set[tuple[str, str, str]]:
        """Return openid, span id and module of the spans that began, and whose end it does not tell."""
        return {(openid, span_id, module) for openid, span_id, module in self.told("enter")} - self.ended()

    def said(self) -> set[tuple[str, str]]:
        """Return openid and number of the log lines."""
        return {(openid, number) for openid, number in self.told("log")}


class InFlight:
    """
    The requests whose reply had not begun, by process, as far as an app's ledger was read; it grows fast.

    Args:
        ledger: The ledger.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.lines = 0
        self.openids: dict[int, dict[str, None]] = defaultdict(dict)
        self._file = ledger.path.open("r", encoding="ascii")
        self._rest = ""

    def read_on(self) -> None:
        """Read what was added since."""
        *whole, self._rest = (self._rest + self._file.read()).split("\n")
        self.lines += len(whole)
        for pid, verb, openid, *_ in map(str.split, whole):
            if verb == "in":
                self.openids[int(pid)][openid] = None
            elif verb == "out":
                self.openids[int(pid)].pop(openid, None)

    def close(self) -> None:
        """Read no more."""
        self._file.close()


SEEN_BY_WXTRACE = ("executor", "threads", "event loop")
"""Waits that are recorded where somebody had to wait; the app tells of none of them."""


def rows(*stores: Path, openid: str | None = None, everything: bool = False) -> Scanned:
    """Return what is found of these tests' pushes, but for what wxtrace itself saw; or *everything*."""
    found = scan([str(store) for store in stores], openid, STAMP)
    if everything:
        return found
    return replace(
        found,
        spans=tuple(span for span in found.spans if span.module not in SEEN_BY_WXTRACE),
        logs=tuple(log for log in found.logs if log.logger != "wxtrace.watch"),
    )


def spans_of(
    found: Sequence[SpanRow], *states: str, besides: Sequence[str] = ()
) -> set[tuple[str | None, str, str]]:
    """Return openid, span id and module of the rows in one of *states*, but for those of the modules *besides*."""
    return {
        (row.openid, row.span_id, row.module) for row in found if row.state in states and row.module not in besides
    }


def lines_of(found: Sequence[LogRow]) -> set[tuple[str | None, str]]:
    """Return openid and number of the log lines."""
    return {(row.openid, str(row.attributes.get("number"))) for row in found}
