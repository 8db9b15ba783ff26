"""
The Chinese of waterfalls and of pictures in notebooks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, str]] = {}
