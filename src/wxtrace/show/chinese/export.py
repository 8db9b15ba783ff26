"""
The Chinese of exports and of progress.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, str]] = {
    "{time} so far": "已用 {time}",
    "{time} left": "还需约 {time}",
    "{done} of {of_all} MB": "{done} / {of_all} MB",
    "{done} of {of_all:file|files}": "{done} / {of_all} 个文件",
    "sealing": "正在封存",
    "compacting": "正在合并",
    "looking it up": "正在查找",
    "reading the window": "正在读取该时段",
}
