"""
What was written to the user apart from the reply: messages of the customer service, of a job perhaps. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from wxtrace.rebuild.attempt import Attempt
from wxtrace.row import SpanRow

_HOST: Final = "api.weixin.qq.com"
_PATH: Final = "/cgi-bin/message/custom/send"


def written_ns(attempts: Iterable[Attempt]) -> int | None:
    """Return when WeChat took the first such message, nanoseconds since the epoch; None for none."""
    taken = (span.end_ns for one in attempts for span in one.spans if _is_taken(span) and span.end_ns is not None)
    return min(taken, default=None)


def _is_taken(span: SpanRow) -> bool:
    told = span.attributes
    is_message = span.module == _HOST and _PATH in f"{span.name} {told.get('url.full', '')}"
    return is_message and span.state == "closed" and told.get("wechat.errcode") == 0
