"""The demo's door: it opens without the extra, and says what is missing."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable

from wxtrace.demo.options import Options
from wxtrace.errors import MissingExtra

_NEEDS = ("cryptography", "fastapi", "httpx", "sqlalchemy", "uvicorn", "opentelemetry.instrumentation.sqlalchemy")


def play(options: Options, *, find: Callable[[list[str]], int], say: Callable[[str], None]) -> int:
    """
    Run the demo, and return its exit code: 0 if the verdict names the module that was slow.

    Args:
        options: How to run it.
        find: The command line, as a function of its arguments; prints, and returns an exit code.
        say: Takes each line that the demo has to say.

    Raises:
        MissingExtra: The extra ``[demo]`` is not installed.
        ServerFailed: The example server does not come up.
    """
    if not all(importlib.util.find_spec(package) for package in _NEEDS):
        raise MissingExtra("wxtrace demo", "demo")
    from wxtrace.demo.scene import run

    return asyncio.run(run(options, find, say))
