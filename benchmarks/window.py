"""
What it takes to look through a window of an hour of a million spans: what failed in five minutes, and every push.

    python benchmarks/window.py FOLDER [--requests-an-hour 200000] [--failed 17880] [--attempts 1] [--rounds 3]

FOLDER takes the store, which is made once: an hour as `make_store.py` draws it, and in the middle of it
five minutes in which a query of some pushes takes 5.3 s more. 17,880 is the count of a published alarm.
Times are of one process, on warm files; each round asks the whole window anew. Every push is judged twice:
at once, as `wxtrace.window` does, and one by one, as a lookup does; it is looked at that both come to the same.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import make_store
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import wxtrace
from wxtrace.alarm.alarm import REQUEST_TIMEOUT, Alarm
from wxtrace.rebuild.arrival import arrivals_of
from wxtrace.scan.arrivals import scan_arrivals, scan_traces
from wxtrace.seal import encode
from wxtrace.store import paths
from wxtrace.survey.groups import FIELDS, groups_of
from wxtrace.survey.pushes import Told, pushes_of
from wxtrace.survey.survey import survey

HOUR = 7
FIRST_NS = (make_store.DAY + HOUR * 3600 + 1800) * 10**9
LAST_NS = FIRST_NS + 300 * 10**9
HOUR_NS = (make_store.DAY + HOUR * 3600) * 10**9
SLOW_NS = 5_300_000_000
SLOW = (0, 1, 3)
"""Which of a request's spans take longer: the request itself, its logic, and the query."""
ROW_GROUP = 4096


def main() -> None:
    """Read the arguments, make the store if it is not there, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--requests-an-hour", type=int, default=200_000)
    parser.add_argument("--failed", type=int, default=17_880, help="pushes that fail in the window")
    parser.add_argument("--attempts", type=int, default=1, help="how often each of them is tried")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    store = arguments.folder / f"{arguments.requests_an_hour}-{arguments.failed}-{arguments.attempts}"
    if not store.exists():
        make(store, arguments.requests_an_hour, arguments.failed, arguments.attempts)
    measure(store, arguments.failed * arguments.attempts, arguments.rounds)


def make(store: Path, requests: int, failed: int, attempts: int) -> None:
    """Write the hour."""
    random = np.random.default_rng(make_store.SEED)
    users = make_store._users(random)
    usual = make_store.draw(random, HOUR, requests)
    slow = _tried(random, failed, attempts)
    rows = pa.concat_tables([_table(usual, users), _delayed(_table(slow, users))])
    ordered = rows.sort_by([(name, "ascending") for name in ("openid", "stamp", "trace_id", "start_ns")])
    folder = store / paths.SPANS / paths.partition(None, FIRST_NS)
    folder.mkdir(parents=True)
    described = {b"wxtrace": make_store._described(ordered)}
    with encode.writer(
        folder / "1.parquet", paths.SPANS, ordered.schema, described, ROW_GROUP, encode.SMALL
    ) as file:
        file.write_table(ordered, row_group_size=ROW_GROUP)


def _tried(random: np.random.Generator, failed: int, attempts: int) -> make_store.Requests:
    """Draw the pushes that fail, each as often as it is tried, five seconds apart, in the order of the store."""
    drawn = make_store.draw(random, HOUR, failed)
    began = FIRST_NS + random.integers(0, 300 * 10**9 - SLOW_NS * attempts, failed)
    values = {name: np.repeat(getattr(drawn, name), attempts, axis=0) for name in drawn.__slots__}
    number = np.tile(np.arange(attempts), failed)
    values["stamp"] = np.repeat(began // 10**9, attempts)
    values["start_ns"] = np.repeat(began, attempts) + number * 5 * 10**9
    values["kind"] = np.full(failed * attempts, make_store.TAGGED)
    values["trace"] = random.integers(0, 256, (failed * attempts, 16), np.uint8)
    values["span"] = random.integers(0, 256, (failed * attempts, make_store.SPANS_A_REQUEST * 8), np.uint8)
    values["seq"] = 10**12 + np.arange(failed * attempts) * 10
    return make_store.Requests(**values)


def _table(drawn: make_store.Requests, users: np.ndarray[Any, Any]) -> pa.Table:
    table = make_store.spans(drawn, users)
    place = table.schema.get_field_index("attributes")
    told = pc.replace_substring_regex(table["attributes"], ',"wechat.reply.end_ns":[0-9]+', "")
    return table.set_column(place, "attributes", told)


def _delayed(table: pa.Table) -> pa.Table:
    slow = np.isin(np.arange(len(table)) % make_store.SPANS_A_REQUEST, SLOW) * SLOW_NS
    for name in ("end_ns", "duration_ns"):
        longer = pa.array(table[name].to_numpy() + slow)
        table = table.set_column(table.schema.get_field_index(name), name, longer)
    return table


def measure(store: Path, expected: int, rounds: int) -> None:
    """Print what each step and the whole take, the best of the rounds."""
    stores, alarm = [str(store)], Alarm(REQUEST_TIMEOUT, count=expected)
    access = scan_arrivals(stores, FIRST_NS, LAST_NS).spans
    slow = frozenset(span.trace_id for span in access if (span.duration_ns or 0) > SLOW_NS)
    window = survey(stores, FIRST_NS, LAST_NS, alarm)
    print(
        f"{len(access):,} requests in the window, {len(window.victims):,} pushes failed in {window.counted:,} "
        f"attempts: {window.agreement}\n"
    )
    steps: dict[str, Callable[[], Any]] = {
        "access spans of the window read": lambda: scan_arrivals(stores, FIRST_NS, LAST_NS),
        "made arrivals": lambda: arrivals_of(access, time.time_ns(), {}),
        "all spans of what failed read": lambda: scan_traces(stores, slow, FIRST_NS, LAST_NS, logs=False),
        "the whole window": lambda: survey(stores, FIRST_NS, LAST_NS, alarm),
        "grouped in every way": lambda: [groups_of(window.victims, what) for what in FIELDS],
    }
    print("| step | s | of it CPU |\n| --- | ---: | ---: |")
    for name, step in steps.items():
        took, worked = min(seconds(step) for _ in range(rounds))
        print(f"| {name} | {took:.2f} | {worked:.2f} |")
    measure_pushes(stores, rounds)
    print(f"\nat most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB of memory")


def measure_pushes(stores: list[str], rounds: int) -> None:
    """Print what every push of the window takes, in two ways and as a frame, and every push of the hour."""
    quick, slow = (told(stores, at_once=at_once) for at_once in (True, False))
    assert quick == slow, "judged at once is not judged one by one"
    count = len(quick)
    del quick, slow
    steps: dict[str, tuple[int, Callable[[], Any]]] = {
        "one by one": (count, lambda: told(stores, at_once=False)),
        "at once": (count, lambda: told(stores, at_once=True)),
        "as a frame": (count, lambda: frame(stores, FIRST_NS, LAST_NS)),
        "of the hour, as a frame": (0, lambda: frame(stores, HOUR_NS, HOUR_NS + 3600 * 10**9)),
    }
    print(
        "\n| every push | pushes | s of CPU | ms a push | one by one ÷ this |\n| --- | ---: | ---: | ---: | ---: |"
    )
    each_ms: dict[str, float] = {}
    for name, (known, step) in steps.items():
        worked = min(seconds(step)[1] for _ in range(rounds))
        pushes = known or step()
        each_ms[name] = 1000 * worked / max(1, pushes)
        ratio = each_ms["one by one"] / each_ms[name]
        print(f"| {name} | {pushes:,} | {worked:.2f} | {each_ms[name]:.3f} | {ratio:.1f} |")


def frame(stores: list[str], first_ns: int, last_ns: int) -> int:
    """Make the frame of a window, and return how many pushes it has."""
    return len(wxtrace.window(first_ns / 10**9, last_ns / 10**9, store=stores))


def told(stores: list[str], *, at_once: bool) -> list[Told]:
    """Return every push of the window."""
    hours = pushes_of(stores, FIRST_NS, LAST_NS, at_once=at_once)
    return [one for some, _ in hours for one in some]


def seconds(step: Callable[[], Any]) -> tuple[float, float]:
    """Return how long a call takes, and how much of it this process worked."""
    began, worked = time.perf_counter(), time.process_time()
    step()
    return time.perf_counter() - began, time.process_time() - worked


if __name__ == "__main__":
    main()
