"""
Where an exception was raised: the app's own innermost line, read out of a recorded traceback.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from wxtrace.rebuild.attempt import Attempt
from wxtrace.show.terminal import clean, cut
from wxtrace.show.words import Words

_STACKS: Final = ("exception.stacktrace", "exception")
_ERRORS: Final = ("exception.type", "exception.message")
ATTRIBUTES: Final = frozenset((*_STACKS, *_ERRORS))
"""The attributes that tell of an exception: OpenTelemetry's, and the traceback of a line with `exc_info`."""
SEVERE: Final = frozenset(("error", "critical", "exception", "fatal"))
"""The severities of what went wrong; what is only warned of was handled."""

_FRAME = re.compile(r'^[\s|+]{0,99}File "([^"\n]{1,1000})", line (\d{1,9})(?:, in ([^\n]{1,300}))?$', re.MULTILINE)
_LAST = re.compile(r"^(?:[ |+]{0,99}\| )?([^\W\d][\w.<>]{0,200})(?:: ([^\n]*))?$", re.MULTILINE)
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


def failed_text(attempt: Attempt, say: Words) -> str:
    """
    Return which exception made a request fail, and where it was raised; empty where that is not known.

    The access span says of which type it was. What was handled before is of another type, or came earlier.
    """
    top = attempt.nodes[0]
    of_type = _short(str((top.span.attributes if top.span else {}).get("error.type") or ""))
    raised = [
        log for log in attempt.lines if log.severity.lower() in SEVERE and place_of(log.attributes) is not None
    ]
    if of_type and not of_type.isdigit():
        raised = [log for log in raised if _short(_told(log.attributes)[0]) == of_type]
    own = [log for log in raised if log.span_id == top.span_id and "exception.stacktrace" in log.attributes]
    last = max(own or raised, key=lambda log: (log.time_ns, log.seq), default=None)
    return "" if last is None else raised_text(last.attributes, say)


def _error(attributes: Mapping[str, Any]) -> str:
    return cut(clean(": ".join(one for one in _told(attributes) if one)), _COLUMNS)


def _told(attributes: Mapping[str, Any]) -> tuple[str, str]:
    """Return type and message of an exception: as they were recorded, else as its traceback ends."""
    said = [str(attributes.get(name) or "") for name in _ERRORS]
    if any(said):
        return said[0], said[1]
    for name in _STACKS:
        stack = attributes.get(name)
        frames = list(_FRAME.finditer(stack)) if isinstance(stack, str) else []
        last = _LAST.search(stack, frames[-1].end()) if isinstance(stack, str) and frames else None
        if last is not None:
            return last[1], last[2] or ""
    return "", ""


def _short(name: str) -> str:
    """Return the name of a type without its module: some tell it, some do not."""
    return name.rpartition(".")[2]
