"""The benchmarks do not rot: each runs on tiny sizes, and the page about them names them all."""

from __future__ import annotations

import subprocess
import sys

import browsing
import pytest
from pages import ROOT
from waiting import do_without, needs

FOLDER = ROOT / "benchmarks"
SCRIPTS = sorted(path.name for path in FOLDER.glob("*.py"))
NEEDS = {"find.py": "duckdb"}
SMALL = ("--requests", "50", "--warm", "10", "--rounds", "1")


def run(script: str, *arguments: object) -> str:
    """Run a benchmark as a user does, and return what it prints."""
    command = [sys.executable, str(FOLDER / script), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def cells(table: str, column: int) -> list[str]:
    """Return one column of a Markdown table in *table*, without its heading."""
    rows = [line.split("|")[1:-1] for line in table.splitlines() if line.startswith("|")]
    return [row[column].strip() for row in rows[2:]]


def labels(text: str) -> list[str]:
    """Return what stands before the first figure of each line."""
    return [line.split("  ")[0] for line in text.splitlines()]


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_says_how_a_benchmark_is_run(script):
    """Each benchmark tells its own command line."""
    if script in NEEDS:
        pytest.importorskip(NEEDS[script])

    assert f"python benchmarks/{script}" in run(script, "--help")


def test_the_cost_of_every_variant_is_told_and_nothing_is_lost():
    """The table has a line for each variant, in order, and each leaves all that it owes."""
    table = run("cost.py", *SMALL)

    names = ["bare", "structlog", "assembled", "wxtrace capture", "wxtrace", "wxtrace on SDK"]
    assert names == cells(table, 0)
    assert ["", "0 of 180", "0 of 360", "0 of 360", "0 of 540", "0 of 540"] == cells(table, -1)


@pytest.mark.parametrize("mode", ["--busy", "--tail", "--memory"])
def test_cost_is_told_in_every_mode(mode):
    """Beside a busy thread, by the clock and by memory, wxtrace stands beside the bare app and loses nothing."""
    table = run("cost.py", mode, *SMALL, "--only", "bare,wxtrace")

    assert [("bare", ""), ("wxtrace", "0 of 540")] == list(zip(cells(table, 0), cells(table, -1), strict=True))


def test_each_hook_of_waits_is_measured():
    """The table has a line for each kind of hook."""
    assert ["sqlalchemy", "limiter", "httpx", "to_thread", "executor"] == cells(
        run("waits.py", "--calls", 20, "--rounds", 1), 0
    )


def test_the_wsgi_middleware_is_measured_beside_others():
    """The table has a line for each middleware."""
    names = ["wxtrace, ASGI", "wxtrace, WSGI, a list", "wxtrace, WSGI, an iterable with close"]
    assert [*names, "OpenTelemetry's, WSGI, on its SDK"] == cells(
        run("wsgi.py", "--requests", 20, "--rounds", 1), 0
    )


def test_a_log_line_is_measured_in_every_set_up():
    """The first table has a line for each set-up, the second for each handler."""
    printed = run("lines.py", "--lines", 50, "--rounds", 1)

    assert [
        *("logging, formatted", "logging, a file", "LogHandler", "LogHandler, LogFilter, formatted"),
        *("structlog, JSON", "structlog_processor, JSON"),
    ] == cells(printed.partition("\n\n")[0], 0)
    assert ["a file", "LogHandler"] == cells(printed.partition("\n\n")[2], 0)


@needs("MariaDB")
@needs("PostgreSQL")
@needs("Redis")
def test_instrumented_calls_are_measured_beside_the_sdk():
    """The table has a line for each call, and for a push that makes three of them."""
    calls = ["SQLAlchemy, SQLite", "SQLAlchemy, MariaDB", "SQLAlchemy, PostgreSQL", "PyMySQL", "psycopg", "redis"]
    assert [*calls, "httpx", "requests", "a push: SQLAlchemy (SQLite), redis, httpx"] == cells(
        run("instruments.py", "--calls", 3, "--rounds", 1), 0
    )


def test_a_page_is_measured():
    """The table has a line for an ordinary case and for a hostile one."""
    if browsing.chromium_path() is None:
        do_without("no Chromium: apt-get install chromium, or set WXTRACE_CHROMIUM to where one is")

    assert ["an incident", "a hostile one"] == cells(run("page.py", "--rounds", 1), 0)


def test_sealing_is_measured_beside_pyarrow_alone():
    """The figures of sealing are those that the page shows, for as many records as were asked for."""
    printed = run("seal.py", 800)

    assert [
        "records",
        "records a second and core",
        "sort + write alone",
        "ratio (seal / alone)",
        "bytes a span",
        "bytes a log line",
        "peak memory",
    ] == labels(printed)
    assert ["800", "in", "2", "files"] == printed.splitlines()[0].split()[1:]


def test_lookups_are_measured_in_the_store_that_is_made_for_them(tmp_path):
    """A small store is made, and a lookup in it is timed in process and as a command."""
    pytest.importorskip("duckdb")
    run("make_store.py", tmp_path, "--requests-an-hour", 2000, "--hours", 8)

    printed = run("find.py", tmp_path, "--lookups", 3, "--processes", 1, "--no-lines")

    headings = [line.split(",")[0] for line in printed.splitlines() if line and not line.startswith(" ")]
    assert [
        "compacted: 1 files a table in the hour",
        "raw: 120 files a table in the hour",
        "wxtrace find",
        "import pyarrow.parquet",
    ] == [heading.split("   ")[0] for heading in headings]


def test_a_whole_window_is_measured(tmp_path):
    """An hour is made with failed pushes in it; all of them are counted, and every push is judged in two ways."""
    size = ("--requests-an-hour", 600, "--failed", 20, "--attempts", 3, "--rounds", 1)

    printed = run("window.py", tmp_path, *size)

    assert ", 20 pushes failed in 60 attempts: agrees" in printed
    assert [
        "access spans of the window read",
        "made arrivals",
        "all spans of what failed read",
        "the whole window",
        "grouped in every way",
        *("every push", "---", "one by one", "at once", "as a frame", "of the hour, as a frame"),
    ] == cells(printed, 0)


def test_the_watchdog_is_measured_beside_none():
    """Each figure stands beside the one without the watchdog; nothing is written without it."""
    printed = run("watch.py", "--seconds", 1, "--rounds", 1, "--rate", 20, "--in-flight", 3)

    figures = dict(zip(cells(printed, 0), cells(printed, 1), strict=True))
    assert ["0", "0"] == [figures["% CPU of the watchdog"], figures["snapshots"]]


def test_the_page_names_every_benchmark():
    """Whoever reads the page finds each script that is there."""
    page = (FOLDER / "README.md").read_text("utf-8")

    assert SCRIPTS == [script for script in SCRIPTS if f"[{script}]({script})" in page]
