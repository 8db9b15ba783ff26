"""
What Python's `faulthandler` wrote into the file `stacks.txt` of a writer's folder, read.

The file begins with a line of JSON of fixed length (`Header`). Behind it stand a fatal error with the
stacks of all threads, or the stack of one thread that held the interpreter.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from wxtrace.store.oom import Kills

TIMEOUT: Final = "timeout"
"""The cause where no signal is told of: the interpreter was held in C."""

HEADER_SIZE: Final = 8192
"""Bytes of the line before the first stack."""
MAX_THREADS: Final = 8
"""Threads of a process that are told of."""

_CAUSES: Final = {
    "segmentation fault": ("segmentation fault", "SIGSEGV"),
    "aborted": ("abort", "SIGABRT"),
    "bus error": ("bus error", "SIGBUS"),
    "illegal instruction": ("illegal instruction", "SIGILL"),
    "floating point exception": ("floating point exception", "SIGFPE"),
}
_FATAL: Final = re.compile(r"Fatal Python error: (?P<what>.{1,200})")
_THREAD: Final = re.compile(
    r"(?P<which>Current thread|Thread|Stack)(?: 0x(?P<ident>[0-9a-f]+))?(?: \[[^\]]*\])?"
    r" \(most recent call first\):"
)
_FRAME: Final = re.compile(r'  File "(?P<file>.{1,500})", line (?P<line>\d{1,9}) in (?P<function>.{1,500})')
_WAITING: Final = (
    "selectors.py",
    "threading.py",
    "queue.py",
    "concurrent/futures/thread.py",
    "asyncio/",
    "uvicorn/",
)
_BETWEEN: Final = ("wxtrace/capture/", "threading.py", "concurrent/futures/thread.py")
_OURS: Final = ("wxtrace/journal/", "wxtrace/watch/")


@dataclass(frozen=True, slots=True)
class Header:
    """
    What the writer noted before it could die: how its files are called, and how often the kernel had killed.

    `roots` are the folders that it imports from, `pythons` those whose code is Python's own or wxtrace's.
    """

    roots: tuple[str, ...] = ()
    pythons: tuple[str, ...] = ()
    kills: Kills | None = None

    def packed(self) -> bytes:
        """Return it as the line that begins the file."""
        described: dict[str, Any] = {"version": 1, "pythons": self.pythons, "roots": self.roots}
        if self.kills is not None:
            described["oom"] = self.kills._asdict()
        line = json.dumps(described).encode()
        if len(line) >= HEADER_SIZE:
            return replace(self, roots=self.roots[:-1]).packed()
        return line.ljust(HEADER_SIZE - 1) + b"\n"


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a function stood; `own` says whether that is the app's code, not a library's or Python's."""

    function: str
    file: str
    line: int
    own: bool


@dataclass(frozen=True, slots=True)
class Thread:
    """The stack of a thread, outermost first; `ident` is None where it is not told."""

    ident: int | None
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """
    What is known of how a process ended, or of what holds it.

    `cause` is a fatal signal's meaning, `TIMEOUT`, or what else is known of the end; `time_ns` when it was
    written, nanoseconds since the epoch. `frames` are of the thread that counts, `threads` are all of them.
    `kills` is by how much the kernel's count of processes killed for memory grew.
    """

    time_ns: int
    cause: str
    signal: str | None = None
    frames: tuple[Frame, ...] = ()
    threads: tuple[Thread, ...] = ()
    kills: Kills | None = None


def header_of(content: bytes) -> Header:
    """Return what the writer noted at the beginning of its file; an empty one where that is damaged."""
    try:
        told = json.loads(content[:HEADER_SIZE])
        kills = told.get("oom")
        return Header(
            tuple(map(str, told["roots"])),
            tuple(map(str, told["pythons"])),
            None if kills is None else Kills(**kills),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return Header()


def read(text: str, header: Header, time_ns: int) -> Words | None:
    """
    Return what `faulthandler` wrote; None where that is nothing.

    Args:
        text: All of it.
        header: What the writer noted.
        time_ns: When it was written.
    """
    dying: list[Thread] = []
    held: list[Thread] = []
    cause: str | None = None
    for which, thread in _threads(text, header):
        if which == "Stack":
            held.append(thread)
        elif which == "Current thread":
            dying.insert(0, thread)
        elif which == "Thread":
            dying.append(thread)
        else:
            cause, dying = which, []
    if cause is not None:
        named, signal = _CAUSES.get(cause.lower(), (cause, None))
        return Words(time_ns, named, signal, _of_death(signal, dying, held), _shown(dying))
    if held:
        return Words(time_ns, TIMEOUT, None, held[-1].frames, _shown(held[-1:]))
    return None


def _threads(text: str, header: Header) -> Iterator[tuple[str, Thread]]:
    """Yield each thread and how it is headed; a fatal error comes as its text, with no thread."""
    which, ident, frames = "", None, list[Frame]()
    for line in (*text.splitlines(), ""):
        frame = _FRAME.fullmatch(line)
        if frame is not None and which:
            frames.append(_frame(frame, header))
            continue
        heading, fatal = _THREAD.fullmatch(line), _FATAL.match(line)
        if which and (heading or fatal or not line):
            yield which, Thread(ident, _seen(frames[::-1]))
            which = ""
        if heading is not None:
            which, frames = heading["which"], []
            ident = int(heading["ident"], 16) if heading["ident"] else None
        elif fatal is not None:
            yield fatal["what"], Thread(None, ())


def _frame(found: re.Match[str], header: Header) -> Frame:
    path = found["file"]
    installed = "/site-packages/" in path or "/dist-packages/" in path
    own = not installed and not path.startswith(("<frozen ", *header.pythons))
    longest = max((len(root) for root in header.roots if path.startswith(root)), default=0)
    file = path[longest:] if longest else os.path.basename(path) if os.path.isabs(path) else path
    return Frame(found["function"][-200:], file[-200:], int(found["line"]), own)


def _seen(frames: Sequence[Frame]) -> tuple[Frame, ...]:
    """Leave out how a thread begins and what of ours stands between, but for the innermost frame."""
    between = (frame for frame in frames[:-1] if not frame.file.startswith(_BETWEEN))
    return (*between, *frames[-1:])


def _of_death(signal: str | None, dying: Sequence[Thread], held: Sequence[Thread]) -> tuple[Frame, ...]:
    """Return the stack that counts: where it happened; of a process that was told to end, what kept it."""
    first = dying[0].frames if dying else ()
    if signal != "SIGABRT":
        return first
    if held:
        return held[-1].frames
    if not _is_waiting(first):
        return first
    return next((one.frames for one in dying[1:] if not _is_waiting(one.frames) and not _is_ours(one)), first)


def _is_waiting(frames: Sequence[Frame]) -> bool:
    return not frames or frames[-1].file.startswith(_WAITING)


def _is_ours(thread: Thread) -> bool:
    return any(frame.file.startswith(_OURS) for frame in thread.frames)


def _shown(threads: Iterable[Thread]) -> tuple[Thread, ...]:
    return tuple(thread for thread in threads if thread.frames and not _is_ours(thread))[:MAX_THREADS]
