"""The example server as a scenario runs it: on a host of its own name, if one is given."""

from __future__ import annotations

import importlib
import os
import socket
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fastapi import FastAPI

HOST_NAME: Final = "SCENARIO_HOST"
"""The environment variable with the host's name, such as a container would have."""


def make_app() -> FastAPI:
    """Return the example's app."""
    name = os.environ.get(HOST_NAME)
    if name:
        socket.gethostname = lambda: name
    app: FastAPI = importlib.import_module("callback.app").make_app()
    return app
