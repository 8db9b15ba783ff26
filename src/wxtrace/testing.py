"""
A test kit: what an app records, kept in memory, by a clock and ids that are alike at every run.

::

    with capture_records() as captured:
        client.post("/wechat?signature=00&timestamp=1745231475&nonce=1&openid=oA")
    assert ["asgi", "reply.menu"] == [span.module for span in captured.spans]

Or kept for real, in a journal and a store, as if at another time (`clocked`) and on another host (`hosted`).
"""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Final

from wxtrace import tag
from wxtrace.capture import lines, logs, spans
from wxtrace.capture.recorder import Recorder, recorder
from wxtrace.journal import claim, journal
from wxtrace.record import Unpacked, unpack
from wxtrace.row import LogRow, SpanRow
from wxtrace.store.journals import SLOT_SIZE, JournalWriter, rows

START_NS: Final = 1_745_231_475_000_000_000
"""When the clock of a test begins: 2025-04-21 10:31:15 UTC."""

_WRITER: Final = JournalWriter(Path(), "test-1-0-0000", "test", 1, "test", alive=True, dropped=0)
_CLOCKED: Final = (tag, spans, logs, lines)
_DATED: Final = (claim, journal)


class Clock:
    """
    A clock that ticks by itself a little at every look, and further only when told.

    Args:
        start_ns: What it shows first, nanoseconds since the epoch.
        tick_ns: How far it goes at each look.
    """

    def __init__(self, start_ns: int = START_NS, tick_ns: int = 1000) -> None:
        self.start_ns, self.now_ns, self.tick_ns = start_ns, start_ns, tick_ns

    def time_ns(self) -> int:
        """Tick, and return the wall clock's time."""
        self.now_ns += self.tick_ns
        return self.now_ns

    def monotonic_ns(self) -> int:
        """Tick, and return the time since the start."""
        return self.time_ns() - self.start_ns

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass."""
        self.now_ns += round(seconds * 10**9)


class Captured:
    """
    A sink in memory, and what it took.

    `clock` is the clock that all times come from; `packed` the records as they were handed over.
    """

    is_nowhere = False

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.dropped = 0
        self.packed: list[bytes] = []
        self._begun: dict[int, bytes] = {}
        self._slots = itertools.count()

    def append(self, record: bytes) -> None:
        """Keep a record."""
        self.packed.append(record)

    def begin(self, record: bytes) -> int:
        """Show that a span has begun."""
        slot = next(self._slots)
        self._begun[slot] = record
        return slot

    def rewrite(self, slot: int, record: bytes) -> None:
        """Show what is known by now of a span that has begun."""
        self._begun[slot] = record

    def end(self, slot: int, record: bytes) -> None:
        """Keep the record of a span that has ended, and stop showing its start."""
        self.packed.append(record)
        del self._begun[slot]

    def begun(self) -> list[bytes]:
        """Return the starts that are shown, in slots as a journal has them."""
        return [record.ljust(SLOT_SIZE, b"\0") for record in list(self._begun.values()) if len(record) <= SLOT_SIZE]

    def abandon(self) -> None:
        """Have nothing to let go of."""

    @property
    def records(self) -> list[Unpacked]:
        """Every record, in the order of their ends."""
        return [unpack(record) for record in self.packed]

    @property
    def spans(self) -> list[SpanRow]:
        """The spans that ended, in the order of their starts."""
        return sorted(rows(self.records, _WRITER)[0], key=lambda span: span.seq)

    @property
    def open(self) -> list[SpanRow]:
        """The spans that began and have not ended, in the order of their starts."""
        return rows([unpack(record) for record in self._begun.values()], _WRITER)[0]

    @property
    def logs(self) -> list[LogRow]:
        """The log lines, in the order in which they were recorded."""
        return rows(self.records, _WRITER)[1]

    def span(self, module: str) -> SpanRow:
        """
        Return the one ended span of *module*.

        Raises:
            ValueError: There is none, or more than one.
        """
        (found,) = (span for span in self.spans if span.module == module)
        return found


@contextmanager
def capture_records(*, untagged_logs: bool = False, tick_ns: int = 1000) -> Iterator[Captured]:
    """
    Record into memory for the length of a block, whatever `start` has set up.

    Inside it the clock ticks, and numbers and ids count from 1; after it all is as before.

    Args:
        untagged_logs: Record log lines outside tagged requests too.
        tick_ns: How far the clock goes at each look, in nanoseconds.
    """
    before = {name: getattr(recorder, name) for name in Recorder.__slots__}
    captured = Captured(Clock(tick_ns=tick_ns))
    recorder.configure(lambda dropped: captured, untagged_logs)
    recorder.has_tagged = False
    recorder.next_seq = itertools.count(1).__next__
    ids = {64: itertools.count(1), 128: itertools.count(1)}
    recorder.bits = lambda width: next(ids[width])
    try:
        with _ticking(captured.clock):
            recorder.opened()
            yield captured
    finally:
        for name, value in before.items():
            setattr(recorder, name, value)


@contextmanager
def clocked(clock: Clock) -> Iterator[None]:
    """
    Have what is recorded for real take its times from *clock* for the length of a block.

    So a week of pushes is recorded within seconds, by all the code that runs in an app. Inside the block call
    ``wxtrace.start(store=…, sealer=False, watch=(), last_words=False)``, as the watchdog goes by the machine's own
    clock, and ``wxtrace.stop()`` at its end.

    Args:
        clock: Where all times come from. Move it with `advance`, or set its `now_ns`.
    """
    dated = SimpleNamespace(**vars(time) | {"time_ns": lambda: clock.now_ns})
    with _ticking(clock), _instead(_DATED, time=dated):
        yield


@contextmanager
def hosted(host: str) -> Iterator[None]:
    """
    Have the journals that are opened in a block bear the name of a host, so that one machine plays many.

    A writer counts as alive as long as its process is: so each host is best played by a process of its own.

    Args:
        host: Its name.
    """
    named = SimpleNamespace(**vars(socket) | {"gethostname": lambda: host})
    with _instead((claim,), socket=named):
        yield


@contextmanager
def _ticking(clock: Clock) -> Iterator[None]:
    """Put *clock* in the place of the time that spans, log lines and requests look at."""
    with _instead(_CLOCKED, time=clock, monotonic_ns=clock.monotonic_ns):
        yield


@contextmanager
def _instead(rooms: tuple[ModuleType, ...], **values: Any) -> Iterator[None]:
    """Put *values* in the place of the names of *rooms*, where they have them."""
    before = [(room, name, vars(room)[name]) for room in rooms for name in values if name in vars(room)]
    for room, name, _ in before:
        setattr(room, name, values[name])
    try:
        yield
    finally:
        for room, name, value in before:
            setattr(room, name, value)
