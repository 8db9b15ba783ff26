"""
What one log line costs, and whether it waits for anybody else's.

    python benchmarks/lines.py [--lines 5000] [--rounds 9] [--threads 4]

A line with one argument is made within a tagged request, under a span, and recorded into a journal. Each set-up
writes nowhere, or to a file; they are taken in turn, in one process. First CPU a line, in nanoseconds, the least of
the rounds. Then several threads say lines at once: how long one took by the clock, the best of the rounds.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

import wxtrace
from wxtrace.capture.layers import span
from wxtrace.tag import Request, bind, unbind

Say = Callable[[int], object]


class Nowhere(logging.Handler):
    """Formats a line, and writes it nowhere."""

    def emit(self, record: logging.LogRecord) -> None:
        """Format it."""
        self.format(record)


def by_logging(name: str, *handlers: logging.Handler) -> Say:
    """Return what writes a line by the standard library, to *handlers*."""
    log = logging.getLogger(name)
    log.handlers[:], log.propagate = handlers, False
    log.setLevel(logging.INFO)
    return lambda number: log.info("menu %d", number)


def by_structlog(*processors: Any) -> Say:
    """Return what writes a line by structlog, to nowhere."""
    drain = structlog.WriteLoggerFactory(open("/dev/null", "w"))()  # noqa: SIM115  # as long as the process
    log = structlog.wrap_logger(drain, [*processors, structlog.processors.JSONRenderer()])
    return lambda number: log.info("menu", number=number)


def set_ups(folder: Path) -> dict[str, Say]:
    """Return each set-up by its name."""
    tagged = Nowhere()
    tagged.addFilter(wxtrace.LogFilter())
    return {
        "logging, formatted": by_logging("formatted", Nowhere()),
        "logging, a file": by_logging("file", logging.FileHandler(folder / "a.log")),
        "LogHandler": by_logging("ours", wxtrace.LogHandler()),
        "LogHandler, LogFilter, formatted": by_logging("both", wxtrace.LogHandler(), tagged),
        "structlog, JSON": by_structlog(),
        "structlog_processor, JSON": by_structlog(wxtrace.structlog_processor),
    }


def cpu_of(say: Say, lines: int) -> float:
    """Return what a line costs, in nanoseconds of CPU of this thread."""
    before = time.thread_time_ns()
    for number in range(lines):
        say(number)
    return (time.thread_time_ns() - before) / lines


def as_request(openid: str, job: Callable[[], object]) -> None:
    """Do *job* for a push of *openid*, under a span."""
    request = Request()
    request.learn(openid, int(time.time()), "7")
    token = bind(request)
    with span("logic", "menu", "reply"):
        job()
    unbind(token)


def print_costs(ways: dict[str, Say], lines: int, rounds: int) -> None:
    """Print what a line costs in each way."""
    told: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, say in ways.items():
            told[name].append(cpu_of(say, lines))
    print("| set-up | CPU a line, ns |\n| --- | ---: |")
    for name, costs in told.items():
        print(f"| {name} | {min(costs[1:]):,.0f} |")


def waited(handler: logging.Handler, threads: int, lines: int) -> list[int]:
    """Return how long each line took at *handler*, while other threads say theirs, in nanoseconds."""
    took: list[int] = []

    def talk() -> None:
        for number in range(lines):
            record = logging.LogRecord("app", logging.INFO, __file__, 1, "menu %d", (number,), None)
            before = time.perf_counter_ns()
            handler.handle(record)
            took.append(time.perf_counter_ns() - before)

    talkers = [threading.Thread(target=as_request, args=(f"o{number}", talk)) for number in range(threads)]
    for talker in talkers:
        talker.start()
    for talker in talkers:
        talker.join()
    return sorted(took)


def print_waits(folder: Path, threads: int, lines: int, rounds: int) -> None:
    """Print how long a line takes at each handler, by the clock, while other threads say theirs."""
    handlers = {"a file": logging.FileHandler(folder / "b.log"), "LogHandler": wxtrace.LogHandler()}
    told: dict[str, list[list[int]]] = {name: [] for name in handlers}
    for _ in range(rounds):
        for name, handler in handlers.items():
            told[name].append(waited(handler, threads, lines))
    print(f"\n| handler, {threads} threads | median, µs | 99 %, µs | 99.9 %, µs |\n| --- | ---: | ---: | ---: |")
    for name, rows in told.items():
        parts = (min(took[int(len(took) * part)] for took in rows) / 1e3 for part in (0.5, 0.99, 0.999))
        print(f"| {name} |", *(f"{part:,.1f} |" for part in parts))


def main() -> None:
    """Read the arguments, measure, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=5000, help="of each in each round")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=4)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # its journal is being kept
        wxtrace.start(store=Path(folder) / "store", sealer=False)
        ways = set_ups(Path(folder))
        as_request("oBenchmark", lambda: print_costs(ways, arguments.lines, arguments.rounds))
        print_waits(Path(folder), arguments.threads, arguments.lines, arguments.rounds)
        wxtrace.stop()


if __name__ == "__main__":
    main()
