"""
The vocabulary of an answer: what was found out about a push, before it is put into words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NEVER_ARRIVED: Final = "never_arrived"
CANNOT_KNOW: Final = "cannot_know"
ARRIVED_LATE: Final = "arrived_late"
WAITED: Final = "waited"
SLOW_MODULE: Final = "slow_module"
REFUSED_REPLY: Final = "refused_reply"
NO_REPLY: Final = "no_reply"
CRASHED: Final = "crashed"
OPEN: Final = "open"
REPLIED: Final = "replied"
UNRECORDED: Final = "unrecorded"
"""The cases of a verdict, as the JSON has them; `UNRECORDED`: the access span itself is missing."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an attempt's time: of what, and how many nanoseconds."""

    what: str
    ns: int


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What a verdict rests on; a sentence is made of it.

    `attempt` counts from 1 among the `attempts` of its push. `detail` is the
    statement or call that held the module's time, or why a reply is refused.
    """

    push: int = 0
    attempt: int = 0
    attempts: int = 0
    duration_ns: int = 0
    delay_ns: int | None = None
    share_ns: int = 0
    detail: str | None = None
    http_status: int | None = None
    status_assumed: bool = False
    host: str = ""
    pid: int = 0
    hung_up: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    Whose the time was: the case, the module if one is to blame, and how sure that is.

    `confidence` is ``high``, ``medium`` or ``low``. The parts add up to the
    attempt. `text` is one line in the reader's language.
    """

    case: str
    layer: str | None
    module: str | None
    confidence: str
    parts: tuple[Part, ...]
    facts: Facts
    text: str = ""

    def __str__(self) -> str:
        return self.text
