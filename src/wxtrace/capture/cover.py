"""
One span a query: where SQLAlchemy's instrumentation has made one, its driver's makes no second.

Who instruments both has the same text twice, one inside the other. The ORM's says more, so the driver's
is not recorded while the ORM's is open; what the driver does by itself (`COMMIT`) is.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

from opentelemetry.trace import Span

_ORMS: Final = frozenset({"sqlalchemy", "tortoiseorm"})
_DRIVERS: Final = frozenset(
    {"asyncpg", "psycopg", "psycopg2", "pymysql", "mysqlclient", "mysql", "aiopg", "sqlite3", "dbapi", "pymssql"}
)

_query: ContextVar[Span | None] = ContextVar("wxtrace_query", default=None)


def is_orm(library: str) -> bool:
    """Say whether spans of *library* cover those of a driver."""
    return library in _ORMS


def is_driver(library: str) -> bool:
    """Say whether spans of *library* are covered by those of an ORM."""
    return library in _DRIVERS


def cover(span: Span) -> None:
    """Have *span* stand for what drivers do in this context until it ends."""
    _query.set(span)


def covering() -> Span | None:
    """Return the open span of an ORM in whose query the caller is."""
    span = _query.get()
    return span if span is not None and span.is_recording() else None
