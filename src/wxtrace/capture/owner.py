"""Whose code a file is: the app's, a library's, Python's."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Final

PYTHONS, LIBRARYS, OWN = 0, 1, 2
"""Whose code a file is: Python's (or wxtrace's), a library's, the app's own."""

_STANDARD: Final = os.path.join(os.path.dirname(os.path.abspath(os.__file__)), "")
_WXTRACE: Final = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")
_INSTALLED: Final = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_MAX_FILES: Final = 4096


@lru_cache(_MAX_FILES)
def rank_of(path: str) -> int:
    """Return whose code the file *path* is: `PYTHONS`, `LIBRARYS` or `OWN`."""
    if any(folder in path for folder in _INSTALLED):
        return PYTHONS if path.startswith(_WXTRACE) else LIBRARYS
    return PYTHONS if path.startswith((_STANDARD, _WXTRACE, "<frozen ")) else OWN
