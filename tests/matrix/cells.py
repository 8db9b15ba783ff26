"""The cells of the matrix: servers by frameworks, and what a push asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_BIND = ("--bind", "127.0.0.1:0")
_GUNICORN = ("gunicorn", *_BIND, "--timeout", "120")  # on however busy a machine


@dataclass(frozen=True, slots=True)
class Server:
    """
    A server with a framework.

    Args:
        name: The server, as the table names it.
        framework: The framework.
        command: Its command line, after `python -m`.
    """

    name: str
    framework: str
    command: tuple[str, ...]

    @property
    def access(self) -> str:
        """The module of its access spans."""
        return "wsgi" if self.framework in ("Flask", "Django") else "asgi"

    def __str__(self) -> str:
        return f"{self.name}, {self.framework}"


@dataclass(frozen=True, slots=True)
class Column:
    """
    What is asked of each server.

    Args:
        title: As the table names it.
        asked: The text of the push.
        service: What must run for it; "" for nothing.
        sqlalchemy: The release of SQLAlchemy that it is asked of; "" for whichever is installed.
    """

    title: str
    asked: str
    service: str = ""
    sqlalchemy: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One push: to a server, for a column."""

    server: Server
    column: Column

    @property
    def openid(self) -> str:
        """Who sends this push, and no other."""
        return "o" + "".join(letter for letter in str(self) if letter.isalnum())

    def __str__(self) -> str:
        return f"{self.server}, {self.column.title}"


ASGI: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "uvicorn": ("uvicorn", "--host", "127.0.0.1", "--port", "0"),
        "gunicorn with uvicorn workers": (*_GUNICORN, "--worker-class", "uvicorn_worker.UvicornWorker"),
        "hypercorn": ("hypercorn", *_BIND),
    }
)
WSGI: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "gunicorn sync": _GUNICORN,
        "gunicorn gthread": (*_GUNICORN, "--worker-class", "gthread", "--threads", "4"),
    }
)
SERVERS = tuple(
    Server(name, framework, (*command, f"matrix.{framework.lower()}_app:app"))
    for commands, frameworks in ((ASGI, ("FastAPI", "Starlette")), (WSGI, ("Flask", "Django")))
    for name, command in commands.items()
    for framework in frameworks
)
SQLALCHEMY = ("2.0", "2.1")
COLUMNS = (
    Column("thread", "thread"),
    Column("executor", "executor"),
    Column("task", "task"),
    Column("HTTP hop", "http"),
    Column("Celery", "celery", "Redis"),
    Column("aio-pika", "aio-pika", "RabbitMQ"),
    Column("NATS", "nats", "NATS"),
    *(Column(f"SQLAlchemy {release}, MariaDB", "mariadb", "MariaDB", release) for release in SQLALCHEMY),
    *(Column(f"SQLAlchemy {release}, PostgreSQL", "postgres", "PostgreSQL", release) for release in SQLALCHEMY),
    Column("redis", "redis", "Redis"),
    Column("httpx", "httpx"),
)
CELLS = tuple(Cell(server, column) for server in SERVERS for column in COLUMNS)
