"""One run of the matrix: every push is sent, every job awaited, every process ended; all is sealed, and found."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from matrix.cells import ASGI, WSGI, Cell, Server
from matrix.pushes import REPLY
from matrix.running import Process, Running, processes, within
from matrix.sending import push_all
from matrix.tree import tree
from matrix.wechat import wechat
from survival_kit import command_line

import wxtrace

_BEHIND: Mapping[str, tuple[str, ...]] = {
    "asgi": (*ASGI["uvicorn"], "matrix.asgi_behind:app"),
    "wsgi": (*WSGI["gunicorn gthread"], "matrix.wsgi_behind:app"),
}
"""The second service of ours, by the access module of who asks it."""
_TAKERS: Mapping[str, tuple[str, ...]] = {
    "celery": ("celery", "-A", "matrix.celery_worker", "worker", "--concurrency", "2", "--loglevel", "INFO"),
    "aio-pika": ("matrix.aio_pika_consumer",),
    "nats": ("matrix.nats_subscriber",),
}
"""Who takes the jobs that columns leave, by what they ask."""
_READY = re.compile(r"\bready\b")
_OF_THE_BROKER = [f"storage redis: {command} [client]" for command in ("PING", "LLEN", "SADD")]
"""What Celery asks redis besides, in its place; some only when it connects, and no two versions ask the same."""

Folders = Mapping[str, Path | None]
"""The folder of each release of SQLAlchemy; None for the one that is installed."""


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


def run(cells: Collection[Cell], folder: Path, sqlalchemy: Folders) -> Seen:
    """
    Send the push of each of *cells*, and return what is found of them.

    Args:
        cells: Those that can be asked here.
        folder: For the store and all files.
        sqlalchemy: Where its releases are.
    """
    stamp = int(time.time())
    with wechat() as api, processes(folder, MATRIX_WECHAT=f"http://127.0.0.1:{api.server_port}") as running:
        asked = {cell.column.asked for cell in cells}
        takers = [running.start(words) for name, words in _TAKERS.items() if name in asked]
        servers = _servers(running, cells, sqlalchemy)
        for taker in takers:
            taker.said(_READY)
        pushed = [(process.port(), {cell.openid: cell.column.asked for cell in some}) for process, some in servers]
        replies = push_all(stamp, pushed)
        jobs = {cell.openid for cell in cells if cell.column.asked in _TAKERS and replies[cell.openid] == REPLY}
        within(lambda: running.done() >= jobs)
        running.end()
        command_line("seal", "--store", str(running.store)).check_returncode()
        trees = {cell: list(_found(running, cell, stamp, replies[cell.openid])) for cell in cells}
    return Seen(trees, api.told, stamp)


def _servers(running: Running, cells: Collection[Cell], sqlalchemy: Folders) -> list[tuple[Process, list[Cell]]]:
    """Start a process for each server, and one more for another SQLAlchemy; return what is asked of each."""
    behind = {access: running.start(words) for access, words in _BEHIND.items()}
    asked: dict[tuple[Server, Path | None], list[Cell]] = {}
    for cell in cells:
        asked.setdefault((cell.server, sqlalchemy.get(cell.column.sqlalchemy)), []).append(cell)
    urls = {access: f"http://127.0.0.1:{process.port()}" for access, process in behind.items()}
    return [
        (running.start(server.command, first, MATRIX_BEHIND=urls[server.access]), some)
        for (server, first), some in asked.items()
    ]


def _found(running: Running, cell: Cell, stamp: int, reply: str) -> Iterable[str]:
    if reply != REPLY:
        yield f"replied {reply}"
    for number, attempt in enumerate(wxtrace.find(openid=cell.openid, stamp=stamp, store=running.store).attempts):
        rebuilt = attempt.rebuilt
        lines = tree(rebuilt.spans, rebuilt.logs, (cell.openid, stamp))
        jobs = [f"job {job.name}: {job.state}" for job in rebuilt.jobs]
        for line in [*["another attempt"] * number, *lines, *jobs]:
            if line.strip() not in _OF_THE_BROKER:
                yield line.replace(running.name, "replies")
