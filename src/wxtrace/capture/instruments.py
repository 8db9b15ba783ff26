"""
OpenTelemetry's instrumentations of databases, caches, queues and HTTP clients, switched on by `start`.

They are found by what is installed: the entry points named below. One is imported only where its library is
there to be instrumented; one that somebody else has switched on is left alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, Final, Protocol

from wxtrace.capture import weixin
from wxtrace.capture.engines import Engines
from wxtrace.capture.hops.aio_pika import deliveries
from wxtrace.capture.hops.celery import Celery

LIBRARIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sqlalchemy": "sqlalchemy",
        "asyncpg": "asyncpg",
        "psycopg": "psycopg",
        "psycopg2": "psycopg2",
        "aiopg": "aiopg",
        "pymysql": "pymysql",
        "mysqlclient": "MySQLdb",
        "mysql": "mysql.connector",
        "sqlite3": "sqlite3",
        "tortoiseorm": "tortoise",
        "redis": "redis",
        "pymemcache": "pymemcache",
        "pymongo": "pymongo",
        "cassandra": "cassandra",
        "elasticsearch": "elasticsearch",
        "httpx": "httpx",
        "requests": "requests",
        "aiohttp-client": "aiohttp",
        "urllib3": "urllib3",
        "urllib": "urllib",
        "grpc_client": "grpc",
        "botocore": "botocore",
        "celery": "celery",
        "aio-pika": "aio_pika",
        "pika": "pika",
        "nats": "nats",
        "aiokafka": "aiokafka",
        "kafka": "kafka",
        "confluent_kafka": "confluent_kafka",
    }
)
"""The instrumentations that ``instrument=True`` switches on, by entry point, and the module each is for."""

PROVEN: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({"sqlalchemy": ("2.1.",), "aio-pika": ("10.",)})
"""Versions that contrib refuses, and that our tests have shown to work all the same."""

_GROUP: Final = "opentelemetry_instrumentor"
_OURS: Final[Mapping[str, EntryPoint]] = MappingProxyType(
    {"nats": EntryPoint("nats", "wxtrace.capture.hops.nats:NatsInstrumentor", _GROUP)}
)
"""What contrib has nothing for."""
_OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "httpx": {"response_hook": weixin.on_httpx_reply, "async_response_hook": weixin.on_async_httpx_reply},
        "requests": {"response_hook": weixin.on_requests_reply},
        "urllib3": {"response_hook": weixin.on_urllib3_reply},
    }
)
_FIRST: Final[Mapping[str, str]] = MappingProxyType({"sqlalchemy": "sqlalchemy.ext.asyncio"})
"""What is imported before: later it would bind a ``create_engine`` of contrib's, and tell each query twice."""
_log = logging.getLogger("wxtrace")


class Mend(Protocol):
    """What an instrumentation needs beside it; both are called while the instrumentation is on."""

    def place(self) -> None:
        """Mend from now on."""

    def remove(self) -> None:
        """Mend no more."""


_MENDS: Final[Mapping[str, Callable[[], Mend]]] = MappingProxyType(
    {"sqlalchemy": Engines, "celery": Celery, "aio-pika": deliveries}
)


class Refused(Exception):
    """An instrumentation was not switched on; the text says why."""


class Instruments:
    """The instrumentations that we have switched on, and their mends, by name."""

    def __init__(self) -> None:
        self._ours: Final[dict[str, Any]] = {}
        self._mends: Final[dict[str, Mend]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Those that are on and ours, in the order in which they were switched on."""
        return tuple(self._ours)

    def switch_on(self, wanted: bool | Iterable[str]) -> None:
        """
        Switch on what is wanted and installed; what cannot be is one warning. Never raises.

        Args:
            wanted: True: all that are known here. Or names of entry points, which must be installed then.
        """
        refused: list[str] = []
        for name, point in _points(wanted).items():
            try:
                self._switch_on(name, point)
            except Refused as error:
                refused.append(f"{name} ({error})")
            except Exception as error:  # an instrumentation of any version, of any library
                refused.append(f"{name} ({type(error).__name__}: {error})")
        if refused:
            _log.warning("wxtrace: not instrumented: %s", "; ".join(refused))

    def _switch_on(self, name: str, point: EntryPoint | None) -> None:
        if point is None and name not in LIBRARIES and name not in _OURS:
            raise Refused(f"unknown: known are {', '.join(sorted(LIBRARIES))}, and what else is installed")
        if point is None:
            raise Refused(f"not installed: pip install opentelemetry-instrumentation-{name}")
        if name in LIBRARIES and not _is_there(LIBRARIES[name]):
            return
        instrumentor = point.load()()
        if instrumentor.is_instrumented_by_opentelemetry:
            return
        _instrument(name, instrumentor)
        self._ours[name] = instrumentor
        if name in _MENDS:
            mend = _MENDS[name]()
            mend.place()
            self._mends[name] = mend

    def switch_off(self) -> None:
        """Switch off what we have switched on. Never raises."""
        while self._ours:
            name, instrumentor = self._ours.popitem()
            try:
                if name in self._mends:
                    self._mends.pop(name).remove()
                if instrumentor.is_instrumented_by_opentelemetry:
                    instrumentor.uninstrument()
            except Exception:
                _log.warning("wxtrace: the instrumentation of %s does not let go", name, exc_info=True)


instruments: Final = Instruments()
"""Those of this process."""


def _points(wanted: bool | Iterable[str]) -> dict[str, EntryPoint | None]:
    if wanted is False:
        return {}
    installed = {**_OURS, **{point.name: point for point in entry_points(group=_GROUP)}}
    if wanted is True:
        return {name: installed[name] for name in LIBRARIES if name in installed}
    return {name: installed.get(name) for name in ([wanted] if isinstance(wanted, str) else wanted)}


def _is_there(module: str) -> bool:
    """Say whether *module* can be imported, without importing more of it than a package around it."""
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _instrument(name: str, instrumentor: Any) -> None:
    conflict = _conflict(instrumentor)
    if conflict and not _is_proven(name):
        raise Refused(conflict)
    if name in _FIRST and _is_there(_FIRST[name]):
        import_module(_FIRST[name])
    instrumentor.instrument(skip_dep_check=True, **_OPTIONS.get(name, {}))
    if not instrumentor.is_instrumented_by_opentelemetry:
        raise Refused("it did not say why")


def _conflict(instrumentor: Any) -> str:
    """Return why contrib would refuse the library's version; "" where it would not."""
    conflict = instrumentor._check_dependency_conflicts()
    return "" if conflict is None else str(conflict)


def _is_proven(name: str) -> bool:
    try:
        return name in PROVEN and version(name).startswith(PROVEN[name])
    except PackageNotFoundError:
        return False
