"""The example server, and beside its route those that hang, under the same middleware."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import PlainTextResponse

from scenarios.hangs.needs import is_installed

if TYPE_CHECKING:
    from fastapi import FastAPI

PATH: Final = "/hang/"
"""What the routes begin with; then comes the name of a handler."""

_MODULES: Final = {
    "loops": (),
    "threads": (),
    "remote": ("requests",),
    "databases": ("pymysql", "aiomysql", "redis"),
}


def make_app() -> FastAPI:
    """Return the example's app with a route for each handler whose packages are installed."""
    app: FastAPI = importlib.import_module("callback.app").make_app()
    for module, packages in _MODULES.items():
        if all(map(is_installed, packages)):
            handlers: tuple[Callable[..., Any], ...] = importlib.import_module(f"scenarios.hangs.{module}").HANDLERS
            for handler in handlers:
                path = PATH + handler.__name__
                app.add_api_route(path, handler, methods=["POST"], response_class=PlainTextResponse)
    return app
