"""
Whose a log line is that is made outside of the middleware: by the server, or by who handles what the app raised.

Nothing is bound there any more. But what the app raised has come through one of our doors, and knows through which;
a task in which an ASGI app has failed serves no other request meanwhile; and gunicorn's access lines have the WSGI
environ with them.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from types import CodeType
from typing import Final

from wxtrace.tag import Request

Owner = tuple[Request, object]
"""The holder of a request, and its access span."""

OWNER: Final = "wxtrace.owner"
"""The key by which a WSGI environ tells whose request it is of."""
_ATOM: Final = f"{{{OWNER}}}e"
_DEEPEST: Final = 100

doors: Final[dict[CodeType, str]] = {}
"""The code through which all of an app's exceptions come, and what its exchange is called there."""
_failed: Final[ContextVar[Owner | None]] = ContextVar("wxtrace_failed", default=None)


def failed(owner: Owner | None) -> None:
    """Say whose app has failed in this task; None: another request begins in it."""
    if owner is not _failed.get():
        _failed.set(owner)


def owner_of(record: logging.LogRecord | None) -> Owner | None:
    """
    Return whose a line is that is made outside of any request; None if it is nobody's.

    Args:
        record: What `logging` has made of the line; None where it comes from elsewhere.
    """
    error = sys.exception()
    if record is not None:
        args = record.args
        if isinstance(args, Mapping) and isinstance(owner := args.get(_ATOM), tuple):
            return owner
        if isinstance(record.exc_info, tuple) and isinstance(told := record.exc_info[1], BaseException):
            error = told
    return _failed.get() if error is None else _raised_in(error) or _failed.get()


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
