"""Workers of a real server, killed by SIGKILL with fifty requests in flight: what had happened is found."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import signal
from collections import Counter
from collections.abc import Collection
from contextlib import closing
from functools import partial
from operator import itemgetter
from pathlib import Path

import pytest
from survival_kit import PATIENCE, Server, command_line, push, serving, until
from survival_ledger import STAMP, InFlight, lines_of, rows, spans_of

from wxtrace import find
from wxtrace.seal.seal import seal

KILLS = int(os.environ.get("WXTRACE_KILLS", "3"))
IN_FLIGHT = 50
SENDERS = 130
THREADS = 1 + 8 + min(32, (os.cpu_count() or 1) + 4)
"""The loop's, the app's pool, asyncio's: in each, one span may have ended that the ledger could not tell of."""


@pytest.fixture(
    name="killed", scope="module", params=[("light", KILLS), ("contrib", 1), ("sdk", 1)], ids=itemgetter(0)
)
def _killed(request, tmp_path_factory):
    """Kill one worker of two after the other, each at a random moment with fifty requests in flight."""
    variant, kills = request.param
    store = tmp_path_factory.mktemp("killed") / "store"
    with serving(store, "--workers", "2", PACE="0.4", VARIANT=variant) as server:
        victims = asyncio.run(kill_under_load(server, kills))
        server.stop()
    return store, server.ledger, victims


async def kill_under_load(server: Server, kills: int) -> dict[int, list[str]]:
    """Keep senders busy and kill workers; return the requests that were in flight in each of the killed."""
    numbers, is_over = itertools.count(1), asyncio.Event()

    async def sender() -> None:
        """Send one push after the other until it is over."""
        while not is_over.is_set():
            await push(server.port, f"o{next(numbers)}")

    senders = [asyncio.create_task(sender()) for _ in range(SENDERS)]
    victims: dict[int, list[str]] = {}
    with closing(InFlight(server.ledger)) as in_flight:
        for _ in range(kills):
            victim = await stopped_while_busy(in_flight, victims)
            victims[victim] = [*in_flight.openids[victim]]
            os.kill(victim, signal.SIGKILL)
    is_over.set()
    await asyncio.wait_for(asyncio.gather(*senders), PATIENCE)
    return victims


async def stopped_while_busy(in_flight: InFlight, dead: Collection[int]) -> int:
    """Stop a worker at a random moment at which it has fifty requests in flight; return it, still stopped."""
    in_flight.read_on()
    lines = in_flight.lines + random.randrange(4000)
    async with asyncio.timeout(PATIENCE):
        while True:
            worker = busiest(in_flight, dead)
            if in_flight.lines >= lines and worker:
                os.kill(worker, signal.SIGSTOP)  # else it answers on while the ledger is read
                until(partial(is_stopped, worker))
                if busiest(in_flight, dead) == worker:
                    return worker
                os.kill(worker, signal.SIGCONT)
            await asyncio.sleep(0.005)


def is_stopped(pid: int) -> bool:
    """Say whether all threads of a process stand still; each of them ends its call into the kernel first."""
    try:
        stats = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    except FileNotFoundError:  # one of them has just ended
        return False
    return {"T"} == {stat.rpartition(")")[2].split()[0] for stat in stats}


def busiest(in_flight: InFlight, dead: Collection[int]) -> int:
    """Return the living worker with the most requests in flight, 0 if these are not fifty."""
    in_flight.read_on()
    found = {pid: len(some) for pid, some in in_flight.openids.items() if pid not in dead}
    worker = max(found, key=found.__getitem__, default=0)
    return worker if found.get(worker, 0) >= IN_FLIGHT else 0


@pytest.fixture(name="found", params=["unsealed", "sealed"])
def _found(request, killed):
    """What a lookup finds, from the journals and then from Parquet."""
    store, _, _ = killed
    if request.param == "sealed":
        seal(str(store))
    return rows(store)


def test_workers_died_busy(killed):
    """
    Each of the killed had fifty requests in flight: the tests of this file test something.
    """
    _, _, victims = killed

    assert min(len(openids) for openids in victims.values()) >= IN_FLIGHT


def test_every_span_that_had_ended_is_found(killed, found):
    """
    A span whose end the ledger tells has its record.
    """
    _, ledger, _ = killed

    assert set() == ledger.ended() - spans_of(found.spans, "closed")


def test_every_log_line_is_found(killed, found):
    """
    A log call that had returned has its record.
    """
    _, ledger, _ = killed

    assert set() == ledger.said() - lines_of(found.logs)


def test_every_span_that_had_begun_is_found(killed, found):
    """
    A span whose end the ledger does not tell has crashed, with its module; at most one a thread ended just then.
    """
    _, ledger, victims = killed
    unended = ledger.unended()

    assert set() == unended - spans_of(found.spans, "closed", "crashed")
    assert len(unended - spans_of(found.spans, "crashed")) <= len(victims) * THREADS


def test_every_request_in_flight_crashed(killed, found):
    """
    A request without a reply is shown as crashed, and nothing twice.
    """
    _, _, victims = killed
    in_flight = {openid for openids in victims.values() for openid in openids}
    access = [row for row in found.spans if row.layer == "access" and row.module == "asgi"]

    assert in_flight == {row.openid for row in access if row.state == "crashed"} & in_flight
    assert {1} == set(Counter((row.writer, row.seq) for row in found.spans).values())


def test_the_command_line_tells_where_a_request_was(killed, found):
    """
    `wxtrace find --json` shows a request in flight as crashed, in the modules that it was in.
    """
    store, ledger, victims = killed
    openid = random.choice(next(iter(victims.values())))
    told = command_line("find", "--openid", openid, "--stamp", str(STAMP), "--store", str(store), "--json")
    (attempt,) = json.loads(told.stdout)["attempts"]
    was_in = {module for whose, _, module in ledger.unended() if whose == openid}

    assert (0, "crashed") == (told.returncode, attempt["state"])
    assert was_in <= {row["module"] for row in attempt["spans"]}


def test_find_tells_every_request(killed, found):
    """
    `wxtrace.find` has an attempt for every request that came in; one more for a worker that died as one came in.
    """
    store, ledger, victims = killed
    attempts = [one.rebuilt for one in find(stamp=STAMP, store=store).attempts]
    unwritten = [one.state for one in attempts if one.openid not in ledger.openids("in")]

    assert set() == ledger.openids("in") - {attempt.openid for attempt in attempts}
    assert ["crashed"] * len(unwritten) == unwritten
    assert len(unwritten) <= len(victims)
    assert ledger.openids("done") == {attempt.openid for attempt in attempts if attempt.state == "closed"} & (
        ledger.openids("done")
    )
