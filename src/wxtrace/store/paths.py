"""
Every file and folder name of a store, and of the journal beside it.

    STORE/spans/day=d20260922/hour=h07/<name>.parquet
    STORE/logs/day=d20260922/hour=h07/<name>.parquet
    JOURNAL/<writer>/{lock,writer,stacks.txt,open-0001,000001.wxj,…}
    JOURNAL/{sealed.json,seal.lock,sealer.lock}
"""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import Final

SPANS: Final = "spans"
LOGS: Final = "logs"
TABLES: Final = (SPANS, LOGS)
"""The two tables of a store, by folder name."""

OTHER_HOUR: Final = "hour=hother"
"""Where a record goes whose stamp is more than a day from its arrival; read last."""

HALF: Final = ".tmp-"
"""What the name of a file begins with that is still being written; readers skip it."""

LOCK, WRITER, OPEN_PREFIX, SEGMENT_SUFFIX = "lock", "writer", "open-", ".wxj"
SEALED, SEAL_LOCK, SEALER_LOCK = "sealed.json", "seal.lock", "sealer.lock"
STACKS: Final = "stacks.txt"
"""Where a process leaves its last words, in its writer's folder."""

_DAY_NS = 86_400 * 10**9


def default_store() -> str:
    """Return the store that is meant where none is named: ``WXTRACE_STORE`` or ``./wxtrace-data``."""
    return os.environ.get("WXTRACE_STORE") or "wxtrace-data"


def is_url(store: str) -> bool:
    """Say whether *store* is a URL, not a local folder."""
    return "://" in store and not store.startswith("file://")


def local_folder(store: str) -> Path:
    """Return the folder of a store that is not a URL."""
    return Path(store.removeprefix("file://")).expanduser()


def journal_folder(store: str) -> Path:
    """
    Return the folder of the journals of *store*; always local.

    ``WXTRACE_JOURNAL`` if set; else ``STORE/journal``; for a URL
    ``$XDG_STATE_HOME/wxtrace/<hash of the URL>``.
    """
    if named := os.environ.get("WXTRACE_JOURNAL"):
        return Path(named).expanduser().absolute()
    if not is_url(store):
        return local_folder(store) / "journal"
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    digest = hashlib.sha256(store.rstrip("/").encode()).hexdigest()[:16]
    return Path(state).expanduser() / "wxtrace" / digest


def segment_name(number: int) -> str:
    """Return the file name of a writer's segment, counted from 1."""
    return f"{number:06d}{SEGMENT_SUFFIX}"


def open_name(number: int) -> str:
    """Return the file name of a writer's table of open spans, counted from 1."""
    return f"{OPEN_PREFIX}{number:04d}"


def partition(stamp: int | None, start_ns: int) -> str:
    """
    Return the partition of a record: ``day=d20260922/hour=h07``, UTC.

    Args:
        stamp: Unix seconds, or None.
        start_ns: When it was recorded, nanoseconds since the epoch; decides where there is no
            stamp, and where the stamp is more than 24 h away from it (``hour=hother``).
    """
    if stamp is None:
        return _day_and_hour(start_ns // 10**9)
    if abs(stamp * 10**9 - start_ns) > _DAY_NS:
        return _day_and_hour(start_ns // 10**9).split("/")[0] + "/" + OTHER_HOUR
    return _day_and_hour(stamp)


def _day_and_hour(seconds: int) -> str:
    return time.strftime("day=d%Y%m%d/hour=h%H", time.gmtime(seconds))
