"""One run over one broker: pushes are sent, their jobs done by workers that are killed, and each push looked up."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final
from uuid import uuid4

from scenarios.jobs import ledger
from scenarios.jobs.crew import ROOT, Crew
from scenarios.jobs.judge import Judged, judge
from scenarios.jobs.place import BROKER, BROKERS, QUEUE
from scenarios.truth import NotProduced
from wxtrace.demo.pushes import KINDS, Account, Push, draw_account, draw_openid, make_push
from wxtrace.demo.sender import Sender
from wxtrace.demo.server import ServerFailed, free_port, serving
from wxtrace.errors import SealBusy
from wxtrace.seal.lock import held
from wxtrace.store import paths

_AT_ONCE: Final = 8
_LOOK_S: Final = 0.03
_PATIENCE_S: Final = 600.0
_UP_WITHIN_S: Final = 60.0
_SEALED_WITHIN_S: Final = 60.0
_SPARE: Final = 10
"""How many more pushes are sent where all jobs were done before all kills."""


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What a run is to do.

    Args:
        broker: Over which.
        jobs: How many pushes, with a job each.
        kills: How often a process with a job in hand is killed.
        workers: How many workers there are.
        seed: Draws the same again.
        whole: How likely a kill is for all processes of a worker, as when its host goes.
    """

    broker: str
    jobs: int
    kills: int
    workers: int
    seed: int
    whole: float = 0.25


def play(plan: Plan, folder: Path) -> Judged:
    """
    Do a run, and return what its lookups say beside what its ledger says.

    Args:
        plan: What to do.
        folder: Where all of it is left: the store, the ledger, the logs.

    Raises:
        ServerFailed: The web server does not come up.
        NotProduced: The jobs were not all done.
    """
    store, book = folder / "store", folder / "ledger"
    environment = _environment(plan, store, book)
    start = time.monotonic()
    with _web(environment, folder) as port, _crew(plan, environment, folder, book) as crew:
        pushes = asyncio.run(_Run(plan, crew, book, port).played())
    _wait_for_sealer(store)
    return judge(plan.broker, pushes, ledger.read(book), crew, store, time.monotonic() - start)


class _Run:
    """The sender, and who kills."""

    def __init__(self, plan: Plan, crew: Crew, book: Path, port: int) -> None:
        self._crew, self._book, self._sender = crew, book, Sender(port, hang_up=_PATIENCE_S)
        self._random = Random(plan.seed)
        self._account: Account = draw_account(self._random)
        self._jobs = plan.jobs
        self._kill_at = sorted(self._random.choices(range(plan.jobs), k=plan.kills))
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._pushes: list[Push] = []

    async def played(self) -> list[Push]:
        """Send the pushes, kill meanwhile, and return them when all jobs are done."""
        deadline = time.monotonic() + _PATIENCE_S
        sending = asyncio.create_task(self._send(self._jobs))
        while self._is_left(entries := self._looked(), sending):
            if time.monotonic() > deadline:
                raise NotProduced(f"{len(entries.done)} of {len(self._pushes)} jobs done")
            if sending.done():
                sending.result()
                if len(entries.done) >= len(self._pushes):
                    sending = asyncio.create_task(self._send(_SPARE))
            await asyncio.sleep(_LOOK_S)
        return self._pushes

    def _is_left(self, entries: ledger.Entries, sending: asyncio.Task[None]) -> bool:
        return bool(self._kill_at) or not sending.done() or len(entries.done) < len(self._pushes)

    def _looked(self) -> ledger.Entries:
        """Look into the ledger; kill where it is time."""
        self._crew.fill_up()
        entries = ledger.read(self._book)
        if self._kill_at and len(entries.done) >= self._kill_at[0] and self._crew.strike(entries):
            self._kill_at.pop(0)
        return entries

    async def _send(self, count: int) -> None:
        await asyncio.gather(*(self._send_one() for _ in range(count)))

    async def _send_one(self) -> None:
        async with self._turn:
            openid, stamp = draw_openid(self._random), int(time.time())
            push = make_push(self._account, KINDS[0], "plain", openid, stamp, self._random)
            self._pushes.append(push)
            attempt = await self._sender.request("POST", push.target, push.body)
        if (attempt.status, attempt.reply) != (200, b"success"):
            raise NotProduced(f"the web server replied {attempt.status} {attempt.reply!r}")


@contextmanager
def _web(environment: Mapping[str, str], folder: Path) -> Iterator[int]:
    port = free_port()
    application = ("scenarios.jobs.web:make_app", "--app-dir", str(ROOT))
    log = folder / "web.log"
    told = {**environment, "WXTRACE_SERVICE": "web"}
    with serving(port, told, log, workers=1, application=application) as process:
        deadline = time.monotonic() + _UP_WITHIN_S
        while asyncio.run(Sender(port, hang_up=_UP_WITHIN_S).request("GET", "/")).status is None:
            if process.poll() is not None or time.monotonic() > deadline:
                raise ServerFailed(log)
            time.sleep(_LOOK_S)
        yield port


@contextmanager
def _crew(plan: Plan, environment: Mapping[str, str], folder: Path, book: Path) -> Iterator[Crew]:
    told = {**environment, "WXTRACE_SERVICE": "worker"}
    random = Random(f"{plan.seed}/crew")
    log = folder / "workers.log"
    broker = BROKERS[plan.broker]
    whole = 0.0 if broker.by_parts else plan.whole
    crew = Crew(broker.worker, told, plan.workers, log, random, whole)
    try:
        yield crew
    finally:
        crew.end(ledger.read(book))


def _environment(plan: Plan, store: Path, book: Path) -> dict[str, str]:
    searched = [str(ROOT), str(ROOT / "src"), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        **BROKERS[plan.broker].settings,
        BROKER: plan.broker,
        QUEUE: f"wxtrace-jobs-{uuid4().hex[:12]}",
        ledger.VARIABLE: str(book),
        "WXTRACE_STORE": str(store),
        "PYTHONPATH": os.pathsep.join(searched),
    }


def _wait_for_sealer(store: Path) -> None:
    """Wait until the sealer, which goes when no writer is left, has gone too."""
    with suppress(SealBusy), held(paths.journal_folder(str(store)) / paths.SEALER_LOCK, _SEALED_WITHIN_S):
        pass
