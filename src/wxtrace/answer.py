"""
An answer: the attempts of a push, each with its modules and its verdict, and the evidence.

It is what everything that shows a lookup starts from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wxtrace.explain.verdict import Verdict
from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.modules import ModuleTime
from wxtrace.row import SpanRow

if TYPE_CHECKING:
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
    """

    openid: str | None
    stamp: int
    attempts: tuple[Judged, ...]
    verdict: Verdict
    evidence: Evidence
    candidates: tuple[SpanRow, ...] = ()

    @property
    def found(self) -> bool:
        """Say whether any attempt was found."""
        return bool(self.attempts)
