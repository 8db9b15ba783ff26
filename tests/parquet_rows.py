"""What lies in the Parquet files of a store, as plain values; and calls that crash when they are told to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest


def files(store: Path, table: str) -> list[Path]:
    """Return the Parquet files of a table."""
    return sorted((store / table).rglob("*.parquet"))


def rows(store: Path, table: str = "spans") -> list[dict[str, Any]]:
    """Return the rows of all files of a table, in the order of the files and the rows in them."""
    return [row for file in files(store, table) for row in pq.ParquetFile(file).read().to_pylist()]


def column(store: Path, *names: str, table: str = "spans") -> list[tuple[Any, ...]]:
    """Return some columns of all rows of a table, sorted."""
    return sorted(tuple(row[name] for name in names) for row in rows(store, table))


class Crash(BaseException):
    """Stands for the death of the process."""


STEPS = [
    (os, "open"),
    (os, "mkdir"),
    (os, "fsync"),
    (os, "replace"),
    (Path, "unlink"),
    (Path, "rmdir"),
    (pq.ParquetWriter, "write_table"),
]
"""Every call by which sealing changes the world."""


@contextmanager
def crash_at(call: int) -> Iterator[list[str]]:
    """Crash at the *call*-th of `STEPS`, counted from 0; what is yielded ends with the call that crashed."""
    reached: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        for owner, name in STEPS:
            patch.setattr(owner, name, _counted(getattr(owner, name), name, call, reached))
        yield reached


def _counted(step: Any, name: str, call: int, reached: list[str]) -> Any:
    def counted(*args: Any, **kwargs: Any) -> Any:
        reached.append(name)
        if len(reached) == call + 1:
            raise Crash(name)
        return step(*args, **kwargs)

    return counted
