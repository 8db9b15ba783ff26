"""
The process beside the web process: seals what is due, about every second, for as long as somebody writes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import pyarrow as pa

from wxtrace.errors import SealBusy, WxtraceError
from wxtrace.seal.lock import held
from wxtrace.seal.retain import retain
from wxtrace.seal.seal import Sealed, seal
from wxtrace.store import journals, paths

PAUSE_S: Final = 1.0
"""Seconds between two looks at the journal."""

RETAIN_S: Final = 600.0
"""Seconds between two looks at what is too old."""

MAX_PAUSE_S: Final = 60.0
"""The longest pause, in seconds, after passes that failed one after the other."""

_LOOK_S: Final = 0.5
"""A web process that only looks whether somebody follows holds the lock for a moment; no reason to go away."""

NICE: Final = 10
"""How nice the process is at least."""

Report = Callable[[str], None]
T = TypeVar("T")


def follow(
    store: str,
    *,
    keep_days: float | None = None,
    keep_bytes: int | None = None,
    report: Report = lambda line: None,
    sleep: Callable[[float], None] = time.sleep,
    modest: bool = True,
) -> None:
    """
    Seal what is due until no writer lives and all is sealed; return at once if another process follows.

    Never raises for what a store can do: a full disk or a bucket that is away is reported and tried
    again, ever more slowly. Correctness does not depend on it; `find` reads the journals too.

    Args:
        store: A folder or URL.
        keep_days, keep_bytes: Handed to `retain`.
        report: Is told, in a line, what went wrong.
        sleep: Waits so many seconds.
        modest: Make the whole process a guest first (`be_modest`).
    """
    if modest:
        be_modest()
    journal = paths.journal_folder(store)
    while journal.is_dir():
        try:
            with held(journal / paths.SEALER_LOCK, _LOOK_S):
                _until_idle(store, journal, keep_days, keep_bytes, report, sleep)
        except SealBusy:
            return
        if not journals.writers(journal):  # else one began when the lock was still ours, and relies on us
            return


def be_modest() -> None:
    """Make this process a guest on the machine: low priority, and frugal."""
    os.nice(max(0, NICE - os.nice(0)))
    be_frugal()


def be_frugal() -> None:
    """Work in one thread, with memory given back when free: two fifths less CPU than pyarrow's own ways take."""
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    pa.set_memory_pool(pa.system_memory_pool())


def _until_idle(
    store: str,
    journal: Path,
    keep_days: float | None,
    keep_bytes: int | None,
    report: Report,
    sleep: Callable[[float], None],
) -> None:
    pause, retained_at = PAUSE_S, float("-inf")
    while True:
        sealed = _tried(lambda: seal(store, flush=False, wait_s=0), report)
        if time.monotonic() - retained_at >= RETAIN_S:
            _tried(lambda: retain(store, max_age_days=keep_days, max_bytes=keep_bytes), report)
            retained_at = time.monotonic()
        _tell(sealed, report)
        pause = PAUSE_S if sealed is not None else min(2 * pause, MAX_PAUSE_S)
        if not journals.writers(journal):
            return
        sleep(pause)


def _tried(step: Callable[[], T], report: Report) -> T | None:
    try:
        return step()
    except SealBusy:
        return None  # `wxtrace seal` is at it
    except (OSError, WxtraceError, pa.ArrowException) as error:
        report(f"wxtrace seal: {error}; trying again")
        return None


def _tell(sealed: Sealed | None, report: Report) -> None:
    if sealed is not None and (sealed.torn or sealed.damaged):
        report(f"wxtrace seal: skipped {sealed.torn} records cut short, {sealed.damaged} damaged stretches")
