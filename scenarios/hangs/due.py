"""What a lookup must name of a request that hangs; written down before anybody looks it up."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.hangs.lines import Place
from wxtrace.demo.pushes import Push


@dataclass(frozen=True, slots=True)
class Culprit:
    """
    Who holds what a request waits for, and where.

    Args:
        place: The line.
        openid: Whose request it is, shortened; None where nothing ran any more that could tell, or it is many.
    """

    place: Place
    openid: str | None

    def __str__(self) -> str:
        return f"held by {self.openid} {self.place}" if self.openid else f"held at {self.place}"


@dataclass(frozen=True, slots=True)
class Due:
    """
    What must be named; None for what need not.

    Args:
        stuck: The line of the app's own code at which the request stands.
        culprit: Who holds it up.
        wait: The queue in which it stands: the module of a span of layer ``wait``.
        case: The verdict, where it is the same in all three lookups.
    """

    stuck: Place | None = None
    culprit: Culprit | None = None
    wait: str | None = None
    case: str | None = None

    def __str__(self) -> str:
        waits = f"waits: {self.wait}" if self.wait else None
        return ", ".join(str(part) for part in (self.stuck, self.culprit, waits, self.case) if part)


@dataclass(frozen=True, slots=True)
class Sent:
    """
    A push that was sent.

    Args:
        push: The push.
        at: When, by the monotonic clock, in seconds.
    """

    push: Push
    at: float

    @property
    def shortened(self) -> str:
        """The openid as a culprit is told to others."""
        return f"{self.push.openid[0]}…{self.push.openid[-2:]}"


@dataclass(frozen=True, slots=True)
class Asked:
    """
    A push that is looked up.

    Args:
        who: Its part in the scenario.
        sent: The push, and when it was sent.
        due: What a lookup must name.
    """

    who: str
    sent: Sent
    due: Due


@dataclass(frozen=True, slots=True)
class Said:
    """
    What a lookup said, and what it did not.

    Args:
        faults: What is missing or wrong, each in a line.
        age: How old the request was when it was said, in seconds.
        text: The verdict, in words.
        cpu: How much of a CPU's time the lookup took, in seconds.
    """

    faults: tuple[str, ...]
    age: float
    text: str
    cpu: float = 0.0
