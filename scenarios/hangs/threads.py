"""Handlers that hang in a thread, or for want of one."""

from __future__ import annotations

import fcntl
import re
import time
from functools import cache
from typing import Final

import anyio
import sqlalchemy as sa

import wxtrace
from scenarios.hangs.settings import FILE, TAKERS

_FOREVER_S: Final = 600.0
_PRICE: Final = re.compile(r"(\d+[.,]?)+ yuan")
_ANYTHING: Final = sa.text("SELECT 1")


@wxtrace.logic("hang.printer")
def printer() -> str:
    """Wait, in a call of C, for a file that another process has locked."""
    with open(FILE, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # hangs: printer
    return "success"


@wxtrace.logic("hang.cook")
def cook() -> str:
    """Take a thread, and keep it."""
    time.sleep(_FOREVER_S)  # hangs: cook
    return "success"


@wxtrace.logic("hang.guest")
async def guest() -> str:
    """Want a thread, as an asynchronous handler does."""
    await anyio.to_thread.run_sync(time.sleep, 0)  # hangs: guest
    return "success"


@wxtrace.logic("hang.taker")
async def taker() -> str:
    """Have a statement run in a thread; there are threads enough, but not connections."""
    await anyio.to_thread.run_sync(_count, limiter=_seats())
    return "success"


@wxtrace.storage("sqlite")
def _count() -> None:
    connection = _engine().connect()  # hangs: taker
    connection.execute(_ANYTHING)
    time.sleep(_FOREVER_S)  # hangs: holder


@cache
def _engine() -> sa.Engine:
    return sa.create_engine(
        "sqlite:///seats.sqlite", poolclass=sa.QueuePool, pool_size=2, max_overflow=0, pool_timeout=_FOREVER_S
    )


@cache
def _seats() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(TAKERS)


@wxtrace.logic("hang.counter")
def counter() -> str:
    """Count in a thread, and never come to an end."""
    return str(_counted_to(-1))


@wxtrace.logic("hang.reader")
def reader() -> str:
    """Look in a thread for what takes ages to find, and hold the interpreter meanwhile."""
    return str(_is_price("9" * 64))


def _counted_to(number: int) -> int:
    counted = 0
    while counted != number:  # hangs: counter
        counted += 1
    return counted


def _is_price(text: str) -> bool:
    return _PRICE.fullmatch(text) is not None  # hangs: reader


HANDLERS: Final = (printer, cook, guest, taker, counter, reader)
