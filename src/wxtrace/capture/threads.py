"""
The tag goes along into threads that the app starts itself.

A `threading.Thread` begins with an empty context. While wxtrace records, one that the app's own code starts for a
request gets a copy of the request's. One that a library starts does not: it may serve others for as long as the
process lives, and must not have the tag of whoever came first.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextvars import copy_context
from functools import wraps
from threading import Thread
from typing import Any, Final

from wxtrace.capture.executors import work
from wxtrace.capture.owner import OWN, rank_of
from wxtrace.capture.recorder import recorder
from wxtrace.tag import Request, current_request

_plain_start: Final[Any] = Thread.start


@wraps(_plain_start)
def _start(self: Thread) -> None:
    request = current_request() if recorder.enabled else None
    if request is None or rank_of(sys._getframe(1).f_code.co_filename) != OWN:
        _plain_start(self)
        return
    self.run = _carrying(self, request, self.run)  # type: ignore[method-assign]
    try:
        _plain_start(self)
    except BaseException:  # no thread can be had: it may be tried again
        self.__dict__.pop("run", None)
        raise


def _carrying(thread: Thread, request: Request, run: Callable[[], None]) -> Callable[[], None]:
    context = copy_context()

    def carried() -> None:
        """Run in the context of who has started it; nothing of the request is kept by the thread's object."""
        thread.__dict__.pop("run", None)
        context.run(work, None, request, run)

    return carried


def carry() -> None:
    """Let threads of the app carry the context of a request from now on."""
    if Thread.start is _plain_start:
        Thread.start = _start  # type: ignore[method-assign]


def restore() -> None:
    """Put back what `carry` replaced; what somebody put over it since then stays."""
    if Thread.start is _start:
        Thread.start = _plain_start  # type: ignore[method-assign]
