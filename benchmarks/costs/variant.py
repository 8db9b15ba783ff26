"""What a variant of `cost.py` is, and what all of them that log have in common: three lines a request."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from costs.pushes import App, Message, Receive, Scope, Send

LINES, SPANS = 3, 3
Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Variant:
    """
    One variant, set up.

    Args:
        app: The app with everything around it.
        settle: Hands on what is pending in this process.
        seal: Does what is left to another process; returns its CPU seconds.
        owes: What one request must leave behind.
        found: Counts what all requests did leave behind.
    """

    app: App
    settle: Callable[[], object] = lambda: None
    seal: Callable[[], float] = lambda: 0.0
    owes: Counts = field(default_factory=dict)
    found: Callable[[], Counts] = dict


def access_line(app: App, log: Any, bind: Callable[[Scope], object] | None = None) -> App:
    """Return *app* with a log line after each request; *bind* is called before it."""

    async def logged(scope: Scope, receive: Receive, send: Send) -> None:
        if bind is not None:
            bind(scope)
        began, status = time.perf_counter(), 500

        async def see(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, see)
        finally:
            took_ms = round((time.perf_counter() - began) * 1000, 3)
            method, path = scope["method"], scope["path"]
            log.info("access", layer="access", method=method, path=path, status=status, took_ms=took_ms)

    return logged


def configure(processors: Sequence[Any], loggers: Any) -> None:
    """Configure structlog as its page on performance says."""
    import structlog

    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=loggers,
        cache_logger_on_first_use=True,
    )


def count_lines(path: Path) -> int:
    """Count the lines of a file."""
    with path.open("rb") as file:
        return sum(1 for _ in file)
