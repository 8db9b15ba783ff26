"""Which layer and module a span belongs to that somebody else named: an instrumentation, the app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wxtrace.capture.urls import host_of

LAYER, MODULE = "wxtrace.layer", "wxtrace.module"
"""Attributes that say it outright; taken off before the span is recorded."""

_SERVER, _CLIENT, _PRODUCER, _CONSUMER = 1, 2, 3, 4
_DATABASE: Final = ("db.system.name", "db.system")
_HOST: Final = ("server.address", "net.peer.name", "http.host", "rpc.service")
_QUEUES: Final = ("messaging.destination.name", "messaging.destination", "messaging.destination.routing_key")
_DATABASES: Final = frozenset(
    {
        "sqlalchemy",
        "asyncpg",
        "psycopg",
        "psycopg2",
        "pymysql",
        "mysql",
        "mysqlclient",
        "aiomysql",
        "sqlite3",
        "aiopg",
    }
    | {"redis", "valkey", "pymongo", "pymemcache", "memcache", "cassandra", "elasticsearch", "tortoiseorm", "dbapi"}
)
ACCESS: Final = frozenset({"asgi", "wsgi"})
"""The modules of access spans."""
SERVERS: Final = ACCESS | {"fastapi", "starlette", "flask", "django"}
"""Libraries whose own spans say how a request came in, not what the app made of it."""
_SYSTEMS: Final = {"postgresql": "postgres", "mssql": "sqlserver", "microsoft.sql_server": "sqlserver"}


def library_of(scope: str) -> str:
    """Return the library that the tracer named *scope* is for: the last part of the name."""
    return scope.rpartition(".")[2]


def place(scope: str, kind: int, attributes: Mapping[str, Any] | None) -> tuple[str, str]:
    """
    Return (layer, module) of a span.

    Args:
        scope: The name of the tracer that made it.
        kind: OpenTelemetry's number of the span kind.
        attributes: What it carries, by old names or new.
    """
    library = library_of(scope)
    if attributes:
        if LAYER in attributes:
            return str(attributes[LAYER]), str(attributes.get(MODULE, library))
        for key in _DATABASE:
            if key in attributes:
                system = str(attributes[key])
                return "storage", _SYSTEMS.get(system, system)
    if library in _DATABASES:
        return "storage", library
    if kind == _SERVER or library in SERVERS:
        return "access", library or "server"
    if kind == _CLIENT:
        return "remote", _host(attributes) or library
    if kind == _PRODUCER:
        return "remote", str((attributes or {}).get("messaging.system") or library)
    if kind == _CONSUMER:
        return "logic", _task(attributes) or library or "job"
    return "logic", library or "app"


def _task(attributes: Mapping[str, Any] | None) -> str:
    """Return what a consumer does: its task by the last part of its name, else the queue that it reads."""
    told = attributes or {}
    if "celery.task_name" in told:
        return str(told["celery.task_name"]).rpartition(".")[2]
    return next((str(told[key]) for key in _QUEUES if told.get(key)), "")


def _host(attributes: Mapping[str, Any] | None) -> str:
    for key in _HOST:
        if attributes and key in attributes:
            return str(attributes[key])
    return host_of(str((attributes or {}).get("url.full") or (attributes or {}).get("http.url") or ""))
