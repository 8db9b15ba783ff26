"""
An answer: the attempts of a push, each with its modules and its verdict, and the evidence.

It is what everything that shows a lookup starts from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wxtrace.explain.chain import Chain
from wxtrace.explain.verdict import Verdict
from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.modules import ModuleTime
from wxtrace.row import SpanRow

if TYPE_CHECKING:
    from wxtrace.alarm.alarm import Alarm
    from wxtrace.explain.around import Around
    from wxtrace.explain.clock import Skew
    from wxtrace.explain.match import Match
    from wxtrace.explain.step import Step
    from wxtrace.scan.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Judged:
    """An attempt, whose time it was, and what that means."""

    rebuilt: Attempt
    times: tuple[ModuleTime, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What a lookup found.

    `candidates` are pushes of the same stamp that carry no openid (component
    pushes); they may be the one that was meant, and are never picked silently.
    `chains` are the attempts of each push as one incident. What follows is known
    where it was asked by an alarm, or nothing was found: the `alarm`, the pushes
    that it may mean (`matches`, the likeliest first), what else came `around` that
    time, how far each host's clock may be off (`skews`), and the guide's checks
    with their answers (`steps`). `others` are the answers to the other alarms of a text, and
    `unanswered` those of its alarms that name neither a push nor a time.
    """

    openid: str | None
    stamp: int | None
    attempts: tuple[Judged, ...]
    verdict: Verdict
    evidence: Evidence
    candidates: tuple[SpanRow, ...] = ()
    chains: tuple[Chain, ...] = ()
    alarm: Alarm | None = None
    matches: tuple[Match, ...] = ()
    around: Around | None = None
    skews: tuple[Skew, ...] = ()
    steps: tuple[Step, ...] = ()
    others: tuple[Answer, ...] = ()
    unanswered: tuple[Alarm, ...] = ()

    @property
    def found(self) -> bool:
        """Say whether any attempt was found."""
        return bool(self.attempts)
