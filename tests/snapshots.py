"""Snapshots for tests, as the watchdog writes them: log lines of requests that hang, and the spans around them."""

from __future__ import annotations

from typing import Any

from answers import answer
from hypothesis import strategies as st
from strategies import BASE_NS, SECOND, hostile_text, make_log, make_span

from wxtrace.lookup.found import Lookup
from wxtrace.row import LogRow, SpanRow

OPEN: dict[str, Any] = {"end_ns": None, "state": "open"}
LOOKUP = "SELECT stock FROM menu WHERE id = ? FOR UPDATE"


def frames(*places: str) -> list[dict[str, Any]]:
    """Return frames, outermost first, each given as ``function file:line``."""
    found = []
    for place in places:
        function, _, where = place.partition(" ")
        file, _, line = where.rpartition(":")
        found.append({"function": function, "file": file, "line": int(line)})
    return found


LOCKED = frames(
    "run_asgi uvicorn/protocols/http/httptools_impl.py:426",
    "on_text callback.py:88",
    "lock_row storage.py:41",
    "Lock.acquire asyncio/locks.py:114",
)
READING = frames(
    "run_asgi uvicorn/protocols/http/httptools_impl.py:426",
    "on_text callback.py:88",
    "lock_row storage.py:41",
    "Cursor.execute aiomysql/cursors.py:239",
    "Connection._read_bytes aiomysql/connection.py:606",
    "StreamReader.readexactly asyncio/streams.py:752",
)
CULPRIT = {"function": "parse_menu", "file": "menus.py", "line": 88, "openid": "o…9f", "self": False}
BLOCKING = frames("on_text callback.py:88", "fetch remote.py:12", "send requests/api.py:61", "read socket.py:706")


def snapshot(seq: int, after: float, span: int | None = 0, **told: Any) -> LogRow:
    """Return the snapshot of a request so many seconds after `BASE_NS`; *told* goes over what it holds."""
    attributes = {
        "mark_s": 3.5,
        "age_ns": int(after * SECOND),
        "tasks": [{"name": "Task-9", "frames": LOCKED, "awaits": "Lock.acquire", "call": None}],
        "threads": [],
        "open_spans": [],
        "in_flight": 14,
        "loop": {"lag_ns": 2_000_000, "blocked_ns": 0, "culprit": None},
        "tokens": {"anyio": [40, 40]},
        "pools": [{"pool": "menu", "in_use": 5, "size": 5}],
        "load_1m": 1.2,
        "cpu_percent": 35.4,
        "unattributed": 2,
    }
    return make_log(
        seq,
        span,
        event="wxtrace.snapshot",
        severity="warning",
        logger="wxtrace.watch",
        time_ns=BASE_NS + int(after * SECOND),
        attributes=attributes | told,
    )


def blocked(number: int, begin: float, end: float | None, **changes: Any) -> SpanRow:
    """Return a wait for the event loop under span 0, in seconds after `BASE_NS`; None: it lasts."""
    culprit = {"function": "parse_menu", "file": "menus.py", "line": 88, "openid": "o…9f", "self": False}
    values: dict[str, Any] = {
        "layer": "wait",
        "module": "event loop",
        "name": "blocked by parse_menu (menus.py:88)",
        "start_ns": BASE_NS + int(begin * SECOND),
        "attributes": {f"wxtrace.culprit.{key}": value for key, value in culprit.items()},
    }
    ended = OPEN if end is None else {"end_ns": BASE_NS + int(end * SECOND)}
    return make_span(number, 0, **(values | ended | changes))


def hanging(**changes: Any) -> list[SpanRow]:
    """Return the spans of a request that waits in a query since 0.2 s, and has no end."""
    query = {"db.query.text": LOOKUP}
    return [
        make_span(0, start_ns=BASE_NS, **(OPEN | changes)),
        make_span(1, 0, start_ns=BASE_NS + SECOND // 10, **(OPEN | changes)),
        make_span(
            2,
            1,
            layer="storage",
            module="mysql",
            name="SELECT",
            start_ns=BASE_NS + SECOND // 5,
            attributes=query,
            **(OPEN | changes),
        ),
    ]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | hostile_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(hostile_text, inner, max_size=3),
    max_leaves=8,
)


def _objects(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional={name: field | _json for name, field in fields.items()}) | _json


_frames = st.lists(
    _objects(function=hostile_text, file=hostile_text, line=st.integers(), own=st.booleans()), max_size=50
)
_chains = st.lists(
    _objects(name=hostile_text, frames=_frames, awaits=hostile_text, call=hostile_text, thread=st.integers()),
    max_size=10,
)
_culprits = _objects(
    function=hostile_text, file=hostile_text, line=st.integers(), openid=hostile_text, self=st.booleans()
)

wild_attributes = st.fixed_dictionaries(
    {},
    optional={
        "mark_s": _json,
        "age_ns": _json,
        "tasks": _chains | _json,
        "threads": _chains | _json,
        "in_flight": _json,
        "loop": _objects(lag_ns=_json, blocked_ns=_json, culprit=_culprits),
        "tokens": st.dictionaries(hostile_text, st.lists(_json, max_size=3), max_size=3) | _json,
        "pools": st.lists(_objects(pool=hostile_text, in_use=_json, size=_json), max_size=3) | _json,
        "load_1m": _json,
        "cpu_percent": _json,
        "unattributed": _json,
        "holders": st.lists(_objects(function=hostile_text, file=hostile_text, threads=st.integers()), max_size=4),
        "cause": hostile_text | _json,
        "frames": _frames | _json,
    },
)
"""What a snapshot, or last words, may hold: anything of it missing, or of another kind."""


def stuck_push() -> Lookup:
    """Return a push that waits for a row, looked at twice, whose loop another one held for a while."""
    reading = [{"name": "Task-9", "frames": READING, "awaits": "StreamReader.readexactly"}]
    other = {
        "name": "Task-12",
        "frames": frames("beat health.py:3", "sleep asyncio/tasks.py:649"),
        "awaits": "sleep",
    }
    held = {"lag_ns": 0, "blocked_ns": 600_000_000, "culprit": CULPRIT}
    pool = {"wxtrace.in_use": 5, "wxtrace.size": 5}
    spans = [
        *hanging(),
        blocked(3, 0.5, 7.5),
        make_span(
            4, 1, layer="wait", module="sqlalchemy pool", name="wait for the sqlalchemy pool",
            start_ns=BASE_NS + SECOND // 10, end_ns=BASE_NS + SECOND // 5, attributes=pool,
        ),
    ]  # fmt: skip
    logs = [
        make_log(8, 1, time_ns=BASE_NS + SECOND // 10, event="received"),
        snapshot(9, 3.6, 2, tasks=[*reading, other]),
        snapshot(10, 4.6, 2, tasks=reading, loop=held),
    ]
    return answer(spans, logs)
