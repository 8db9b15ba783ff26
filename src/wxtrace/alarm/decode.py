"""
The bytes of a paste to its text, whichever of the usual encodings they are in.
"""

from __future__ import annotations

import codecs
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FAULT: Final = "\ufffd"
_MOST_FAULTS: Final = 0.1
"""Of the characters beyond ASCII: with more that are none, it was not that encoding."""


def decoded(content: bytes) -> str:
    """
    Return what was pasted as text: UTF-8, UTF-16 with a mark, or GB 18030, as Chinese Windows saves it.

    A few bytes that are no character do not make another encoding of it: they stand as U+FFFD.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    text = content.decode("utf-8", "replace")
    beyond = sum(not char.isascii() for char in text)
    if text.count(_FAULT) <= beyond * _MOST_FAULTS:
        return text
    other = content.decode("gb18030", "replace")
    return other if other.count(_FAULT) < text.count(_FAULT) else text
