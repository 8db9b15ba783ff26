"""
Whose were the five seconds?

request → tag → record → journal → seal → compact, and back:
alarm → (openid, stamp) → scan → rebuild → explain → show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wxtrace.capture.asgi import AccessMiddleware
from wxtrace.capture.layers import layer, logic, span, storage
from wxtrace.capture.logs import LogFilter, LogHandler, structlog_processor
from wxtrace.errors import BadInput, MissingExtra, StoreDamaged, StoreError, StoreMissing, WxtraceError
from wxtrace.record import Tag
from wxtrace.start import start, stop
from wxtrace.tag import current_tag, identify

if TYPE_CHECKING:
    from wxtrace.find import Lookup, find

__version__ = "0.1.0"

__all__ = [
    "AccessMiddleware",
    "BadInput",
    "LogFilter",
    "LogHandler",
    "Lookup",
    "MissingExtra",
    "StoreDamaged",
    "StoreError",
    "StoreMissing",
    "Tag",
    "WxtraceError",
    "__version__",
    "current_tag",
    "find",
    "identify",
    "layer",
    "logic",
    "span",
    "start",
    "stop",
    "storage",
    "structlog_processor",
]

_READING_SIDE = ("Lookup", "find")


def __getattr__(name: str) -> Any:
    """Load the reading side when it is asked for: a web process never is."""
    if name in _READING_SIDE:
        import importlib

        value = getattr(importlib.import_module("wxtrace.find"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
