"""
What both formats need: values as JSON that every parser takes and no terminal acts on, and what is to be exported.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from wxtrace.answer import Answer
from wxtrace.rebuild.attempt import Attempt, Timeline
from wxtrace.show.document import safe

MOST: Final = (1 << 63) - 1
"""The greatest whole number that the formats know; the least is one less than its negative."""

_HALF: Final = re.compile("[\ud800-\udfff]")
"""Half a character, which UTF-8 cannot say."""


def dumped(value: object) -> str:
    """
    Return *value* as JSON on one line; half a character becomes the text of its escape.

    Args:
        value: Made of JSON's types, floats that are finite, and whole numbers of 64 bits; `plain` makes it so.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return safe(_HALF.sub(lambda found: f"\\\\u{ord(found[0]):04x}", text))


def plain(value: Any) -> Any:
    """Return a value of attributes as what Perfetto and JSON know; a number that they do not know as its text."""
    if isinstance(value, dict):
        return {str(key): plain(kept) for key, kept in value.items()}
    if isinstance(value, list | tuple):
        return [plain(kept) for kept in value]
    if isinstance(value, int) and not is_whole(value):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, str | int | float) else str(value)


def is_whole(number: int) -> bool:
    """Say whether 64 bits with a sign hold *number*."""
    return -MOST - 1 <= number <= MOST


def attempts_of(answer: Answer) -> Iterator[Attempt]:
    """Yield the attempts of an answer and of its others, each once: two alarms may mean one push."""
    told = (judged.rebuilt for one in (answer, *answer.others) for judged in one.attempts)
    return once(told)


def once(attempts: Iterable[Attempt]) -> Iterator[Attempt]:
    """Yield each attempt once."""
    seen: set[tuple[str, str, str, int]] = set()
    for attempt in attempts:
        identity = attempt.trace_id, attempt.nodes[0].span_id, attempt.writer, attempt.start_ns
        if identity not in seen:
            seen.add(identity)
            yield attempt


def trees_of(attempt: Attempt) -> list[Timeline]:
    """Return the trees of an attempt: its own, and those of the jobs that ran on after it."""
    return [attempt, *(job.tree for job in attempt.jobs if job.tree is not None and not job.in_request)]
