"""``python -m scenarios``: plays them, and prints what came of it; exit code 1 if a verdict was wrong."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from scenarios.hangs import main as hangs
from scenarios.hangs.plays import HANGS
from scenarios.matrix import Compared, confusion
from scenarios.run import AT_ONCE, PLAYS, play_all
from scenarios.stage import Part
from wxtrace.demo.server import ServerFailed


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line, and return the exit code."""
    options = _options(argv)
    if options.keep is None:
        with tempfile.TemporaryDirectory(prefix="wxtrace-scenarios-", ignore_cleanup_errors=True) as folder:
            return _run(options, Path(folder))
    options.keep.mkdir(parents=True, exist_ok=True)
    return _run(options, options.keep.absolute())


def _run(options: argparse.Namespace, folder: Path) -> int:
    if options.hang:
        return hangs.run(options.only or (), folder, options.seed, options.at_once or hangs.AT_ONCE)
    names = options.only or list(PLAYS)
    at_once = options.at_once or AT_ONCE
    parts = [Part(name, variant, options.seed) for name in names for variant in range(1, options.variants + 1)]
    _say(f"seed {options.seed}: {len(parts)} scenarios, {at_once} at once")
    return _play(parts, folder, at_once)


def _play(parts: list[Part], folder: Path, at_once: int) -> int:
    start = time.monotonic()
    compared: list[Compared] = []
    try:
        for one in play_all(parts, folder, at_once):
            compared.append(one)
            _say(str(one))
    except ServerFailed as error:
        _say(str(error))
        return 1
    right = sum(one.right for one in compared)
    found = [one for one in compared if one.told.attempts]
    chained = sum(one.chained for one in found)
    _say(f"\n{confusion(compared)}\n{right} of {len(compared)} right, {time.monotonic() - start:.0f} s")
    _say(f"which attempt WeChat took: right for {chained} of {len(found)} pushes that were found")
    return 0 if right == len(compared) and chained == len(found) else 1


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = _parser()
    options = parser.parse_args(argv)
    known = HANGS if options.hang else PLAYS
    if unknown := [name for name in options.only or () if name not in known]:
        parser.error(f"--only {', '.join(unknown)}: one of {', '.join(known)}")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scenarios", description=sys.modules["scenarios"].__doc__)
    parser.add_argument("--hang", action="store_true", help="the ways to hang, in place of the cases of a verdict")
    parser.add_argument(
        "--only", action="append", metavar="NAME", help=", ".join((*PLAYS, "; with --hang:", *HANGS))
    )
    parser.add_argument("--seed", type=int, default=int(time.time()), help="draw the same again")
    parser.add_argument("--variants", type=int, default=3, metavar="N", help="of each scenario (default: 3)")
    parser.add_argument("--at-once", type=int, metavar="N", help=f"default: {AT_ONCE}; with --hang {hangs.AT_ONCE}")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave stores, alarms and answers there")
    return parser


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
