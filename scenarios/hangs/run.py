"""Ways to hang, some at once: played, written down, looked up while it hangs, when killed, when sealed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scenarios.hangs.asking import look_up, seal
from scenarios.hangs.due import Asked, Said
from scenarios.hangs.house import MARKS_S, House, house
from scenarios.hangs.needs import missing
from scenarios.hangs.plays import HANGS
from scenarios.stage import Part
from scenarios.truth import Ledger, NotProduced

WITHIN_S: Final = 1.0
"""So soon after the last mark a lookup must name what is due."""

PHASES: Final = ("hanging", "dead", "sealed")
"""When it is looked up: while it hangs, when its process is dead, when its journal is Parquet."""

_AFTER_MARK_S: Final = 0.2  # two ticks of the watchdog
_PATIENCE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Hung:
    """
    One request of a way to hang, and what the lookups said of it.

    Args:
        hang, loop: What was played, and under which event loop.
        asked: The request, and what is due; None where nothing came about.
        said: What each lookup said, in the order of `PHASES`.
        mark: At which age it was looked at for the last time, in seconds; None where others were looked up before.
        missing: What this machine lacks to play it.
        trouble: Why it did not come about.
    """

    hang: str
    loop: str
    asked: Asked | None = None
    said: tuple[Said, ...] = ()
    mark: float | None = None
    missing: tuple[str, ...] = ()
    trouble: str = ""

    @property
    def named(self) -> bool:
        """Whether each lookup named what is due."""
        return self.asked is not None and not any(said.faults for said in self.said)

    @property
    def in_time(self) -> bool:
        """Whether the first lookup had said it soon enough after the last mark."""
        return self.mark is None or self.said[0].age <= self.mark + WITHIN_S


def play_all(
    hangs: Iterable[tuple[str, str]], folder: Path, seed: int, at_once: int, marks: tuple[float, ...] = MARKS_S
) -> Iterator[Hung]:
    """
    Play ways to hang, and look each up; yield them as they are done.

    Args:
        hangs: Which, and under which event loop each.
        folder: Where all of it is left: stores, answers, and ``expected.jsonl``.
        seed: What is drawn is drawn from it.
        at_once: How many at a time.
        marks: At which ages the servers look at requests, in seconds.
    """
    ledger = Ledger(folder / "expected.jsonl")
    with ThreadPoolExecutor(at_once) as pool:
        running = [pool.submit(_play, name, loop, folder, ledger, seed, marks) for name, loop in hangs]
        try:
            for done in as_completed(running):
                yield from done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _play(name: str, loop: str, folder: Path, ledger: Ledger, seed: int, marks: tuple[float, ...]) -> list[Hung]:
    lacking = missing(HANGS[name].needs)
    if lacking:
        return [Hung(name, loop, missing=tuple(lacking))]
    own = folder / f"{name}-{loop}"
    own.mkdir()
    try:
        return asyncio.run(_looked_up(Part(name, 1, seed), loop, own, ledger, marks))
    except NotProduced as error:
        return [Hung(name, loop, trouble=str(error))]


async def _looked_up(part: Part, loop: str, own: Path, ledger: Ledger, marks: tuple[float, ...]) -> list[Hung]:
    async with house(own, part, loop, marks) as playing:
        hang = HANGS[part.scenario]
        await hang.play(playing)
        for asked in playing.asked:
            ledger.write(f"{part.scenario} {loop} {asked.who}", part.variant, asked.due)
        hanging = [await _at_its_mark(playing, asked) for asked in playing.asked]
        await asyncio.to_thread(hang.end, playing.server)
        dead = await _all(playing, PHASES[1])
        trouble = await asyncio.to_thread(seal, playing.server.store)
        if trouble:
            raise NotProduced(f"not sealed: {trouble}")
        sealed = await _all(playing, PHASES[2])
    said = zip(hanging, dead, sealed, strict=True)
    of_each = enumerate(zip(playing.asked, said, strict=True))
    return [
        Hung(part.scenario, loop, asked, three, None if place else marks[-1]) for place, (asked, three) in of_each
    ]


async def _at_its_mark(playing: House, asked: Asked) -> Said:
    await playing.until(asked.sent, playing.marks[-1] + _AFTER_MARK_S)
    while (said := await _look_up(playing, asked, PHASES[0])).faults and said.age < playing.marks[-1] + _PATIENCE_S:
        pass  # a busy machine's watchdog comes late; how late is in what is returned
    return said


async def _all(playing: House, phase: str) -> list[Said]:
    return [await _look_up(playing, asked, phase) for asked in playing.asked]


async def _look_up(playing: House, asked: Asked, phase: str) -> Said:
    answer = playing.stage.folder / f"{asked.who.replace(' ', '-')}-{phase}.json"
    return await asyncio.to_thread(look_up, asked, playing.server.store, answer)
