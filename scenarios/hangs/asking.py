"""The lookup as anybody would run it, by openid and stamp, and what it has not named of what was due."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scenarios.hangs.due import Asked, Culprit, Due, Said
from scenarios.hangs.lines import Place
from scenarios.lookup import environment

Told = Mapping[str, Any]


def look_up(asked: Asked, store: Path, answer: Path) -> Said:
    """
    Look a push up in a process of its own, and compare what that says with what is due.

    Args:
        asked: The push, and what is due.
        store: Where to look.
        answer: The file in which the answer is left.
    """
    push = asked.sent.push
    key = ["--openid", push.openid, "--stamp", str(push.stamp)]
    command = [sys.executable, "-m", "wxtrace", "find", *key, "--store", str(store), "--json"]
    code, cpu = _run(command, answer)
    age = time.monotonic() - asked.sent.at
    if code != 0:
        messages = answer.with_suffix(".err").read_text("utf-8").strip()
        return Said((f"exit code {code}: {messages[-300:]}",), age, "", cpu)
    told = json.loads(answer.read_text("utf-8"))
    return Said(tuple(faults(asked.due, told)), age, told["verdict"]["text"], cpu)


def _run(command: list[str], answer: Path) -> tuple[int, float]:
    """Run a command, its results into a file; return its exit code, and how many seconds of CPU it took."""
    with answer.open("w") as results, answer.with_suffix(".err").open("w") as messages:
        running = subprocess.Popen(command, stdout=results, stderr=messages, env=environment())
        _, status, usage = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    return running.returncode, usage.ru_utime + usage.ru_stime


def seal(store: Path) -> str | None:
    """Seal a store; return what went wrong, None if nothing did."""
    command = [sys.executable, "-m", "wxtrace", "seal", "--store", str(store)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    return done.stderr.strip() if done.returncode else None


def faults(due: Due, told: Told) -> Iterator[str]:
    """
    Yield what an answer lacks, or says otherwise.

    Args:
        due: What it must name.
        told: The answer, as ``wxtrace find --json`` has it.
    """
    verdict = told["verdict"]
    stuck, held = verdict.get("stuck"), verdict.get("held")
    at = None if stuck is None else stuck["at"]
    culprit = None if held is None else held["culprit"]
    if due.stuck is not None:
        yield from _elsewhere("it stands at", due.stuck, at, verdict["text"])
    if due.culprit is not None:
        yield from _not_named(due.culprit, culprit, at, verdict["text"])
    if due.wait is not None and due.wait not in _waits(told):
        yield f"no wait for {due.wait}, but {_waits(told) or 'none'}"
    if due.case not in (None, verdict["case"]):
        yield f"{verdict['case']}, not {due.case}"


def _elsewhere(what: str, place: Place, at: Told | None, text: str) -> Iterator[str]:
    if at is None:
        yield f"{what} {place}: not named"
    elif (at["function"], at["file"]) != (place.function, place.file) or not _is_in(place, at["line"]):
        yield f"{what} {place}; got {at['file']}:{at['line']} {at['function']}"
    elif f"{at['file']}:{at['line']}" not in text:
        yield f"{what} {place}: not in the text"


def _not_named(due: Culprit, culprit: Told | None, at: Told | None, text: str) -> Iterator[str]:
    if due.openid is None:
        yield from _elsewhere("held at", due.place, culprit or at, text)
        return
    yield from _elsewhere("held at", due.place, culprit, text)
    if culprit is not None and culprit["openid"] != due.openid:
        yield f"held by {due.openid}; got {culprit['openid']}"


def _is_in(place: Place, line: int | None) -> bool:
    return line is not None and place.first <= line <= place.last


def _waits(told: Told) -> list[str]:
    return [span["module"] for one in told["attempts"] for span in one["spans"] if span["layer"] == "wait"]
