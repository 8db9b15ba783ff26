"""
One variant measured in a process of its own; `cost.py` starts it.

The speed of a machine drifts, so CPU time is told in bare requests: each slice of the
variant's requests runs between two slices of the bare app's, and is divided by them. What
other threads spend during a bare slice is the variant's too, and so is what is still to be
handed on at the end, in this process or in another.
"""

from __future__ import annotations

import asyncio
import gc
import json
import math
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from costs import ours, peers
from costs.pushes import App, Push, ask, bare_logic, callback, draw_pushes, drive
from costs.variant import Variant

SLICE = 200
MARKS = 10
IN_FLIGHT = 50
VARIANTS: dict[str, Callable[[Path], Variant]] = {
    "bare": peers.bare,
    "structlog": peers.structlog_json,
    "assembled": peers.assembled,
    "wxtrace capture": ours.wxtrace_capture,
    "wxtrace": ours.wxtrace_rendered,
    "wxtrace on SDK": ours.wxtrace_on_sdk,
}


@dataclass(frozen=True, slots=True)
class Task:
    """
    What the process is to measure.

    Args:
        variant: Its name.
        mode: ``cpu``, ``busy``, ``tail`` or ``memory``.
        requests: How many are measured.
        warm: How many are sent before.
        folder: Where it may write; nobody takes it away while the process lives.
    """

    variant: str
    mode: str
    requests: int
    warm: int
    folder: str


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds: CPU of this thread, CPU of the process's others, and by the clock."""

    own: float
    others: float
    wall: float


class Burner:
    """A thread that needs the CPU all the time; its own CPU is told, so that it can be left out."""

    def __init__(self) -> None:
        self._thread = threading.Thread(target=self._burn, daemon=True)
        self._thread.start()
        self._clock = time.pthread_getcpuclockid(self._thread.ident or 0)

    def spent(self) -> float:
        """Return the CPU seconds it has burnt."""
        return time.clock_gettime(self._clock)

    def _burn(self) -> None:
        while True:
            sum(range(1000))


class Meter:
    """
    Sends slices of requests and tells what each cost.

    Args:
        is_busy: Beside a thread that burns, and with many requests in flight.
    """

    def __init__(self, pushes: list[Push], *, is_busy: bool) -> None:
        self._pushes = pushes
        self._in_flight = IN_FLIGHT if is_busy else 1
        self._burnt = Burner().spent if is_busy else float

    async def spend(self, app: App, count: int) -> Spent:
        """Send *count* pushes to *app*."""
        began = self._now()
        await drive(app, self._pushes, count, self._in_flight)
        return Spent(*(now - then for now, then in zip(self._now(), began, strict=True)))

    def spend_on(self, action: Callable[[], object]) -> Spent:
        """Call *action*."""
        began = self._now()
        action()
        return Spent(*(now - then for now, then in zip(self._now(), began, strict=True)))

    async def bare(self) -> Spent:
        """Send a slice to the bare app, which does not tidy up behind the variant."""
        gc.disable()
        try:
            return await self.spend(BARE, SLICE)
        finally:
            gc.enable()

    def _now(self) -> tuple[float, float, float]:
        own = time.thread_time()
        return own, time.process_time() - own - self._burnt(), time.perf_counter()


BARE = callback(bare_logic)


async def cpu(task: Task, variant: Variant, pushes: list[Push]) -> dict[str, Any]:
    """Return what a request costs in bare requests: CPU all told, what of it is spent afterwards, the clock."""
    meter = Meter(pushes, is_busy=task.mode == "busy")
    await meter.spend(BARE, 10 * SLICE)
    before = await meter.bare()
    units = wall = 0.0
    for left in range(task.requests, 0, -SLICE):
        spent = await meter.spend(variant.app, min(SLICE, left))
        after = await meter.bare()
        units += (spent.own + spent.others + after.others) / ((before.own + after.own) / 2)
        wall += spent.wall / ((before.wall + after.wall) / 2)
        before = after
    settled, sealed = meter.spend_on(variant.settle), variant.seal()
    after = await meter.bare()
    pending = (settled.own + settled.others + sealed) / ((before.own + after.own) / 2)
    per_request = SLICE / task.requests
    return {
        "units": (units + pending) * per_request,
        "pending": pending * per_request,
        "wall": wall * per_request,
    }


async def tail(task: Task, variant: Variant, pushes: list[Push]) -> dict[str, Any]:
    """Return how long requests take in a closed loop, in milliseconds."""
    taken = []
    for number in range(task.requests):
        began = time.perf_counter_ns()
        await asyncio.create_task(ask(variant.app, pushes[number % len(pushes)]))
        taken.append(time.perf_counter_ns() - began)
    taken.sort()
    at = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "longest": 1.0}
    return {name: taken[math.ceil(share * len(taken)) - 1] / 1e6 for name, share in at.items()}


async def memory(task: Task, variant: Variant, pushes: list[Push]) -> dict[str, Any]:
    """Return the anonymous memory of the process before, and after each tenth of the requests, in MB."""
    marks = [anonymous_mb()]
    for tenth in range(MARKS):
        until, since = (edge * task.requests // MARKS for edge in (tenth + 1, tenth))
        await drive(variant.app, pushes, until - since)
        variant.settle()
        variant.seal()  # as a sealer does meanwhile: journals have a bound
        gc.collect()
        marks.append(anonymous_mb())
    return {"marks": marks}


def anonymous_mb() -> float:
    """Return RssAnon of this process in MB."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("ascii").splitlines())
    return int(status["RssAnon"].split()[0]) / 1024


MODES = {"cpu": cpu, "busy": cpu, "tail": tail, "memory": memory}


async def measure(task: Task) -> dict[str, Any]:
    """Set the variant up, warm it, measure, and count what it left behind."""
    variant, pushes = VARIANTS[task.variant](Path(task.folder)), draw_pushes()
    await drive(variant.app, pushes, task.warm)
    variant.settle()
    variant.seal()
    gc.collect()
    figures = await MODES[task.mode](task, variant, pushes)
    variant.settle()
    variant.seal()
    sent = task.warm + task.requests
    owed = {name: each * sent for name, each in variant.owes.items()}
    return {"variant": task.variant, **figures, "owed": owed, "found": dict(variant.found())}


def main() -> None:
    """Do the task that stands in the first argument, on one core, and print the figures; both are JSON."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(json.dumps(asyncio.run(measure(Task(**json.loads(sys.argv[1]))))))


def argument(task: Task) -> str:
    """Return what `main` is to be given."""
    return json.dumps(asdict(task))


if __name__ == "__main__":
    main()
