"""
What the command line writes: results to stdout, messages to stderr. Nothing else in wxtrace prints.
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import TextIO


def show(text: str) -> None:
    """Write a result."""
    _write(sys.stdout, text)


def tell(line: str) -> None:
    """Write a line of a result that is to be seen at once, though more will come."""
    show(line + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Write a message, a line."""
    _write(sys.stderr, text + "\n")


def is_utf8(stream: TextIO) -> bool:
    """Say whether *stream* takes every character."""
    return (stream.encoding or "utf-8").lower().replace("-", "") == "utf8"


def columns() -> int:
    """Return how wide the terminal is."""
    return shutil.get_terminal_size((100, 24)).columns


def colourful(stream: TextIO) -> bool:
    """Say whether colours are wanted there."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _write(stream: TextIO, text: str) -> None:
    """Write *text*; what the stream's encoding lacks is escaped."""
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
