"""Whether tags come in at all."""

from __future__ import annotations

import logging
from typing import Final

_UNTAGGED_WARNING: Final = 100
_log = logging.getLogger("wxtrace")


class Census:
    """Counts requests until the first tagged one; a hundred without a tag are worth one warning."""

    __slots__ = ("seen",)

    def __init__(self) -> None:
        self.seen = 0

    def count(self, path: str) -> None:
        """Count a request that came without a tag."""
        self.seen += 1
        if self.seen == _UNTAGGED_WARNING:
            _log.warning(
                "wxtrace: none of the first %d requests had a tag (the last: %s). Looked for openid and timestamp "
                "in the query of POST requests. If a proxy strips the query, let it pass; "
                "if the app learns them later, call wxtrace.identify().",
                _UNTAGGED_WARNING,
                path[:200],
            )
