"""
What went wrong with a job, by its span and by the exception that was recorded of it. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from wxtrace.rebuild.tries import text_of
from wxtrace.row import LogRow, SpanRow

_ERRORS: Final = ("error.type", "exception.type")
_TYPE: Final = ("exception.type",)


def error_of(span: SpanRow, lines: Sequence[LogRow] = ()) -> str | None:
    """
    Return what went wrong, though it may have been sent again for that; None where nothing did.

    A library may give its span only the exception's message: then the type is taken from the exception's own line.
    """
    if span.attributes.get("celery.state") == "RETRY":
        return text_of(span.attributes, ("celery.retry.reason",)) or "RETRY"
    if span.status_code != "ERROR":
        return None
    named, said = _type_of(span, lines), span.status_message
    if not said or named is None or named.rpartition(".")[2] in said:
        return said or named
    return f"{named}: {said}"


def _type_of(span: SpanRow, lines: Sequence[LogRow]) -> str | None:
    raised = [text_of(log.attributes, _TYPE) for log in lines if log.span_id == span.span_id]
    return next((one for one in reversed(raised) if one), None) or text_of(span.attributes, _ERRORS)
