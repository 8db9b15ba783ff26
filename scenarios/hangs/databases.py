"""Handlers that hang in a database: behind another one's row lock, or at an empty queue."""

from __future__ import annotations

import importlib
import os
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

import wxtrace
from scenarios.hangs.settings import MARIADB, NAME

aiomysql: Any = importlib.import_module("aiomysql")
redis: Any = importlib.import_module("redis.asyncio")


@wxtrace.storage("mariadb")
def row() -> str:
    """Lock a row that another one has locked; in a thread, by SQLAlchemy."""
    with _engine().begin() as connection:
        connection.execute(sa.text(_locking()))  # hangs: row
    return "success"


@wxtrace.storage("mariadb")
async def row_async() -> str:
    """Lock a row that another one has locked; in a coroutine."""
    connection = await aiomysql.connect(**MARIADB)
    cursor = await connection.cursor()
    await cursor.execute(_locking())  # hangs: row_async
    return "success"


@wxtrace.storage("redis")
async def queue() -> str:
    """Take from a queue into which nobody puts anything."""
    client = redis.Redis(port=6379)
    await client.blpop([os.environ[NAME]], timeout=0)  # hangs: queue
    return "success"


def _locking() -> str:
    return f"SELECT seats FROM {os.environ[NAME]} WHERE id = 1 FOR UPDATE"


@cache
def _engine() -> sa.Engine:
    return sa.create_engine(sa.URL.create("mysql+pymysql", "root", host="127.0.0.1", port=3306, database="test"))


HANDLERS: Final = (row, row_async, queue)
