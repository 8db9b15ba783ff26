"""
What a verdict tells of a request that hangs: where it stood, who held it up, what its process said last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from wxtrace.explain.death import KILLED_WHILE_HELD, WITHOUT_A_WORD, Death
from wxtrace.explain.seen import UNKNOWN, Seen
from wxtrace.explain.stuck import Stuck
from wxtrace.rebuild.snapshot import EXIT, HELD
from wxtrace.row import LogRow
from wxtrace.show.places import COLUMNS, culprit_text, place_text, places_text
from wxtrace.show.terminal import clean, cut
from wxtrace.show.times import time_of_day
from wxtrace.show.words import Words

CAUSES: Final = {
    "segmentation fault": "segmentation fault",
    "abort": "it aborted (SIGABRT)",
    "bus error": "bus error",
    "illegal instruction": "illegal instruction",
    "floating point exception": "floating point exception",
    "out of memory": "out of memory",
    HELD: "the interpreter was held",
    EXIT: "it ended by itself",
    UNKNOWN: "nothing tells why",
}
"""What each known cause says."""


def document(seen: Seen) -> dict[str, Any]:
    """Return, as JSON's types, what a verdict rests on beside the times; None for what was not seen."""
    return {
        "stuck": None if seen.stuck is None else asdict(seen.stuck),
        "held": None if seen.held is None else asdict(seen.held),
        "holders": [asdict(holder) for holder in seen.holders],
        "silent_ns": seen.silent_ns,
        "cause": seen.cause,
        "cause_at": None if seen.cause_at is None else asdict(seen.cause_at),
        "death": None if seen.death is None else asdict(seen.death),
    }


def sentences(seen: Seen, say: Words) -> Iterator[str]:
    """Yield what is told after a verdict: where it stood, who held it up, how it went with its process."""
    if seen.stuck is not None and not seen.stuck.of_process:
        place = place_text(seen.stuck, say)
        yield say("After {age} it stood at {place}.", age=say.seconds(seen.stuck.age_ns), place=place)
        if seen.stuck.holds_loop:
            yield say("It held the event loop itself.")
    if seen.holders:
        yield say("The threads stood at {places}.", places=places_text(seen.holders, say))
    elif seen.held is not None:
        held = {"held": say.seconds(seen.held.ns), "culprit": culprit_text(seen.held.culprit, say)}
        yield say("For {held} of it the event loop was held by {culprit}.", **held)
    if seen.cause is not None:
        yield _end(seen.cause, seen.cause_at, say)
    if seen.death is not None:
        yield from _gone(seen.death, seen.last_line, say)
    if seen.silent_ns is not None:
        text = (
            "Nobody could look at it, and its process has finished nothing since {age} after its arrival: "
            "the interpreter is held in C, or its watch is switched off."
        )
        yield say(text, age=say.seconds(seen.silent_ns))


def _end(cause: str, at: Stuck | None, say: Words) -> str:
    """Return how it went with the process."""
    place = None if at is None else place_text(at, say)
    if cause == EXIT:
        return say("Its process ended by itself meanwhile.")
    if cause == WITHOUT_A_WORD:
        return say(
            "Its process left no word: killed by SIGKILL, by a signal that it does not handle, or by os._exit."
        )
    if cause == KILLED_WHILE_HELD:
        return say("Its process was killed while the interpreter was held at {place}.", place=place or "?")
    if cause == HELD and place is None:
        return say("Nothing of its process could run: the interpreter was held.")
    if cause == HELD:
        return say("Nothing of its process could run: the interpreter was held at {place}.", place=place)
    if place is None:
        return say("Its process died: {cause}.", cause=cause_text(cause, say))
    return say("Its process died: {cause}, at {place}.", cause=cause_text(cause, say), place=place)


def _gone(death: Death, last_line: LogRow | None, say: Words) -> Iterator[str]:
    """Yield what else is known of the end: want of memory, the last sign of life, the last line of the request."""
    if death.killed:
        text = "Meanwhile the kernel killed {count:process|processes} of its group for want of memory."
        if death.of_host:
            text = "Meanwhile the kernel killed {count:process|processes} of the host for want of memory."
        yield say(text, count=death.killed)
    moment = time_of_day(death.last_ns)
    if last_line is None:
        yield say("Its last sign of life: {time}.", time=moment)
    else:
        line = f"{time_of_day(last_line.time_ns)} {cut(clean(last_line.event), COLUMNS)}"
        yield say("Its last sign of life: {time}; the last line of this request: {line}.", time=moment, line=line)


def cause_text(cause: str, say: Words) -> str:
    """Return why a process died, or ran no more; what is not known by heart as it was recorded."""
    return say(CAUSES[cause]) if cause in CAUSES else cut(clean(cause), COLUMNS)
