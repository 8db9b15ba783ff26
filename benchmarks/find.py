"""
How long a lookup takes among 20 million spans, beside DuckDB and a search of JSON lines.

    python benchmarks/make_store.py FOLDER
    python benchmarks/find.py FOLDER [--lookups 40] [--processes 12] [--no-lines]

All figures are of one run, taken in turn, on warm files; only their ratios travel
between machines. DuckDB reads the same hour of both tables, all columns of the
rows of the same openid and stamps; it does not look for rows of the same trace
without a tag, in journals, or in other hours, which the lookup does. The JSON
lines are one hour's, written once beside the store; a day is 24 times as many.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from wxtrace.scan import footer
from wxtrace.scan.scan import scan
from wxtrace.store import paths

TOLERANCE = 30
HOUR = "hour=h07"
SEED = 7

Key = tuple[str, int]


def main() -> None:
    """Read the arguments, measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lookups", type=int, default=40)
    parser.add_argument("--processes", type=int, default=12, help="how often the command is run")
    parser.add_argument("--no-lines", action="store_true", help="leave the search of JSON lines out")
    arguments = parser.parse_args()
    keys = some_keys(arguments.folder / "compacted", arguments.lookups)
    for store in ("compacted", "raw"):
        in_process(arguments.folder / store, keys)
    as_processes(arguments.folder / "compacted", keys[0], arguments.processes)
    if not arguments.no_lines:
        lines(arguments.folder, keys[0])


def some_keys(store: Path, count: int) -> list[Key]:
    """Return the tags of *count* pushes, drawn from all row groups of the hour."""
    rng = random.Random(SEED)
    file = pq.ParquetFile(next(store.glob(f"spans/*/{HOUR}/*.parquet")))
    keys: list[Key] = []
    while len(keys) < count:
        group = file.read_row_group(rng.randrange(file.num_row_groups), columns=["openid", "stamp"])
        row = group.slice(rng.randrange(group.num_rows), 1).to_pylist()[0]
        if row["openid"] is not None:
            keys.append((row["openid"], row["stamp"]))
    return keys


def in_process(store: Path, keys: Sequence[Key]) -> None:
    """Look each key up in every way, in turn."""
    plain, caching = duck(store, cache=False), duck(store, cache=True)
    ways: dict[str, Callable[[Key], Any]] = {
        "scan": lambda key: scan([str(store)], *key, TOLERANCE),
        "scan, no footer kept": lambda key: (footer.forget(), scan([str(store)], *key, TOLERANCE)),
        "DuckDB": plain,
        "DuckDB, parquet_metadata_cache": caching,
    }
    for key in keys[:3]:
        for way in ways.values():
            way(key)
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for key in keys:
        for name, way in ways.items():
            if name == "scan":
                way(key)  # the way before it has emptied the footers
            taken[name].append(timed(way, key))
    ours = statistics.median(taken["scan"])
    files = len(list(store.glob(f"spans/*/{HOUR}/*.parquet")))
    print(f"\n{store.name}: {files} files a table in the hour, {len(keys)} lookups")
    for name, seconds in taken.items():
        low, middle, high = _spread(seconds)
        print(
            f"  {name:32} {middle:7.1f} ms   ({low:.1f} to {high:.1f})   scan is {ours * 1000 / middle:.2f} of it"
        )


def duck(store: Path, *, cache: bool) -> Callable[[Key], list[Any]]:
    """Return a lookup by DuckDB in the same hour."""
    connection = duckdb.connect()
    connection.execute(f"SET parquet_metadata_cache = {str(cache).lower()}")

    def look(key: Key) -> list[Any]:
        openid, stamp = key
        return [
            connection.sql(
                f"SELECT * FROM read_parquet('{store}/{table}/*/{HOUR}/*.parquet') "
                "WHERE openid = $1 AND stamp BETWEEN $2 AND $3",
                params=[openid, stamp - TOLERANCE, stamp + TOLERANCE],
            ).to_arrow_table()
            for table in paths.TABLES
        ]

    return look


def as_processes(store: Path, key: Key, count: int) -> None:
    """Time the command as a whole beside the import that it cannot do without."""
    openid, stamp = key
    find = [
        sys.executable,
        "-m",
        "wxtrace",
        "find",
        "--openid",
        openid,
        "--stamp",
        str(stamp),
        "--store",
        str(store),
    ]
    bare = [sys.executable, "-c", "import pyarrow.parquet"]
    both = [(timed(_run, find), timed(_run, bare)) for _ in range(count + 1)][1:]
    ours, theirs = (statistics.median(column) * 1000 for column in zip(*both, strict=True))
    print(f"\nwxtrace find, a process   {ours:7.0f} ms")
    print(f"import pyarrow.parquet    {theirs:7.0f} ms   ratio {ours / theirs:.2f}")


def lines(folder: Path, key: Key) -> None:
    """Search one hour of JSON lines, and say what a day of them would take."""
    path = folder / "hour.jsonl"
    if not path.exists():
        select = " UNION ALL BY NAME ".join(
            f"SELECT * FROM read_parquet('{folder}/compacted/{table}/*/{HOUR}/*.parquet')" for table in paths.TABLES
        )
        duckdb.connect().execute(f"COPY ({select}) TO '{path}' (FORMAT json)")
    print(f"\nJSON lines, one hour, {path.stat().st_size / 1e9:.2f} GB; a day is computed, 24 times as much")
    for tool in ("rg", "grep"):
        if shutil.which(tool):
            command = [tool, "--no-mmap" if tool == "rg" else "--text", "-F", key[0], str(path)]
            seconds = statistics.median([timed(_run, command) for _ in range(6)][1:])
            print(f"  {tool:5} {seconds * 1000:7.0f} ms an hour, {seconds * 24:5.1f} s a day")


def timed(way: Callable[[Any], Any], argument: Any) -> float:
    """Return how many seconds *way* takes."""
    began = time.perf_counter()
    way(argument)
    return time.perf_counter() - began


def _spread(seconds: Sequence[float]) -> tuple[float, float, float]:
    ordered = sorted(one * 1000 for one in seconds)
    return ordered[len(ordered) // 20], statistics.median(ordered), ordered[-1 - len(ordered) // 20]


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=False, capture_output=True)  # grep stops at the first hit for /dev/null


if __name__ == "__main__":
    main()
