"""
What the watchdog costs: while nothing is slow, and while a thousand requests are past their deadline.

    python benchmarks/watch.py [--seconds 10] [--rounds 3] [--rate 500] [--in-flight 1000] [--only hot,idle,late]

Each figure is of a process of its own, with the watchdog and without it in turn, ``WXTRACE_WATCH=0`` being the only
difference. An ASGI app is called as uvicorn calls it, without sockets.

hot:  what a request adds to be known as one in flight.
idle: so many requests a second, of which each takes 20 ms: CPU of the process, and of it the watchdog's thread.
late: so many requests that wait for ever, each in two tasks and three spans: how late the event loop is. Marks are
      at 1 and 2 s in place of 3.5 and 4.5.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

from costs.pushes import Push, draw_pushes

PLAN = {"hot": "arrived and left", "idle": "nothing slow", "late": "all past the deadline"}
TICK = 0.005
"""Seconds after which the loop is asked how late it is."""
LOOKS = 200_000


def main() -> None:
    """Read the arguments, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=int, default=500, help="requests a second, while nothing is slow")
    parser.add_argument("--in-flight", type=int, default=1000, help="requests past their deadline")
    parser.add_argument("--only", default=",".join(PLAN))
    parser.add_argument("--worker", choices=PLAN, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(work(arguments)))
        return
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    for name in arguments.only.split(","):
        print(f"{PLAN[name]}\n\n| | without | with | more |\n| --- | ---: | ---: | ---: |")
        for line in compare(name, arguments.rounds):
            print(line)
        print()


def compare(name: str, rounds: int) -> list[str]:
    """Return a line for each figure of *name*: medians of the rounds, with the lowest and the highest."""
    found: dict[str, list[dict[str, float]]] = {"0": [], "1,2": []}
    for _ in range(rounds):
        for watch, figures in found.items():
            command = [sys.executable, __file__, *sys.argv[1:], "--worker", name]
            environment = os.environ | {"WXTRACE_WATCH": watch}
            done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
            figures.append(json.loads(done.stdout))
    without, watched = found.values()
    return [line(what, [one[what] for one in without], [one[what] for one in watched]) for what in without[0]]


def line(what: str, without: list[float], watched: list[float]) -> str:
    """Return a row of the table."""
    more = median(watched) - median(without)
    return f"| {what} | {spread(without)} | {spread(watched)} | {more:+.3g} |"


def spread(values: list[float]) -> str:
    """Return the median, and the lowest and highest if they differ."""
    low, high = min(values), max(values)
    return f"{median(values):.4g}" + (f" ({low:.4g} to {high:.4g})" if low != high else "")


# ---------------------------------------------------------------- in a process of its own


def work(arguments: argparse.Namespace) -> dict[str, float]:
    """Measure once."""
    import wxtrace

    steps: dict[str, Callable[[], Awaitable[dict[str, float]]]] = {
        "hot": hot,
        "idle": lambda: idle(arguments.rate, arguments.seconds),
        "late": lambda: late(arguments.in_flight, arguments.seconds),
    }
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # its journal is being kept
        wxtrace.start(service="watch", store=folder, sealer=False)
        try:
            with asyncio.Runner() as runner:
                found = runner.run(steps[arguments.worker]())  # type: ignore[arg-type]
            if arguments.worker == "late":
                found["snapshots"] = snapshots(Path(folder))
        finally:
            wxtrace.stop()
    return found


async def hot() -> dict[str, float]:
    """Return what a request adds, in nanoseconds: to come, and to go."""
    from wxtrace.capture.inflight import in_flight
    from wxtrace.tag import Request

    request, headers = Request(), [(b"host", b"callback.example.com")]

    def seconds(steps: int, *, is_real: bool) -> float:
        """Return how long so many requests take, or as many steps of nothing."""
        began = time.perf_counter()
        for _ in range(steps):
            if is_real:
                in_flight.arrived(request, headers)
                in_flight.left(request)
        return time.perf_counter() - began

    took = min(seconds(LOOKS // 10, is_real=True) for _ in range(10))
    idle = min(seconds(LOOKS // 10, is_real=False) for _ in range(10))
    return {"ns a request": (took - idle) / (LOOKS // 10) * 1e9}


async def idle(rate: int, seconds: float) -> dict[str, float]:
    """Return the CPU in percent of a core, of this process and of the watchdog's thread."""
    pushes, handled = draw_pushes(), set()
    app = made(lambda: asyncio.sleep(0.02))
    await call(app, pushes[0])
    began, worked, looked = time.perf_counter(), time.process_time(), watchdog_seconds()
    for number in range(round(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        task = asyncio.create_task(call(app, pushes[number % len(pushes)]))
        handled.add(task)
        task.add_done_callback(handled.discard)
    took = time.perf_counter() - began
    return {
        "% CPU of the process": 100 * (time.process_time() - worked) / took,
        "% CPU of the watchdog": 100 * (watchdog_seconds() - looked) / took,
    }


async def late(count: int, seconds: float) -> dict[str, float]:
    """Return how late the loop is while so many requests wait, in milliseconds."""
    pushes, never = draw_pushes(), asyncio.Event()

    async def handle() -> None:
        """Wait in two tasks."""
        await asyncio.gather(waiting(never), waiting(never))

    app = made(handle)
    tasks = [asyncio.create_task(call(app, pushes[number % len(pushes)])) for number in range(count)]
    await asyncio.sleep(0.5)
    lateness, ends = [], time.perf_counter() + seconds
    while time.perf_counter() < ends:
        due = time.perf_counter() + TICK
        await asyncio.sleep(TICK)
        lateness.append((time.perf_counter() - due) * 1000)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    lateness.sort()
    return {
        "median ms late": lateness[len(lateness) // 2],
        "99 % of ticks, ms late": lateness[len(lateness) * 99 // 100],
        "longest ms late": lateness[-1],
    }


async def waiting(event: asyncio.Event) -> None:
    """Wait, in a span."""
    import wxtrace

    with wxtrace.span("storage", "mysql", "SELECT"):
        await event.wait()


def made(handle: Callable[[], Awaitable[Any]]) -> Any:
    """Return an app that handles a push and replies."""
    import wxtrace

    async def app(scope: Any, receive: Any, send: Any) -> None:
        """Read, handle, reply."""
        await receive()
        await handle()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"success"})

    return wxtrace.AccessMiddleware(app)


async def call(app: Any, push: Push) -> None:
    """Let the app answer one push."""

    async def receive() -> dict[str, Any]:
        """Hand the body over."""
        return {"type": "http.request", "body": push.body}

    async def send(message: Any) -> None:
        """Take it."""

    await app(push.scope(), receive, send)


def watchdog_seconds() -> float:
    """Return the CPU seconds of the watchdog's thread; 0.0 if there is none."""
    idents = [one.ident for one in threading.enumerate() if one.name == "wxtrace-watchdog"]
    return sum(time.clock_gettime(time.pthread_getcpuclockid(ident)) for ident in idents if ident)


def snapshots(store: Path) -> int:
    """Count the snapshots in the journals of *store*."""
    from wxtrace.store import journals

    segments = [segment for writer in journals.writers(store / "journal") for segment in writer.segments()]
    found = (record for segment in segments for record in journals.records(segment.read_bytes()))
    return sum(record.name == "wxtrace.snapshot" for record in found)


if __name__ == "__main__":
    main()
