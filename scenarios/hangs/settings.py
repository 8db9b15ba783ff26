"""What the server of a scenario is told, and where both sides find the database."""

from __future__ import annotations

from typing import Final

URL: Final = "HANG_URL"
"""The environment variable with the URL of a service that never answers."""

NAME: Final = "HANG_NAME"
"""The environment variable with the name of the table whose row is locked, and of the queue that stays empty."""

MARIADB: Final = {"host": "127.0.0.1", "port": 3306, "user": "root", "password": "", "db": "test"}
"""How the database is reached."""

FILE: Final = "printer.lock"
"""The file that a handler wants to lock; it lies where the server runs."""

TAKERS: Final = 50
"""So many requests share a pool of two connections."""
