"""
Contrib's own test suites, on the SDK's provider and on wxtrace's.

    python tests/contrib/run_suites.py FOLDER

FOLDER holds their sdists, unpacked: none of that code is ours. What fails on the light provider and not on the
SDK's is told, with the reason where one is known. Fails itself where a reason is not known, or where fewer than
95 % of the tests of a suite pass.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

HERE: Final = Path(__file__).parent
WANTED: Final = 0.95
EXPLAINED: Final = {
    r"test_custom_tracer_provider": "it gives the provider a resource; ours has the environment's",
    r"test_requests_basic_exception": "by the old names it wants no `error.type`; a span that failed has one",
}
"""Names of tests that need not pass, and why."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a suite: numbers of tests, and the names of those that failed."""

    passed: int
    skipped: int
    failed: tuple[str, ...]

    @property
    def tests(self) -> int:
        """How many ran."""
        return self.passed + len(self.failed)


def run(suite: Path, *plugins: str) -> Result:
    """Run the tests of *suite*, with plugins of ours; where some fail, once more: some judge by the clock."""
    first = run_once(suite, *plugins)
    if not first.failed:
        return first
    again = run_once(suite, *plugins)
    failed = tuple(name for name in first.failed if name in again.failed)
    return Result(first.tests - len(failed), first.skipped, failed)


def run_once(suite: Path, *plugins: str) -> Result:
    """Run the tests of *suite*, with these plugins of ours."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore"]
        command += ["--import-mode=importlib", f"--junit-xml={report}", *plugins, "tests"]
        path = os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH")]))
        environment = {**os.environ, "PYTHONPATH": path}
        told = subprocess.run(command, cwd=suite, env=environment, capture_output=True, text=True, check=False)
        if not report.exists():
            raise SystemExit(f"{suite.name}: no test ran\n{told.stdout}{told.stderr}")
        return read(ElementTree.parse(report).getroot())


def read(report: ElementTree.Element) -> Result:
    """Return what a report of pytest in JUnit's form tells; a test with several entries has failed if one has."""
    outcomes: dict[str, str] = {}
    for case in report.iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        told = {child.tag for child in case}
        outcome = "failed" if told & {"failure", "error"} else "skipped" if "skipped" in told else "passed"
        if outcomes.get(name) != "failed":
            outcomes[name] = outcome
    counts = list(outcomes.values())
    failed = tuple(name for name, outcome in outcomes.items() if outcome == "failed")
    return Result(counts.count("passed"), counts.count("skipped"), failed)


def why(test: str) -> str:
    """Return why *test* need not pass; "" where no reason is known."""
    return next((reason for pattern, reason in EXPLAINED.items() if re.search(pattern, test)), "")


def judge(name: str, sdk: Result, ours: Result) -> list[str]:
    """Return what is amiss with a suite: failures that are not explained, or too many."""
    amiss = [f"{name}: {test} fails, and why is not known" for test in ours.failed if not why(test)]
    if sdk.failed:
        amiss.append(f"{name}: on the SDK fail {', '.join(sdk.failed)}: something is not installed")
    if not ours.tests or ours.passed < WANTED * ours.tests:
        amiss.append(f"{name}: {ours.passed} of {ours.tests} pass, {WANTED:.0%} are wanted")
    return amiss


def write(*lines: str) -> None:
    """Print lines, at once."""
    sys.stdout.write("\n".join([*lines, ""]))
    sys.stdout.flush()


def main(arguments: list[str] | None = None) -> int:
    """Run each suite of a folder, print a table and what failed, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the sdists are unpacked")
    suites = sorted(path.parent for path in parser.parse_args(arguments).folder.glob("*/tests"))
    lines, amiss = [], [] if suites else ["no suites there"]
    write("| suite | tests | pass on the SDK | pass on wxtrace | |", "| --- | ---: | ---: | ---: | ---: |")
    for suite in suites:
        sdk, ours = run(suite), run(suite, "-p", "shim")
        share = ours.passed / max(ours.tests, 1)
        write(f"| {suite.name} | {ours.tests} | {sdk.passed} | {ours.passed} | {share:.1%} |")
        lines += [f"{suite.name}: {test}: {why(test) or '?'}" for test in ours.failed]
        amiss += judge(suite.name, sdk, ours)
    write("", *lines, *amiss)
    return 1 if amiss else 0


if __name__ == "__main__":
    sys.exit(main())
