"""The lookup as anybody would run it, once for us and once to be seen."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from wxtrace.demo.words import words


def look_up(
    openid: str, stamp: int, store: str, find: Callable[[list[str]], int], say: Callable[[str], None]
) -> tuple[str, str]:
    """
    Run ``wxtrace find``, let its result be seen, and return the layer and module that its verdict names.

    Args:
        openid, stamp: What the alarm says.
        store: Where the server recorded.
        find: The command line, as a function of its arguments; prints.
        say: Takes the command to look again.
    """
    arguments = ["find", "--openid", openid, "--stamp", str(stamp), "--store", store]
    say("$ " + shlex.join(["wxtrace", *arguments]) + "\n")
    named = _named(arguments, find)
    sys.stdout.flush()
    find(arguments)
    say("\n" + words()["again"] + "\n  " + shlex.join([_command(), *arguments]))
    return named


def _named(arguments: list[str], find: Callable[[list[str]], int]) -> tuple[str, str]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = find([*arguments, "--format", "json"])
    verdict = json.loads(printed.getvalue())["verdict"] if code == 0 else {}
    return str(verdict.get("layer")), str(verdict.get("module"))


def _command() -> str:
    """Return how to call ``wxtrace`` from here: by its name, or by its path if it is not on PATH."""
    beside = Path(sys.executable).with_name("wxtrace")
    return "wxtrace" if shutil.which("wxtrace") or not beside.exists() else os.path.relpath(beside)
