"""
Where an exception was raised: the app's own innermost line, read out of a recorded traceback.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from wxtrace.row import LogRow
from wxtrace.show.terminal import clean, cut
from wxtrace.show.words import Words

_STACKS: Final = ("exception.stacktrace", "exception")
_ERRORS: Final = ("exception.type", "exception.message")
ATTRIBUTES: Final = frozenset((*_STACKS, *_ERRORS))
"""The attributes that tell of an exception: OpenTelemetry's, and structlog's traceback."""

_FRAME = re.compile(r'^[\s|+]{0,99}File "([^"\n]{1,1000})", line (\d{1,9})(?:, in ([^\n]{1,300}))?$', re.MULTILINE)
_NOT_OWN = re.compile(r"[/\\](?:site-packages|dist-packages|python3\.\d+|wxtrace)[/\\]|^<")
_BEGINS: Final = "Traceback (most recent call last)"
_PARTS: Final = 2
_COLUMNS: Final = 100


def place_of(attributes: Mapping[str, Any]) -> tuple[str, int, str] | None:
    """Return file, line and function in which a recorded exception was raised; None where there is no traceback."""
    for name in _STACKS:
        stack = attributes.get(name)
        frames = _FRAME.findall(stack.rpartition(_BEGINS)[2]) if isinstance(stack, str) else []
        if frames:
            own = [frame for frame in frames if not _NOT_OWN.search(frame[0])]
            file, line, function = (own or frames)[-1]
            return "/".join(re.split(r"[/\\]", file)[-_PARTS:]), int(line), function
    return None


def raised_text(attributes: Mapping[str, Any], say: Words) -> str:
    """Return which exception a log line tells of, and where it was raised; empty where the place is not known."""
    place = place_of(attributes)
    if place is None:
        return ""
    file, line, function = place
    text = "at {file}:{line} in {function}: {error}" if function else "at {file}:{line}: {error}"
    told = {"file": cut(clean(file), _COLUMNS), "line": line, "function": cut(clean(function), _COLUMNS)}
    return say(text, error=_error(attributes) or say("exception"), **told)


def first_raised(lines: Iterable[LogRow], say: Words) -> str:
    """Return the first of some log lines' exceptions, and where it was raised; empty where none tells."""
    told = (raised_text(log.attributes, say) for log in lines)
    return next((text for text in told if text), "")


def _error(attributes: Mapping[str, Any]) -> str:
    said = (attributes.get(name) for name in _ERRORS)
    return cut(clean(": ".join(str(one) for one in said if one)), _COLUMNS)
