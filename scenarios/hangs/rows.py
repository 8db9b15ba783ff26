"""A row of a table that is locked, as long as a block runs."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from scenarios.hangs.settings import MARIADB


@asynccontextmanager
async def held_row(table: str) -> AsyncIterator[None]:
    """Make a table of one row, and hold a lock on that row."""
    connection: Any = await asyncio.to_thread(importlib.import_module("pymysql").connect, **MARIADB)
    with connection, connection.cursor() as cursor:
        for statement in (
            f"CREATE TABLE {table} (id INT PRIMARY KEY, seats INT) ENGINE=InnoDB",
            f"INSERT INTO {table} VALUES (1, 4)",
            "COMMIT",
            f"SELECT seats FROM {table} WHERE id = 1 FOR UPDATE",
        ):
            await asyncio.to_thread(cursor.execute, statement)
        try:
            yield
        finally:
            connection.rollback()
            await asyncio.to_thread(cursor.execute, f"DROP TABLE {table}")
