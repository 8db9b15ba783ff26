"""
The tag goes along into executors.

`asyncio.to_thread` and anyio copy the context into the thread themselves;
`ThreadPoolExecutor.submit`, and with it `loop.run_in_executor`, does not. While
wxtrace records, a task that is submitted for a request gets a copy of its context.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import wraps
from typing import Any, Final

from wxtrace.capture.recorder import recorder
from wxtrace.tag import current_request

_plain_submit: Final[Any] = ThreadPoolExecutor.submit


@wraps(_plain_submit)
def _submit(self: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    if recorder.enabled and current_request() is not None:
        return _plain_submit(self, copy_context().run, fn, *args, **kwargs)
    return _plain_submit(self, fn, *args, **kwargs)


def carry() -> None:
    """Let executors carry the context of a request from now on."""
    if ThreadPoolExecutor.submit is _plain_submit:
        ThreadPoolExecutor.submit = _submit  # type: ignore[method-assign,assignment]


def restore() -> None:
    """Put back what `carry` replaced; what somebody put over it since then stays."""
    if ThreadPoolExecutor.submit is _submit:
        ThreadPoolExecutor.submit = _plain_submit  # type: ignore[method-assign]
