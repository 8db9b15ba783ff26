"""What has to be found of each push, as `matrix.tree` tells it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType

from matrix.cells import Cell


def under(line: str, *below: list[str]) -> list[str]:
    """Return a line, and below it others."""
    return [line, *(f"  {deeper}" for lines in below for deeper in lines)]


def step(module: str, *below: list[str]) -> list[str]:
    """Return the lines of a `matrix.steps.step`."""
    return under(f"logic {module}: work", [f"- in {module}", f"- in {module}, too"], *below)


def query(system: str) -> list[str]:
    """Return the lines of a query through SQLAlchemy, by a new engine."""
    return [f"storage {system}: connect [client]", f"storage {system}: SELECT [client]"]


_SENT: Mapping[str, list[str]] = MappingProxyType(
    {
        "celery": under(
            "remote celery: apply_async/reply_later [producer]",
            ["storage redis: LPUSH [client]"],
            under("logic reply_later: run/reply_later [consumer]", step("job")),
        ),
        "aio-pika": under(
            "remote rabbitmq: replies send [producer]",
            under("logic replies: replies receive [consumer]", step("job")),
        ),
        "nats": under(
            "remote nats: replies publish [producer]",
            under("logic replies: replies [consumer]", step("job")),
        ),
    }
)
_JOBS: Mapping[str, str] = MappingProxyType(
    {"celery": "reply_later", "aio-pika": "replies receive", "nats": "replies"}
)
"""As what `find` shows the jobs."""
_BELOW: Mapping[str, list[str]] = MappingProxyType(
    {
        **_SENT,
        "thread": step("thread"),
        "executor": step("executor"),
        "task": step("task"),
        "http": under("remote 127.0.0.1: GET [client]", under("access wsgi: GET /stock [server]", step("stock"))),
        "mariadb": query("mysql"),
        "postgres": query("postgres"),
        "redis": ["storage redis: GET [client]"],
        "httpx": ["remote api.weixin.qq.com: POST /cgi-bin/message/custom/send [client]"],
    }
)
_BELOW_ON_A_LOOP: Mapping[str, list[str]] = MappingProxyType(
    {
        **_BELOW,
        "executor": [*step("executor"), *step("to_thread")],
        "http": under("remote 127.0.0.1: GET [client]", under("access asgi: GET /stock [server]", step("stock"))),
        "postgres": [*query("postgres"), "storage postgres: ROLLBACK; [client]"],  # asyncpg's own, which it tells
    }
)


def expected(cell: Cell) -> list[str]:
    """Return the tree of a push, and its jobs."""
    asked, is_on_a_loop = cell.column.asked, cell.server.access == "asgi"
    answer = step(f"reply.{asked}", (_BELOW_ON_A_LOOP if is_on_a_loop else _BELOW)[asked])
    if cell.server.framework == "FastAPI" and find_spec("fastapi.telemetry"):  # it tells of itself by now
        answer = ["access fastapi: fastapi.dependencies", *under("access fastapi: fastapi.endpoint", answer)]
    jobs = [f"job {_JOBS[asked]}: closed"] if asked in _JOBS else []
    return [*under(f"access {cell.server.access}: POST /callback [server]", answer), *jobs]
