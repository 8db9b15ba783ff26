"""
The last words of a process: what it leaves in its writer's folder where it dies, or where C code holds it.

Python's `faulthandler` writes them, in C, without the interpreter. It is used only where nobody else has
enabled it, and chains to the handlers that were there. A failure of any of this costs the words, never the app.
"""

from __future__ import annotations

import atexit
import faulthandler
import logging
import os
import signal
import threading
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from wxtrace.capture.inflight import Flight, in_flight
from wxtrace.store.stacks import TIMEOUT, read
from wxtrace.watch.burning import Burning
from wxtrace.watch.held import HELD_NS, Told, append, tell
from wxtrace.watch.stacks import Stacks, Target

ENDED: Final = "wxtrace.ended"
MAX_TOLD: Final = 32
"""Requests that get a record when the process ends."""

_REWIND_NS: Final = 250_000_000
_FATAL: Final = ("SIGSEGV", "SIGFPE", "SIGABRT", "SIGBUS", "SIGILL")
_log = logging.getLogger("wxtrace")
_stacks: Final = Stacks()
_burning: Final = Burning()
"""What a signal leads to stays for the life of the process, however often it is started and stopped."""


class LastWords:
    """
    What this process has set up for its end.

    Args:
        told: Says of a request, as JSON has it, how its event loop fares.
    """

    def __init__(self, told: Told = lambda flight: {}) -> None:
        self.stacks, self.burning, self.told = _stacks, _burning, told
        self._is_set_up = False
        self._turn = threading.Lock()
        self._enabled: weakref.ref[Target] | None = None
        self._handlers: list[int] = []
        self._wound_ns = 0
        self._has_complained = False
        self._pid = os.getpid()

    # ------------------------------------------------------------ its life

    def begin(self, folder: Path) -> None:
        """Leave last words in *folder* from now on: a journal was opened there."""
        global _speaking
        if _speaking is None:
            atexit.register(_ended)
        _speaking = self
        self._guarded(self._begin, folder)

    def _begin(self, folder: Path) -> None:
        with self._turn:
            self._pid = os.getpid()
            if self.stacks.lead_to(folder) or not self._is_set_up:
                self._is_set_up = True
                self._enable()

    def _enable(self) -> None:
        """Let fatal signals lead to the file, unless they lead elsewhere by the app's wish."""
        if not faulthandler.is_enabled() or self._is_enabled_by_us():
            target = Target(self.stacks.descriptor)
            self._handlers = _handlers()
            faulthandler.enable(target, all_threads=True)
            self._enabled = weakref.ref(target)
        self.burning.register(Target(self.stacks.descriptor))

    def _is_enabled_by_us(self) -> bool:
        return faulthandler.is_enabled() and self._enabled is not None and self._enabled() is not None

    def keep(self) -> None:
        """See to the file, about once a second: somebody may have deleted it, or closed its descriptor."""
        if self.stacks.path is not None:
            self._guarded(self._keep)

    def _keep(self) -> None:
        path = self.stacks.path
        if path is None or self.stacks.is_there():
            self.stacks.note_kills()
        elif path.parent.is_dir():
            self._begin(path.parent)

    def stop(self) -> None:
        """Leave no words any more."""
        global _speaking
        _speaking = None
        atexit.unregister(_ended)
        self._guarded(self._stop)

    def _stop(self) -> None:
        self.burning.stop()
        with self._turn:
            if self._is_enabled_by_us() and self._handlers == _handlers():
                faulthandler.disable()  # else it would take away what the app has set since
            self._enabled = None
            self.stacks.lead_nowhere()

    def forked(self) -> None:
        """In the child: nothing of it is to be said in the parent's file."""
        self._turn = threading.Lock()
        self.burning.forked()
        self._guarded(self.stacks.lead_nowhere)

    # ------------------------------------------------------------ while requests are in flight

    def woken(self) -> None:
        """A request has come in after a rest: whatever it does, it may be the last that Python does for long."""
        if self.stacks.path is not None:
            self._guarded(self.burning.wind)

    def resting(self) -> None:
        """Nothing is in flight, and nobody will look."""
        self._guarded(self.burning.unwind)
        self._wound_ns = 0

    def look(self, flights: Sequence[Flight], now_ns: int) -> None:
        """
        Wind the timer up again; if it has gone off, write down what it saw.

        Args:
            flights: What is in flight, the oldest first.
            now_ns: Of the monotonic clock.
        """
        since_ns = now_ns - self._wound_ns
        if since_ns < _REWIND_NS or self.stacks.path is None:
            return
        self._wound_ns = now_ns
        written = self.stacks.written()
        words = None if written is None else read(*written)
        if written is not None and (words is None or words.cause == TIMEOUT):
            self.stacks.empty()  # else it is dying
            if words is not None and words.frames and since_ns >= HELD_NS:
                tell(words, flights, now_ns, self.told)
        if self.stacks.is_held():
            self.burning.wind()

    # ------------------------------------------------------------ the end

    def ended(self) -> None:
        """Say of what is in flight that the process ends by itself, not by a signal."""
        if os.getpid() == self._pid:
            for flight in list(in_flight)[:MAX_TOLD]:
                self._guarded(append, flight, ENDED, b"warning", {"cause": "exit", "in_flight": len(in_flight)})

    def _guarded(self, step: Callable[..., object], *args: object) -> None:
        try:
            step(*args)
        except Exception as error:
            if not self._has_complained:
                self._has_complained = True
                _log.warning("wxtrace: no last words of this process: %s: %s", type(error).__name__, error)


def _handlers() -> list[int]:
    """Return which handlers the fatal signals have, as far as Python knows."""
    return [id(signal.getsignal(getattr(signal, name))) for name in _FATAL if hasattr(signal, name)]


_speaking: LastWords | None = None


def _ended() -> None:
    if _speaking is not None:
        _speaking.ended()


def _forked() -> None:
    if _speaking is not None:
        _speaking.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
