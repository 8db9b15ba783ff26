"""
The Chinese of waterfalls and of pictures in notebooks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, str]] = {
    "… {count:shorter span is|shorter spans are} not shown; --full draws them, --json has all": (
        "…… 另有 {count} 个较短的 span 未显示；--full 会画出，--json 有全部"
    ),
    "… {count:more log line|more log lines}; --full shows them, --json has all": (
        "…… 另有 {count} 行日志；--full 会显示，--json 有全部"
    ),
}
