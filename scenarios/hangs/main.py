"""Plays them, and prints what was named; the exit code is 1 if something due was not, or too late."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

from scenarios.hangs.needs import are_required
from scenarios.hangs.plays import HANGS
from scenarios.hangs.run import Hung, play_all
from scenarios.hangs.table import table, troubles
from wxtrace.demo.server import ServerFailed

AT_ONCE: Final = 1
"""How many are played at once: a lookup is to be in time."""


def run(names: Sequence[str], folder: Path, seed: int, at_once: int) -> int:
    """
    Play ways to hang, print what the lookups named, and return the exit code.

    Args:
        names: Which; none for all.
        folder: Where all of it is left.
        seed: What is drawn is drawn from it.
        at_once: How many at a time.
    """
    start = time.monotonic()
    names = names or list(HANGS)
    hangs = [(name, loop) for name in names for loop in HANGS[name].loops]
    _say(f"seed {seed}: {len(names)} ways to hang, {at_once} at once")
    try:
        hung = [_told(one) for one in play_all(hangs, folder, seed, at_once)]
    except ServerFailed as error:
        _say(str(error))
        return 1
    hung.sort(key=lambda one: names.index(one.hang))
    asked = [one for one in hung if one.asked is not None]
    right = [one for one in asked if one.named and one.in_time]
    _say(f"\n{table(hung)}\n{len(right)} of {len(asked)} requests right, {time.monotonic() - start:.0f} s")
    _say(_summary(asked))
    lacking = are_required() and any(one.missing for one in hung)
    return 1 if len(right) < len(asked) or lacking or any(one.trouble for one in hung) else 0


def _told(one: Hung) -> Hung:
    if one.asked is not None and one.named and one.in_time:
        _say(f"right  {one.hang}, {one.loop}, {one.asked.who}: {one.asked.due}")
    for line in troubles(one):
        _say(line)
    return one


def _summary(asked: Sequence[Hung]) -> str:
    """Return how many were named, and in time; and how busy the machine was, for then all answers come later."""
    named, late = sum(one.named for one in asked), sum(not one.in_time for one in asked)
    cpu = [said.cpu for one in asked for said in one.said]
    lookup = f"a lookup took {median(cpu):.2f} s of CPU" if cpu else "nothing was looked up"
    return f"named: {named}, late: {late}; {lookup}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
