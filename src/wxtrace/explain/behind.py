"""
Services behind: what of an attempt another service of ours did, or that alone is there. Pure.
"""

from __future__ import annotations

from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.tree import is_behind
from wxtrace.row import SpanRow


def only_behind(attempt: Attempt) -> str | None:
    """Return the service behind, where nothing but its own request was recorded; None where there is more."""
    if attempt.recorded:
        return None
    return next((span.service or span.host for span in attempt.spans if is_behind(span)), None)


def service_of(span: SpanRow | None, attempt: Attempt) -> str | None:
    """Return service and host of the service behind in which a span of the attempt was; None for none."""
    place = next((at for at, node in enumerate(attempt.nodes) if node.span is span), None)
    while span is not None and place is not None:
        node = attempt.nodes[place]
        if node.span is not None and is_behind(node.span):
            return f"{node.span.service}@{node.span.host}"
        place = node.parent
    return None
