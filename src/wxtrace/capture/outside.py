"""
Whose a log line is that is made outside of the middleware: by the server, or by who handles what the app raised.

Nothing is bound there any more. But what the app raised has come through one of our doors, and knows through which;
a task in which an ASGI app has failed serves no other request meanwhile; and gunicorn's access lines have the WSGI
environ with them, or the query.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from types import CodeType
from typing import Final

from wxtrace.capture.push import read_query
from wxtrace.tag import Request

Owner = tuple[Request, object]
"""The holder of a request, and its access span."""

OWNER: Final = "wxtrace.owner"
"""The key by which a WSGI environ tells whose request it is of."""
_ATOM: Final = f"{{{OWNER}}}e"
_DEEPEST: Final = 100

doors: Final[dict[CodeType, str]] = {}
"""The code through which all of an app's exceptions come, and what its exchange is called there."""
_left: Final[ContextVar[tuple[Owner, bool] | None]] = ContextVar("wxtrace_left", default=None)

left: Final = _left.set
"""Say whose request has left this task, and whether its app has failed; None: another one begins in it."""


def owner_of(record: logging.LogRecord | None) -> Owner | None:
    """
    Return whose a line is that is made outside of any request; None if it is nobody's.

    Args:
        record: What `logging` has made of the line; None where it comes from elsewhere.
    """
    last, error = _left.get(), sys.exception()
    if record is not None:
        if isinstance(record.args, Mapping) and (owner := _told_by(record.args, last)) is not None:
            return owner
        if isinstance(record.exc_info, tuple) and isinstance(told := record.exc_info[1], BaseException):
            error = told
    if error is not None and (owner := _raised_in(error)) is not None:
        return owner
    return last[0] if last is not None and last[1] else None


def _told_by(atoms: Mapping[str, object], last: tuple[Owner, bool] | None) -> Owner | None:
    """Return whose an access line is: by the environ in it, or by its query, if it is that of the last request."""
    owner, query = atoms.get(_ATOM), atoms.get("q")
    if isinstance(owner, tuple):
        return owner
    if last is None or not isinstance(query, str):
        return None
    read, request = read_query(query.encode("latin-1", "replace")), last[0][0]
    if read is None or read[1:3] != (request.stamp, request.nonce) or read[0] not in (None, request.openid):
        return None
    return last[0]


def _raised_in(error: BaseException) -> Owner | None:
    """Return whose app has raised *error*: the first door on its way out of the server's code."""
    step = error.__traceback__
    for _ in range(_DEEPEST):
        if step is None:
            break
        name = doors.get(step.tb_frame.f_code)
        if name is not None and (exchange := step.tb_frame.f_locals.get(name)) is not None:
            return exchange.request, exchange.span
        step = step.tb_next
    return None
