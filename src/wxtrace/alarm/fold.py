"""
A paste made plain: full-width forms as ASCII, one kind of line end, nothing invisible.
"""

from __future__ import annotations

import re
from typing import Final

_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_OTHERS: Final = {"\u3000": " ", "\xa0": " ", "\t": " ", "【": "[", "】": "]", "∶": ":", "﹕": ":", "︰": ":"}
_TABLE: Final = _FULL_WIDTH | {ord(one): ord(plain) for one, plain in _OTHERS.items()}

_LINE_END = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile("[\u200b\u200c\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\u00ad\ufeff]")
_JOINER = re.compile("(?<![\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])\u200d")  # emoji keep theirs


def fold(text: str) -> str:
    """Return *text* with full-width letters, digits and brackets as ASCII: each character at the same place."""
    return text if text.isascii() else text.translate(_TABLE)


def visible(text: str) -> str:
    """Return *text* with ``\\n`` for every line end, and without what nobody sees (BOM, zero-width, direction)."""
    lines = _LINE_END.sub("\n", text)
    return lines if lines.isascii() else _JOINER.sub("", _INVISIBLE.sub("", lines))
