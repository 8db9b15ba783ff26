"""
The vocabulary of an answer: what was found out about a push, before it is put into words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from wxtrace.explain.seen import NOTHING_SEEN, Seen
from wxtrace.rebuild.attempt import Job

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

ACCESS_TO_LOGIC: Final = "access→logic"
"""The part of an attempt before anything but the access layer had begun."""


@dataclass(frozen=True, slots=True)
class Part:
    """
    A part of an attempt's time: of what, and how many nanoseconds.

    `detail` is the statement or call of the span that held most of it, None if
    its name says no more than the module.
    """

    what: str
    ns: int
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What a verdict rests on; a sentence is made of it.

    `attempt` counts from 1 among the `attempts` of its push. `detail` is the
    statement or call that held the module's time, or why a reply is refused.
    `clock_ahead_ns` is how far at most the host's clock is ahead of WeChat's, if
    that is known; `delay_ns` is what the clocks had, not corrected by it. `entrance`
    is where the alarm says that the attempt went, if that is not here. `is_retry` is
    whether WeChat took this attempt after others that were not recorded. `busy` is how
    many slow requests were under way when a push was sent that is not there. `never_connected`
    is whether the alarm is about an attempt that cannot have got here. `alarmed`: there was an alarm.
    `by_alarm`: it is the alarm, not the record, that says what is wrong with the
    reply. `other_reply`: the alarm speaks of another reply than the one recorded; then `detail` is
    what is wrong with that, and `reply_bytes` how long the one sent was, and the one that WeChat got.
    `seen` is what was seen of it while it ran, if it hung. `jobs` are what it left to workers, and `behind` is
    the service behind in which the module is, or of which alone there are records; None for none.
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
    clock_ahead_ns: int | None = None
    entrance: str | None = None
    is_retry: bool = False
    busy: int = 0
    never_connected: bool = False
    alarmed: bool = False
    by_alarm: bool = False
    other_reply: bool = False
    reply_bytes: tuple[int, int] | None = None
    seen: Seen = NOTHING_SEEN
    jobs: tuple[Job, ...] = ()
    behind: str | None = None


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
