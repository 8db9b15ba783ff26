"""What every process of the matrix does: start wxtrace, be in a step, say a line in two ways, tell its end."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

import wxtrace

RUN = os.environ["MATRIX_RUN"]
"""What sets the queues and subjects of this run apart from those of others."""
BEHIND = os.environ.get("MATRIX_BEHIND", "")
"""The URL of the second service."""
WECHAT = os.environ.get("MATRIX_WECHAT", "")
"""The URL of the proxy behind which WeChat's API is."""
PATIENCE = 120.0
"""Seconds that the app gives whoever it calls: a busy machine is not what is asked about."""
_done = os.open(os.environ["MATRIX_DONE"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def start(service: str) -> None:
    """Record, with all instrumentations that are installed, and with both ways to log."""
    wxtrace.start(service=service, sealer=False, instrument=True)
    structlog.configure(
        processors=[wxtrace.structlog_processor, structlog.processors.JSONRenderer()],
        logger_factory=structlog.WriteLoggerFactory(open(os.devnull, "w")),  # noqa: SIM115 - as long as the process
    )
    _library.addHandler(wxtrace.LogHandler())
    _library.setLevel(logging.INFO)


_log = structlog.get_logger()
_library = logging.getLogger("library")


def say(event: str) -> None:
    """Log a line by structlog and one by `logging`."""
    _log.info(event)
    _library.info("%s, too", event)


@contextmanager
def step(module: str) -> Iterator[None]:
    """Be in a span of the logic layer, and say so."""
    with wxtrace.span("logic", module, "work"):
        say(f"in {module}")
        yield


def work(module: str) -> None:
    """Do a step, in whatever thread."""
    with step(module):
        pass


async def work_async(module: str) -> None:
    """Do a step, in whatever task."""
    with step(module):
        pass


def done(openid: str) -> None:
    """Tell the test, past wxtrace, that the job of this push is over."""
    os.write(_done, f"{openid}\n".encode())
