"""Recording begins by itself where the app does not call `wxtrace.start`: at its first span or log line."""

from __future__ import annotations

import os
from typing import Final

from wxtrace import wiring
from wxtrace.capture.recorder import recorder
from wxtrace.otel.environment import OTEL_WXTRACE_STORE


class Beginning:
    """
    Calls `wxtrace.start`, once, unless somebody has.

    Args:
        service: Its name; None: as `start` finds it.
        store: A folder or URL; by default ``OTEL_WXTRACE_STORE``, then as `start` finds it.
    """

    def __init__(self, service: str | None, store: str | None) -> None:
        self._service: Final = service
        self._store: Final = store or os.environ.get(OTEL_WXTRACE_STORE) or None
        self._is_due = True

    def begin(self) -> None:
        """Begin to record, if it is due."""
        if self._is_due:
            self._is_due = False
            if not recorder.enabled:
                wiring.start(self._service, self._store)
