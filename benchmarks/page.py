"""
How long a case takes to become a page, and the page to be seen.

    python benchmarks/page.py [--rounds 5]

Two made-up cases of the tests: an incident of three attempts, and a hostile one, an attempt of 10,000 spans with a
megabyte in an attribute, whose names are script and whose clocks are mad. The page is written to a file and opened
in Chromium, each time in a new window: it is "seen" when the browser has loaded it, run its script and painted it.
Wall-clock time, the median of the rounds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import browsing
import hostile_answers
import incident
from playwright.sync_api import Browser

from wxtrace.answer import Answer
from wxtrace.page.page import render
from wxtrace.show.words import Words

_PAINTED = "new Promise(told => requestAnimationFrame(() => requestAnimationFrame(told)))"
_READY = "document.documentElement.dataset.ready"


def seconds(deed: Callable[[], object]) -> float:
    """Return how long *deed* takes."""
    begin = time.perf_counter()
    deed()
    return time.perf_counter() - begin


def look(browser: Browser, path: Path) -> None:
    """Open a page in a new window, and wait until it is painted."""
    window = browsing.window(browser)
    page = window.new_page()
    page.goto(path.as_uri())
    assert page.evaluate(_READY) == "true"
    page.evaluate(_PAINTED)
    window.close()


def measured(name: str, found: Answer, folder: Path, browser: Browser, rounds: int) -> str:
    """Return the line of a case."""
    path = folder / "case.html"
    made = [seconds(lambda: path.write_text(render(found, Words("en")), "utf-8")) for _ in range(rounds)]
    seen = [seconds(lambda: look(browser, path)) for _ in range(rounds)]
    spans = sum(len(attempt.rebuilt.spans) for attempt in found.attempts)
    size = path.stat().st_size // 1000
    return f"| {name} | {spans:,} | {size} KB | {statistics.median(made):.2f} s | {statistics.median(seen):.2f} s |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="times that each is done (%(default)s)")
    rounds = parser.parse_args().rounds
    print("| case | spans | page | made in | seen after |\n| --- | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as name, browsing.chromium() as browser:
        folder = Path(name)
        print(measured("an incident", incident.incident(folder / "store"), folder, browser, rounds))
        print(measured("a hostile one", hostile_answers.mad(), folder, browser, rounds))


if __name__ == "__main__":
    main()
