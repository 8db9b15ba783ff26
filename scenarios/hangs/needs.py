"""What a scenario needs of this machine: packages, and services on this host."""

from __future__ import annotations

import importlib.util
import os
import socket
from collections.abc import Iterable
from typing import Final

SERVICES: Final = {"MariaDB": 3306, "Redis": 6379}
"""Services, and the ports where they are looked for."""

REQUIRED: Final = "WXTRACE_REQUIRE_SERVICES"
"""The environment variable that makes a failure of what is missing."""


def is_installed(package: str) -> bool:
    """Say whether *package* can be imported."""
    return importlib.util.find_spec(package) is not None


def missing(needed: Iterable[str]) -> list[str]:
    """Return what is missing of services and packages."""
    return [name for name in needed if not (_listens(SERVICES[name]) if name in SERVICES else is_installed(name))]


def are_required() -> bool:
    """Say whether nothing may be missing."""
    return os.environ.get(REQUIRED) == "1"


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
