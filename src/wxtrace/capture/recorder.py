"""
Where spans and log lines of this process are handed to.

The journal is opened at the first record, not at import and not at `start`:
`manage.py migrate` stays quiet, and a forked child opens one of its own.
"""

from __future__ import annotations

import itertools
import logging
import os
import threading
import time
from collections.abc import Callable
from random import Random
from typing import Any, Final, Protocol

_RETRY_SECONDS: Final = 5.0
_log = logging.getLogger("wxtrace")


class Sink(Protocol):
    """What takes records; `wxtrace.journal.journal.Journal` is one."""

    dropped: int
    is_nowhere: bool

    def append(self, record: bytes) -> None:
        """Keep a record."""

    def begin(self, record: bytes) -> Any:
        """Show that a span has begun; return what `end` wants to have."""

    def rewrite(self, slot: Any, record: bytes) -> None:
        """Show what is known by now of a span that has begun."""

    def end(self, slot: Any, record: bytes) -> None:
        """Keep the record of a span that has ended, then stop showing its start."""

    def begun(self) -> list[bytes]:
        """Return the starts that it shows: tables of slots of `SLOT_SIZE` bytes, where it has any."""

    def abandon(self) -> None:
        """Let go of it in a forked child: it is the parent's."""


class Nowhere:
    """The sink when there is none: before `start`, when disabled, or while the folder refuses."""

    is_nowhere = True

    def __init__(self) -> None:
        self.dropped = 0

    def append(self, record: bytes) -> None:
        """Count what is lost."""
        self.dropped += 1

    def begin(self, record: bytes) -> None:
        """Show nothing."""

    def rewrite(self, slot: Any, record: bytes) -> None:
        """Show nothing."""

    def end(self, slot: Any, record: bytes) -> None:
        """Count what is lost."""
        self.dropped += 1

    def begun(self) -> list[bytes]:
        """Show nothing."""
        return []

    def abandon(self) -> None:
        """Have nothing to let go of."""


class Recorder:
    """
    The one recorder of the process: the sink that is open, running numbers, ids.

    `enabled` is false until `configure` and when wxtrace is switched off: then
    nothing is opened, and every call returns at once.
    """

    __slots__ = (
        "_open",
        "_opening",
        "_replaced",
        "_retry_at",
        "bits",
        "enabled",
        "has_tagged",
        "next_seq",
        "sink",
        "untagged_logs",
    )

    def __init__(self) -> None:
        self.enabled = False
        self.untagged_logs = False
        self.has_tagged = False
        self.sink: Sink = Nowhere()
        self._open: Callable[[int], Sink] | None = None
        self._opening = threading.RLock()
        self._replaced: Sink | None = None
        self._retry_at = 0.0
        self._renew()

    def configure(self, open_sink: Callable[[int], Sink] | None, untagged_logs: bool = False) -> None:
        """
        Say how a sink is opened; None switches off.

        Args:
            open_sink: Given the count of records dropped so far, opens a sink or raises OSError.
            untagged_logs: Record log lines outside tagged requests too.
        """
        self.enabled, self.untagged_logs = open_sink is not None, untagged_logs
        self._open, self._retry_at = open_sink, 0.0
        self.sink, self._replaced = Nowhere(), None

    def opened(self) -> Sink:
        """Return the sink, opened now if it is not; never raises. Call it before a record's seq is drawn."""
        sink = self.sink
        return self._opened() if sink.is_nowhere else sink

    def successor(self, sink: Sink) -> Sink | None:
        """Return what was opened in the place of *sink*, in this process; None where nothing was."""
        return self.sink if sink is self._replaced else None

    def after_fork(self) -> None:
        """In the child: leave the parent's sink alone, and number and name anew."""
        self.sink.abandon()
        self.sink, self._replaced = Nowhere(), None
        self._opening = threading.RLock()
        self._retry_at = 0.0
        self._renew()

    def _renew(self) -> None:
        self.next_seq = itertools.count(1).__next__
        self.bits = Random().getrandbits

    def _opened(self) -> Sink:
        if self._open is None or time.monotonic() < self._retry_at:
            return self.sink
        with self._opening:
            if not self.sink.is_nowhere:
                return self.sink
            try:
                self.sink, self._replaced = self._open(self.sink.dropped), self.sink
            except Exception as error:  # a broken disk costs the records, not the replies
                if not self._retry_at:
                    _log.warning("wxtrace records nothing for now: %s: %s", type(error).__name__, error)
                self._retry_at = time.monotonic() + _RETRY_SECONDS
        return self.sink


recorder: Final = Recorder()
"""The recorder of this process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=recorder.after_fork)
