"""The page of the matrix, made of what a run saw."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from matrix.cells import CELLS, COLUMNS, SERVERS, Cell
from matrix.expected import expected

PAGE = Path(__file__).parents[2] / "docs" / "matrix.md"
KNOWN: Mapping[Cell, str] = {}
"""The cells that do not work, and why."""
_SHOWN = next(server for server in SERVERS if server.framework == "Starlette")
_HEAD = """\
# The matrix

Each cell is one signed push to a real server, as a process of its own, whose app does what the column says. Every
span and log line of it has then been found under the openid and stamp of the push, below the right parent, in the
right layer and module, and nothing besides. A ✗ is a cell that does not work; its number leads to the reason.

"""
_TAIL = """
This page is written by the tests that look (`tests/matrix`), and they fail where it is not what they have seen:

```sh
make test ARGS=tests/matrix WXTRACE_WRITE_MATRIX=1
```

- MariaDB, PostgreSQL, Redis, RabbitMQ and NATS run on the same host. All servers get their pushes at the same time,
  and share one worker of Celery, one consumer of RabbitMQ and one subscriber of NATS.
- `wxtrace.start(instrument=True)` and the middleware are all that apps, workers and second services do for it.
- The second service is Starlette on uvicorn for those that run on an event loop, Flask on gunicorn for the others.
- Apps in threads publish to RabbitMQ and NATS in an event loop of their own (`asyncio.run`), and so is their task.
- Celery runs on Redis. What it asks Redis besides `LPUSH` differs by version, and is not compared.
- SQLAlchemy goes through aiomysql and asyncpg on an event loop, through PyMySQL and psycopg in threads. The release
  that is not installed lies in a folder of its own.
- The call with httpx is one of WeChat's API, which gets to know neither the openid nor the stamp.

## What is found

Spans below their parents, as layer, module and name; log lines with a dash; and the jobs that `wxtrace find` lists.
Shown is what a server with an event loop has. In threads the access spans have the module `wsgi`, there is no
`to_thread`, and psycopg tells of no `ROLLBACK`. FastAPI tells of itself in two spans more.
"""


def page(works: Mapping[Cell, bool]) -> str:
    """Return the page."""
    return "".join([_HEAD, *_table(works), *_reasons(), _TAIL, *map(_shown, COLUMNS)])


def _table(works: Mapping[Cell, bool]) -> list[str]:
    rows = [["server", "framework", *(column.title for column in COLUMNS)], ["---"] * (2 + len(COLUMNS))]
    for server in SERVERS:
        marks = [_mark(cell, works[cell]) for cell in CELLS if cell.server == server]
        rows.append([server.name, server.framework, *marks])
    return [f"| {' | '.join(row)} |\n" for row in rows]


def _mark(cell: Cell, is_well: bool) -> str:
    if is_well:
        return "✓"
    return f"✗ {_numbers()[KNOWN[cell]]}" if cell in KNOWN else "✗"


def _numbers() -> dict[str, int]:
    return {reason: number for number, reason in enumerate(dict.fromkeys(KNOWN.values()), 1)}


def _reasons() -> list[str]:
    return ["\n" * bool(KNOWN), *(f"{number}. {reason}\n" for reason, number in _numbers().items())]


def _shown(column: object) -> str:
    (cell,) = (cell for cell in CELLS if (cell.server, cell.column) == (_SHOWN, column))
    return f"\n{cell.column.title}:\n\n```text\n" + "".join(f"{line}\n" for line in expected(cell)) + "```\n"
