"""
Whose were the five seconds?

request → tag → record → journal → seal → compact, and back:
alarm → (openid, stamp) → scan → rebuild → explain → show.

Every name below is loaded when it is first asked for: a web process never
loads the reading side, and the command line never loads the writing side.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wxtrace.capture.asgi import AccessMiddleware
    from wxtrace.capture.deadline import remaining
    from wxtrace.capture.job import carry, job
    from wxtrace.capture.layers import layer, logic, span, storage
    from wxtrace.capture.loghandler import LogFilter, LogHandler
    from wxtrace.capture.logs import structlog_processor
    from wxtrace.capture.named import wait
    from wxtrace.capture.wsgi import WSGIAccessMiddleware
    from wxtrace.errors import BadInput, MissingExtra, StoreDamaged, StoreError, StoreMissing, WxtraceError
    from wxtrace.lookup.lookup import Lookup, find
    from wxtrace.lookup.pushes import window
    from wxtrace.row import Tag
    from wxtrace.tag import current_tag, identify
    from wxtrace.wiring import start, stop

__version__ = "0.1.0"

_HOMES = {
    "capture.asgi": ("AccessMiddleware",),
    "capture.deadline": ("remaining",),
    "capture.job": ("carry", "job"),
    "capture.layers": ("layer", "logic", "span", "storage"),
    "capture.loghandler": ("LogFilter", "LogHandler"),
    "capture.logs": ("structlog_processor",),
    "capture.named": ("wait",),
    "capture.wsgi": ("WSGIAccessMiddleware",),
    "errors": ("BadInput", "MissingExtra", "StoreDamaged", "StoreError", "StoreMissing", "WxtraceError"),
    "jupyter.extension": ("load_ipython_extension", "unload_ipython_extension"),
    "lookup.lookup": ("Lookup", "find"),
    "lookup.pushes": ("window",),
    "row": ("Tag",),
    "tag": ("current_tag", "identify"),
    "wiring": ("start", "stop"),
}
_HOME_OF = {name: f"wxtrace.{home}" for home, names in _HOMES.items() for name in names}

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
    "WSGIAccessMiddleware",
    "WxtraceError",
    "__version__",
    "carry",
    "current_tag",
    "find",
    "identify",
    "job",
    "layer",
    "logic",
    "remaining",
    "span",
    "start",
    "stop",
    "storage",
    "structlog_processor",
    "wait",
    "window",
]


def __getattr__(name: str) -> Any:
    """Load *name* from the module where it lives, and keep it."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME_OF[name]), name)
    return value


def __dir__() -> list[str]:
    """Return the public names, loaded or not."""
    return sorted(__all__)
