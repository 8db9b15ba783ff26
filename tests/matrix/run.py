"""One run of the matrix: every push is sent, every job awaited, every process ended; all is sealed, and read."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from matrix.cells import SERVERS, Cell
from matrix.pushes import REPLY
from matrix.running import Process, Running, processes, within
from matrix.sending import push_all
from matrix.tree import tree
from matrix.wechat import wechat
from survival_kit import command_line

from wxtrace.scan.scan import scan

_TAKERS: Mapping[str, tuple[str, ...]] = {
    "celery": ("celery", "-A", "matrix.celery_worker", "worker", "--concurrency", "2", "--loglevel", "INFO"),
    "aio-pika": ("matrix.aio_pika_consumer",),
    "nats": ("matrix.nats_subscriber",),
}
"""Who takes the jobs that columns leave, by what they ask."""
_OF_THE_BROKER = [f"storage redis: {command} [client]" for command in ("PING", "LLEN", "SADD")]
"""What Celery asks redis besides, in its place; some only when it connects, and no two versions ask the same."""
_READY = re.compile(r"\bready\b")
_BEHIND = ("uvicorn", "--host", "127.0.0.1", "--port", "0", "matrix.behind:app")


@dataclass(frozen=True, slots=True)
class Seen:
    """
    What a run has seen.

    Args:
        trees: What was found of each push, or what it was replied where that was not as asked.
        told: The headers of each request that WeChat's API has got.
        stamp: When the pushes were sent.
    """

    trees: Mapping[Cell, list[str]]
    told: list[str]
    stamp: int


def run(cells: Collection[Cell], folder: Path, sqlalchemy: Mapping[str, Path | None]) -> Seen:
    """
    Send the push of each of *cells*, and return what is found of them.

    Args:
        cells: Those that can be asked here.
        folder: For the store and all files.
        sqlalchemy: The folder of each release; None for the one that is installed.
    """
    stamp = int(time.time())
    with wechat() as api, processes(folder, MATRIX_WECHAT=f"http://127.0.0.1:{api.server_port}") as running:
        replies = _pushed(cells, stamp, running, sqlalchemy)
        expected = {cell.openid for cell in cells if cell.column.asked in _TAKERS and replies[cell.openid] == REPLY}
        within(lambda: running.done() >= expected)
        running.end()
        command_line("seal", "--store", str(running.store)).check_returncode()
        trees = {cell: _found(running, cell, stamp, replies[cell.openid]) for cell in cells}
        return Seen(trees, api.told, stamp)


def _pushed(
    cells: Collection[Cell], stamp: int, running: Running, sqlalchemy: Mapping[str, Path | None]
) -> dict[str, str]:
    """Start everything, send every push, and return the replies by openid."""
    behind = running.start(_BEHIND)
    asked = {cell.column.asked for cell in cells}
    takers = [running.start(words) for name, words in _TAKERS.items() if name in asked]
    url = f"http://127.0.0.1:{behind.port()}"
    servers: list[tuple[Process, dict[str, str]]] = []
    for server in SERVERS:
        for first in dict.fromkeys([None, *sqlalchemy.values()]):
            texts = {
                cell.openid: cell.column.asked
                for cell in cells
                if cell.server == server and sqlalchemy.get(cell.column.sqlalchemy) == first
            }
            if texts:
                servers.append((running.start(server.command, first, MATRIX_BEHIND=url), texts))
    for taker in takers:
        taker.said(_READY)
    return push_all(stamp, [(process.port(), texts) for process, texts in servers])


def _found(running: Running, cell: Cell, stamp: int, reply: str) -> list[str]:
    if reply != REPLY:
        return [f"replied {reply}"]
    found = scan([str(running.store)], cell.openid, stamp)
    lines = tree(found.spans, found.logs, (cell.openid, stamp))
    return [line.replace(running.name, "replies") for line in lines if line.strip() not in _OF_THE_BROKER]
