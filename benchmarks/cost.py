"""
What wxtrace adds to one request, beside what a user would assemble without it.

    python benchmarks/cost.py [--requests 20000] [--rounds 5]     CPU
    python benchmarks/cost.py --busy --requests 2000 --rounds 3   CPU, beside a thread that needs it all the time,
                                                                  with 50 requests in flight
    python benchmarks/cost.py --tail --requests 50000 --rounds 3  how long requests take, one after the other
    python benchmarks/cost.py --memory --requests 1000000         RssAnon of the process

No sockets: an ASGI app is called as uvicorn calls it. Each variant runs in a process of its own, on one
core, in rounds taken in turn; a figure is the median of its rounds. CPU is that of all threads, and of
`wxtrace seal` for the run's records (less that of sealing an empty store: "afterwards"), in units of one
bare request measured right before and after. Only the ratios of one run travel between machines.

    bare             the app as it is
    structlog        three JSON lines a request in a file, with the tag (orjson, context variables)
    assembled        these, with trace ids; three spans of OpenTelemetry's SDK with the tag, by its ASGI middleware
                     and a batch processor; the exporter throws them away
    wxtrace capture  three spans and three lines in wxtrace's store; the lines are not rendered
    wxtrace          the same, and the lines are rendered to a file too, as in the README
    wxtrace on SDK   the same, where the spans are the SDK's, by its ASGI middleware
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from costs.worker import VARIANTS, Task, argument

PACKAGES = ("structlog", "orjson", "opentelemetry-sdk")
Result = Mapping[str, Any]
Results = Mapping[str, Sequence[Result]]


def main() -> None:
    """Read the arguments, measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=20_000, help="of each variant in each round")
    parser.add_argument("--warm", type=int, default=2_000, help="requests before those")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default=",".join(VARIANTS), help="names of variants, with commas")
    modes = parser.add_mutually_exclusive_group()
    for mode in ("busy", "tail", "memory"):
        modes.add_argument(f"--{mode}", dest="mode", action="store_const", const=mode, default="cpu")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    results = run(arguments.only.split(","), arguments.mode, arguments.requests, arguments.warm, arguments.rounds)
    print(f"{arguments.mode}: {arguments.requests:,} requests, {arguments.rounds} rounds; {surroundings(load)}\n")
    for row in TABLES[arguments.mode](results):
        print("| " + " | ".join(row) + " |")


def run(names: Sequence[str], mode: str, requests: int, warm: int, rounds: int) -> Results:
    """Measure each variant once a round, every second round in the opposite order."""
    results: dict[str, list[Result]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names if number % 2 == 0 else names[::-1]:
            with tempfile.TemporaryDirectory() as folder:
                results[name].append(measure(Task(name, mode, requests, warm, folder)))
            print(f"round {number + 1} of {rounds}: {results[name][-1]}", file=sys.stderr)
    return results


def measure(task: Task) -> Result:
    """Measure one variant in a process of its own."""
    command = [sys.executable, "-m", "costs.worker", argument(task)]
    done = subprocess.run(command, cwd=Path(__file__).parent, check=True, stdout=subprocess.PIPE)
    result: Result = json.loads(done.stdout)
    return result


def surroundings(load: float) -> str:
    """Say what may have had a say: versions, cores, and what else was running."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    cores, after = os.cpu_count(), os.getloadavg()[0]
    return f"CPython {platform.python_version()}, {versions}; {cores} cores, load {load:.1f} to {after:.1f}"


# ---------------------------------------------------------------- tables


def cpu_table(results: Results) -> list[Sequence[str]]:
    """Return the cost of each variant, by the bare app and by the two peers."""
    cpu = {name: median(rounds, "units") for name, rounds in results.items()}
    bare = cpu.get("bare", 1.0)
    peers_of = [peer for peer in ("assembled", "structlog") if peer in cpu]
    heading = ["variant", "× bare", "added, in bare requests", "of it afterwards"]
    rows = [[*heading, *(f"÷ {peer}" for peer in peers_of), "wall × bare", "lost"]]
    for name, rounds in results.items():
        added = cpu[name] - bare
        peers = [f"{added / (cpu[peer] - bare):.2f}" for peer in peers_of]
        lowest, highest = (edge(one["units"] for one in rounds) - bare for edge in (min, max))
        told = f"{added:.2f} ({lowest:.2f} to {highest:.2f})"
        afterwards, wall = f"{median(rounds, 'pending'):.2f}", f"{median(rounds, 'wall'):.2f}"
        rows.append([name, f"{cpu[name] / bare:.2f}", told, afterwards, *peers, wall, lost(rounds)])
    return with_rule(rows)


def tail_table(results: Results) -> list[Sequence[str]]:
    """Return how long requests took in milliseconds, and how much longer than those of the bare app."""
    names = ("p50", "p99", "p99.9", "longest")
    rows = [["variant", *names, *(f"{name} over bare" for name in names), "lost"]]
    for name, rounds in results.items():
        took = [median(rounds, column) for column in names]
        bare = [median(results["bare"], column) if "bare" in results else 0.0 for column in names]
        over = [f"{ours - theirs:+.2f}" for ours, theirs in zip(took, bare, strict=True)]
        rows.append([name, *(f"{one:.2f}" for one in took), *over, lost(rounds)])
    return with_rule(rows)


def memory_table(results: Results) -> list[Sequence[str]]:
    """Return RssAnon in MB after warming up, at half and at the end, and beside the bare app's."""
    rows = [["variant", "at first", "at half", "at the end", "over bare", "lost"]]
    for name, rounds in results.items():
        first, half, last = (statistics.median(one["marks"][at] for one in rounds) for at in (0, 5, -1))
        bare = statistics.median(one["marks"][-1] for one in results.get("bare", rounds))
        rows.append([name, *(f"{one:.1f}" for one in (first, half, last)), f"{last - bare:+.1f}", lost(rounds)])
    return with_rule(rows)


def median(rounds: Sequence[Result], column: str) -> float:
    """Return the median of *column*."""
    return statistics.median(float(one[column]) for one in rounds)


def lost(rounds: Sequence[Result]) -> str:
    """Say how many of the records that the rounds owe were not found."""
    owed, found = (sum(sum(one[what].values()) for one in rounds) for what in ("owed", "found"))
    return f"{owed - found:,} of {owed:,}" if owed else ""


def with_rule(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Return *rows* with the line that Markdown wants below the first."""
    heading, *rest = rows
    return [heading, ["---", *("---:" for _ in heading[1:])], *rest]


TABLES: dict[str, Callable[[Results], list[Sequence[str]]]] = {
    "cpu": cpu_table,
    "busy": cpu_table,
    "tail": tail_table,
    "memory": memory_table,
}


if __name__ == "__main__":
    main()
