"""
A push as one incident: its attempts in order, the work that was done again, what the user saw.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, Final

from wxtrace.explain.chain import SAW_MESSAGE, UNACCEPTABLE, Chain, Link
from wxtrace.explain.outcome import CRASHED, OPEN
from wxtrace.explain.repeated import Repeated
from wxtrace.show.folded import folded
from wxtrace.show.style import Style
from wxtrace.show.terminal import clean, cut, wrap
from wxtrace.show.words import Words

_OUTCOMES: Final = {
    "answered": "answered in time",
    "not_taken": "answered, but not taken: WeChat sent another",
    "too_late": "too late for WeChat",
    "refused": "refused by WeChat",
    "crashed": "its process died",
    "open": "not finished",
    "no_reply": "no reply recorded",
    "arrived_late": "arrived too late",
}
_SAW: Final = {
    "nothing": "The user saw nothing of it.",
    "unavailable": "The user saw “该公众号暂时无法提供服务”: nobody answered in time.",
    "refused": "The user saw “该公众号暂时无法提供服务”: WeChat refused the reply.",
    "unknown": "What the user saw cannot be told.",
}
_STATEMENT_COLUMNS, _BESIDE_STATEMENT = 40, 52


def lines(chain: Chain, style: Style) -> Iterator[str]:
    """Yield what WeChat got from each attempt, the work that was done again, and what the user saw."""
    say = style.words
    yield say("What WeChat got:")
    for link, before in zip(chain.links, (None, *chain.links), strict=False):
        yield from wrap(_link(link, before, say), style.width, "    ", "  ")
    if chain.unseen and chain.answered is None:
        text = (
            "WeChat tries {attempts} times when nobody replies: {count:attempt is|attempts are} not recorded here."
        )
        told = say(text, attempts=len(chain.links) + chain.unseen, count=chain.unseen)
        yield from folded("  " + told, style.width, "    ")
    if wrote := [one for one in chain.repeated if one.wrote is not None]:
        room = min(_STATEMENT_COLUMNS, style.width - _BESIDE_STATEMENT)
        yield from wrap(_again(wrote, room, say), style.width, "    ", "  ")
    yield from folded("  " + _saw(chain, say), style.width, "    ")


def is_worth_telling(one: Chain) -> bool:
    """Say whether there is more to an incident than one attempt that was answered."""
    return len(one.links) > 1 or one.answered is None or one.saw == SAW_MESSAGE


def outcome_text(outcome: str, words: Words) -> str:
    """Return what WeChat got, in words."""
    return words(_OUTCOMES[outcome])


def document(chain: Chain) -> dict[str, Any]:
    """Return the incident as JSON's types."""
    return asdict(chain)


def _link(link: Link, before: Link | None, say: Words) -> Iterator[str]:
    """Yield what is told of an attempt; from where and by whom, where it is not as with the one before."""
    if link.number == 1:
        yield say("Attempt {number}", number=link.number)
    else:
        after = say.seconds(link.after_previous_ns)
        yield say("Attempt {number}, {after} after the one before", number=link.number, after=after)
    yield from _end(link, say)
    if link.client and (before is None or link.client != before.client):
        yield say("from {client}", client=clean(link.client))
    if before is None or (link.host, link.pid) != (before.host, before.pid):
        yield f"{clean(link.host)} pid {link.pid}"


def _end(link: Link, say: Words) -> Iterator[str]:
    """Yield what became of an attempt, and how long it took as far as is known."""
    duration = say.seconds(link.duration_ns)
    if link.outcome == CRASHED:
        yield say("its process died after {duration} or later", duration=duration)
        return
    yield outcome_text(link.outcome, say)
    yield say("so far {duration}" if link.outcome == OPEN else "took {duration}", duration=duration)


def _again(repeated: Iterable[Repeated], room: int, say: Words) -> Iterator[str]:
    head = say("Done more than once: ")
    for one in repeated:
        numbers = say(", ").join(str(number) for number in one.attempts)
        yield head + say("{module} (attempts {numbers})", module=_work(one, room), numbers=numbers)
        head = ""


def _work(one: Repeated, room: int) -> str:
    return clean(one.module) + (f": {cut(clean(one.wrote), room)}" if one.wrote else "")


def _saw(chain: Chain, say: Words) -> str:
    if chain.saw == SAW_MESSAGE:
        text = "The user saw a message of the customer service after {after}."
        return say(text, after=say.seconds(chain.saw_after_ns or 0))
    if chain.saw_after_ns is not None:
        return say("The user saw the reply after {after}.", after=say.seconds(chain.saw_after_ns))
    return say(_SAW["refused" if chain.saw_because == UNACCEPTABLE else chain.saw])
