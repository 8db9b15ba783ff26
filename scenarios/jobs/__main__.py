"""``python -m scenarios.jobs``: the runs, and a table of what came of them; exit code 1 if anything is wrong."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from scenarios.jobs.judge import Judged
from scenarios.jobs.place import BROKERS
from scenarios.jobs.run import Plan, play
from scenarios.jobs.table import table
from scenarios.truth import NotProduced
from wxtrace.demo.server import ServerFailed


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line, and return the exit code."""
    options = _parser().parse_args(argv)
    plans = [
        Plan(broker, options.jobs, options.kills, options.workers, options.seed)
        for broker in options.broker or BROKERS
    ]
    _say(f"seed {options.seed}: {options.jobs} jobs, {options.kills} kills, {options.workers} workers")
    if options.keep is None:
        with tempfile.TemporaryDirectory(prefix="wxtrace-jobs-", ignore_cleanup_errors=True) as folder:
            return _run(plans, Path(folder))
    return _run(plans, options.keep.absolute())


def _run(plans: Sequence[Plan], folder: Path) -> int:
    judged: list[Judged] = []
    for plan in plans:
        own = folder / plan.broker
        own.mkdir(parents=True)
        try:
            judged.append(play(plan, own))
        except (NotProduced, ServerFailed) as error:
            _say(f"{plan.broker}: {error}")
            return 1
        _say("\n".join([f"{plan.broker}: {judged[-1].seconds:.0f} s", *judged[-1].wrong[:20]]))
    _say(f"\n{table(judged)}")
    return 0 if all(one.right for one in judged) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scenarios.jobs", description=sys.modules["scenarios.jobs"].__doc__
    )
    parser.add_argument(
        "--broker", action="append", choices=[*BROKERS], help="over this one; repeatable (default: all)"
    )
    parser.add_argument("--jobs", type=int, default=1000, metavar="N", help="how many pushes, a job each")
    parser.add_argument("--kills", type=int, default=40, metavar="N", help="how many processes are killed")
    parser.add_argument("--workers", type=int, default=3, metavar="N", help="how many workers there are")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="draw the same again")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave stores, ledgers and logs there")
    return parser


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
