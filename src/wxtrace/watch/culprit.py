"""Who held an event loop: the code that was seen there, and whose it was. Names and lines only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from wxtrace.tag import Request


@dataclass(frozen=True, slots=True)
class Culprit:
    """
    What held a loop.

    `function`, `file` and `line` are None where nothing was seen. `call` is what that line calls, as it is
    written there; `innermost` where that call stood, if it is Python's. `looks` says how often it was seen.
    `tasks` counts those that were seen there one after the other, if there were several: then none is named.
    `requests` are those that they worked for, `alone` the only one if it is.
    """

    function: str | None = None
    file: str | None = None
    line: int | None = None
    call: str | None = None
    innermost: str | None = None
    task: str | None = None
    openid: str | None = None
    trace_id: str | None = None
    tasks: int = 0
    looks: int = 0
    requests: frozenset[Request] = frozenset()
    alone: Request | None = None

    @property
    def name(self) -> str:
        """What a wait span is called."""
        if self.function is None:
            return "blocked by what was not seen"
        return f"blocked by {self.function} ({self.file}:{self.line})"

    def document(self, asking: Request | None = None) -> dict[str, Any]:
        """
        Return it as JSON has it; what is not known is left out.

        Args:
            asking: The request for which it is told: `self` says whether it is its own.
        """
        told = {name: getattr(self, name) for name in _TOLD if getattr(self, name) not in (None, 0)}
        return told | {"self": asking in self.requests}


_TOLD: Final = (
    *("function", "file", "line", "call", "innermost"),
    *("task", "openid", "trace_id", "tasks", "looks"),
)
NOT_SEEN: Final = Culprit()
"""What held a loop while nobody could look."""


def shortened(openid: str | None) -> str | None:
    """Return an openid as it is shown to others: its first character and its last two."""
    return None if openid is None else f"{openid[:1]}…{openid[-2:]}"
