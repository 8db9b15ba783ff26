"""
SQLAlchemy's engines that its instrumentation does not see: made before it was switched on, or by a
``create_engine`` that somebody had imported before.

Contrib replaces ``sqlalchemy.create_engine``; an engine made otherwise gives spans of its connections, and
none of its queries. So each engine is looked at when it first connects, and given what it lacks.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

from opentelemetry import metrics, trace

_SCOPE = "opentelemetry.instrumentation.sqlalchemy"


class Engines:
    """Gives every engine that connects its listeners, once, while it is `placed`."""

    def __init__(self) -> None:
        self._seen: WeakSet[Any] = WeakSet()
        self.placed = False

    def place(self) -> None:
        """Look at engines from now on; call it when the instrumentation is on."""
        from sqlalchemy import event
        from sqlalchemy.engine import Engine

        event.listen(Engine, "engine_connect", self._connected)
        self.placed = True

    def remove(self) -> None:
        """Look at none any more; the instrumentation removes its listeners itself."""
        from sqlalchemy import event
        from sqlalchemy.engine import Engine

        event.remove(Engine, "engine_connect", self._connected)
        self.placed = False
        self._seen.clear()

    def _connected(self, connection: Any) -> None:
        engine = connection.engine
        if engine not in self._seen:
            self._seen.add(engine)
            try:
                _trace(getattr(engine, "_proxied", engine))
            except Exception:  # contrib is built otherwise than we know it
                return


def _trace(engine: Any) -> None:
    from opentelemetry.instrumentation.sqlalchemy.engine import EngineTracer, _after_cur_exec
    from sqlalchemy import event

    if not event.contains(engine, "after_cursor_execute", _after_cur_exec):
        usage = metrics.get_meter(_SCOPE).create_up_down_counter("db.client.connections.usage")
        listen: Any = EngineTracer
        listen(trace.get_tracer(_SCOPE), engine, usage)
