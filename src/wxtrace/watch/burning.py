"""
A timer that goes off where the process burns CPU and the watchdog gets no turn: C code holds the interpreter.

The kernel gives the signal to the thread that burns, and Python's `faulthandler` then writes that thread's own
stack, without needing the interpreter. Nothing of another thread is looked at: `faulthandler.dump_traceback_later`
does that, from a thread of its own, and where it goes off while Python code runs (the machine slept) it takes
the process along. A process that is stopped or throttled burns nothing, so the timer does not go off.

Who else uses the signal or the timer is left alone, for good.
"""

from __future__ import annotations

import faulthandler
import functools
import os
import signal
from collections.abc import Callable
from typing import Any, Final

BURNT_SECONDS: Final = 1.0
"""CPU that the process may use before the watchdog must have had a turn."""

_SIGNAL: Final[Any] = getattr(signal, "SIGVTALRM", None)
_TIMER: Final[Any] = getattr(signal, "ITIMER_VIRTUAL", None)
_STATUS: Final = "/proc/self/status"
_ROUNDED: Final = 0.1
"""Seconds by which the kernel may round up."""


class Burning:
    """
    The timer of this process: wound up again and again, it never goes off.

    Args:
        seconds: Of CPU, until it does.
    """

    def __init__(self, seconds: float = BURNT_SECONDS) -> None:
        self.seconds = seconds
        self.is_ours = False
        """Whether the signal leads to our file."""
        self.has_yielded = _SIGNAL is None or _TIMER is None or not hasattr(faulthandler, "register")
        self._is_wound = False
        self._replaced: dict[str, Callable[..., Any]] = {}

    def register(self, file: Any) -> None:
        """
        Have the stack of the thread that burns written to *file* from now on, if nobody uses the signal.

        Args:
            file: What has a `fileno` of its own.
        """
        if self.has_yielded:
            return
        if not self.is_ours and _is_taken():
            self.has_yielded = True
            return
        faulthandler.register(_SIGNAL, file=file, all_threads=False, chain=False)
        self.is_ours = True
        self._guard_exec()

    def wind(self) -> None:
        """Let it go off so many seconds of CPU from now."""
        if self.has_yielded or not self.is_ours:
            return
        if signal.getsignal(_SIGNAL) is not signal.SIG_DFL:  # the app has taken the signal since
            self.unwind()
            self.has_yielded = True
            return
        self._is_wound = True
        self._set(self.seconds)

    def unwind(self) -> None:
        """Let it not go off."""
        if self._is_wound:
            self._is_wound = False
            self._set(0.0)

    def _set(self, seconds: float) -> None:
        left, interval = signal.setitimer(_TIMER, seconds)
        if interval or left > self.seconds + _ROUNDED:  # somebody else has set it since
            signal.setitimer(_TIMER, left, interval)
            self.has_yielded = True

    def forked(self) -> None:
        """In the child: a timer is the parent's alone."""
        self._is_wound = False

    def stop(self) -> None:
        """Unwind it. The signal keeps its handler: without one, a late one would end the process."""
        self.unwind()
        for name, guarded in self._replaced.items():
            if getattr(os, name) is guarded:
                setattr(os, name, guarded.__wrapped__)
        self._replaced.clear()

    def _guard_exec(self) -> None:
        """Have it unwound before another program takes the process over, timer and all, but not the handler."""
        for name in ("execv", "execve"):
            if name not in self._replaced:
                guarded = self._unwound(getattr(os, name))
                self._replaced[name] = guarded
                setattr(os, name, guarded)

    def _unwound(self, call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def replace_process(*args: Any, **named: Any) -> Any:
            """Unwind the timer, then call."""
            self.unwind()
            return call(*args, **named)

        return replace_process


def _is_taken() -> bool:
    """Say whether somebody uses the signal or the timer: in Python, or in C, as the kernel tells."""
    if signal.getsignal(_SIGNAL) is not signal.SIG_DFL or any(signal.getitimer(_TIMER)):
        return True
    try:
        with open(_STATUS, encoding="ascii", errors="replace") as status:
            caught = next((line.split()[1] for line in status if line.startswith("SigCgt:")), "0")
    except OSError:
        return False
    return bool(int(caught, 16) >> (int(_SIGNAL) - 1) & 1)
