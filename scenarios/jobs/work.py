"""The job: a little work, with a span and a log line of its own, and a ledger of what was done."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog
from opentelemetry import trace

import wxtrace
from scenarios.jobs.ledger import note

NAME: Final = "reply_later"
"""What the job is called, wherever a broker wants to know."""
STEP: Final = "customers"
"""The module of its one span."""
PACE_S: Final = float(os.environ.get("JOBS_PACE", "0.1"))
"""How long a job takes at most, in seconds."""

_log: Final = structlog.get_logger()
_numbers: Final = itertools.count(1)


def record(*instruments: str) -> None:
    """Begin to record, as an app does where it is made; `WXTRACE_SERVICE` says which part of it this is."""
    wxtrace.start(instrument=instruments, watch=())
    structlog.configure(
        processors=[wxtrace.structlog_processor, structlog.processors.JSONRenderer()],
        logger_factory=structlog.WriteLoggerFactory(open(os.devnull, "w")),  # noqa: SIM115 - as long as the process
    )


def work(openid: str) -> None:
    """Do the job of a push, in a thread or process of its own."""
    with _doing(openid):
        time.sleep(random.random() * PACE_S)


async def work_async(openid: str) -> None:
    """Do the job of a push, beside others in one process."""
    with _doing(openid):
        await asyncio.sleep(random.random() * PACE_S)


@contextmanager
def _doing(openid: str) -> Iterator[None]:
    span_id = format(trace.get_current_span().get_span_context().span_id, "016x")
    note("began", openid, span_id)
    with wxtrace.span("remote", STEP, "ask for the menu", job=openid):
        number = f"{os.getpid()}-{next(_numbers)}"
        _log.info("job.asked", job=openid, number=number)
        note("said", openid, number)
        yield
    note("ended", openid, span_id)
