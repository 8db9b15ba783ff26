"""What held the interpreter: whose it is said to be."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from hanging import Hang, run
from watching import beginning, ending, snapshots

from wxtrace.capture.inflight import in_flight
from wxtrace.store.stacks import TIMEOUT, Frame, Words
from wxtrace.watch.held import tell

LOCKED = Frame("locked", "hanging.py", 1, True)
PARSE = Frame("parse_menu", "menus.py", 88, True)
SECOND = 10**9


def told(captured: Any, frames: tuple[Frame, ...], culprit: dict[str, Any] | None = None, requests: int = 1) -> Any:
    """Let requests hang in `Hang.locked`, and say that *frames* held the interpreter two seconds ago."""

    async def main() -> None:
        """Hang, look, end."""
        in_flight.watch(lambda: None)
        async with Hang() as hang:
            tasks = [await beginning(hang.locked) for _ in range(requests)]
            captured.clock.advance(8)
            words = Words(time.time_ns(), TIMEOUT, None, frames)
            loop = {"lag_ns": 7, "blocked_ns": 5 * SECOND, "culprit": culprit}
            tell(words, list(in_flight), captured.clock.monotonic_ns(), lambda flight: loop)
            for task in tasks:
                await ending(task)

    try:
        run(main(), asyncio.new_event_loop)
    finally:
        in_flight.watch(None)
    return [
        ([frame["function"] for thread in one["threads"] for frame in thread["frames"]], one["loop"].get("culprit"))
        for one in snapshots(captured)
    ]


def test_the_only_request_that_stands_there_is_the_one(captured):
    """It is in the very function that was seen."""
    assert [(["locked"], None)] == told(captured, (LOCKED,))


def test_one_that_stands_elsewhere_had_to_wait(captured):
    """Who held it is gone, or nobody's request: the line is known, no more."""
    culprit = {"function": "parse_menu", "file": "menus.py", "line": 88, "self": False}

    assert [([], culprit)] == told(captured, (PARSE,))


def test_whoever_watches_the_loop_knows_whose_it_was(captured):
    """Who is known to have held it stood there; what is known of another one goes along."""
    its_own = {"function": "parse_menu", "self": True}
    others = {"function": "f", "file": "g.py", "line": 1, "trace_id": "ab", "self": False}
    named = others | {"function": "parse_menu", "file": "menus.py", "line": 88}

    assert [(["parse_menu"], its_own)] == told(captured, (PARSE,), its_own)
    assert ([], named) == told(captured, (LOCKED, PARSE), others)[-1]


def test_of_several_none_is_guessed(captured):
    """All stand in the same function: which of them it was is not said."""
    assert [[], []] == [frames for frames, _ in told(captured, (LOCKED,), requests=2)]
