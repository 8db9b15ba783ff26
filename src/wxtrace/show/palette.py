"""
The colours of pictures, which stand out from white and from black, by 3 to 1 at least.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

LAYERS: Final[Mapping[str, str]] = {
    "access": "#1b8f84",
    "logic": "#3f7fd6",
    "storage": "#c9740c",
    "remote": "#9a63e0",
    "wait": "#d64562",
}
"""The colours of the layers."""

OTHER: Final = "#7c8590"
"""The colour of what has no layer."""
