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


def look_up(arguments: list[str], find: Callable[[list[str]], int]) -> tuple[str, str]:
    """
    Run a lookup, let its result be seen, and return the layer and module that its verdict names.

    Args:
        arguments: Of the command line; see `lookup_of`.
        find: The command line, as a function of its arguments; prints.
    """
    named = _named(arguments, find)
    find(arguments)
    return named


def lookup_of(alarm: str, store: str) -> list[str]:
    """Return the arguments of the command line that look up the push that an alarm means; *alarm* is a file."""
    return ["find", "--alarm", alarm, "--store", store]


def command(arguments: list[str]) -> str:
    """Return what to type to run *arguments*: ``wxtrace …``, by its path where it is not on PATH."""
    beside = Path(sys.executable).with_name("wxtrace")
    name = "wxtrace" if shutil.which("wxtrace") or not beside.exists() else os.path.relpath(beside)
    return shlex.join([name, *arguments])


def _named(arguments: list[str], find: Callable[[list[str]], int]) -> tuple[str, str]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = find([*arguments, "--format", "json"])
    verdict = json.loads(printed.getvalue())["verdict"] if code == 0 else {}
    return str(verdict.get("layer")), str(verdict.get("module"))
