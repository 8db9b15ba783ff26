"""Every scenario in its variants, several at once: played, written down, looked up, compared."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from typing import Final

from scenarios.lookup import FAILED, Told, look_up
from scenarios.matrix import Compared
from scenarios.plays import absent, broken, refused, slow
from scenarios.stage import Part, Played, Stage, stage
from scenarios.truth import Ledger, NotProduced, Truth
from wxtrace.errors import SealBusy
from wxtrace.seal.lock import held
from wxtrace.store import paths

Play = Callable[[Stage], Awaitable[Played]]

PLAYS: Final[Mapping[str, Play]] = {
    "unrecorded": absent.unrecorded,
    "never_arrived": absent.never_arrived,
    "mixed": broken.mixed,
    "arrived_late": slow.arrived_late,
    "waited": slow.waited,
    "slow_module": slow.slow_module,
    "elsewhere": broken.elsewhere,
    "crashed": broken.crashed,
    "status_201": refused.status_201,
    "quoted_success": refused.quoted_success,
    "bad_reply": refused.bad_reply,
    "healthy": refused.healthy,
}
"""The scenarios by their names, the longest first."""

AT_ONCE: Final = 9
"""How many are played at once; most of their time they wait."""

NOT_PRODUCED: Final = "(not produced)"
"""Stands for the expected case where a scenario did not come about."""

_SEALED_WITHIN_S: Final = 20.0


def play_all(parts: list[Part], folder: Path, at_once: int = AT_ONCE) -> Iterator[Compared]:
    """
    Play variants of scenarios and look each one up; yield each as it is done.

    Args:
        parts: What to play.
        folder: Where all of it is left: stores, alarms, answers, and ``expected.jsonl``.
        at_once: How many at a time.

    Raises:
        ServerFailed: The example server does not come up.
    """
    ledger = Ledger(folder / "expected.jsonl")
    with ThreadPoolExecutor(at_once) as pool:
        running = [pool.submit(_play, part, folder, ledger) for part in parts]
        try:
            for done in as_completed(running):
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _play(part: Part, folder: Path, ledger: Ledger) -> Compared:
    own = folder / f"{part.scenario}-{part.variant}"
    own.mkdir()
    try:
        compared = asyncio.run(_looked_up(part, own, ledger))
    except NotProduced as error:
        compared = Compared(part.scenario, part.variant, Truth(NOT_PRODUCED), Told(FAILED, None, None, str(error)))
    for store in own.glob("*/store"):
        _wait_for_sealer(store)
    return compared


async def _looked_up(part: Part, own: Path, ledger: Ledger) -> Compared:
    async with stage(own, part) as playing:
        played = await PLAYS[part.scenario](playing)
        ledger.write(part.scenario, part.variant, played.truth)
        told = await asyncio.to_thread(look_up, played, own)
    return Compared(part.scenario, part.variant, played.truth, told)


def _wait_for_sealer(store: Path) -> None:
    """Wait until the sealer, which goes when no writer is left, has gone too."""
    with suppress(SealBusy), held(paths.journal_folder(str(store)) / paths.SEALER_LOCK, _SEALED_WITHIN_S):
        pass
