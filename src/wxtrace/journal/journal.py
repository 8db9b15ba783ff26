"""
A process' journal: a record is in the kernel's memory when `append` returns.

`append` is one copy into a mapped page. Everything slow (the next segment's
zeros, more slots, a look at the disk) is done by a thread, the keeper. Where
no segment is ready the record is dropped and counted: the app waits for no disk.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from wxtrace.journal.claim import Claim
from wxtrace.journal.segment import Mapped, Queued, Stalled
from wxtrace.journal.space import can_map, room_for
from wxtrace.record import META, PackedPlace, PackedTag, began, finished
from wxtrace.store import paths
from wxtrace.store.journals import SLOT_SIZE

SEGMENT_SIZES: Final = (4 << 20, 8 << 20)
"""Bytes of a writer's first segment and of every later one."""
SLOTS: Final = (384, 4096, 8192)
"""Slots of the tables of open spans; the keeper adds the next when few are free."""

_FEW_SLOTS = 128
_TICK_SECONDS = 1.0
_SPARE, _SPARE_WHEN_BUSY, _BUSY_SECONDS = 1, 4, 3.0
"""Segments kept ready; more once one was filled within so many seconds."""
_RESPITE_SECONDS, _PATIENCE_SECONDS = 0.0006, 0.02
"""How long the app pauses for the keeper when it takes the next segment, and at most when there is none."""
_fill = struct.Struct(f"{SLOT_SIZE}s").pack_into
_clear = struct.Struct("4s").pack_into
_log = logging.getLogger("wxtrace")

Slot = tuple[Mapped, int]


class NoRoom(OSError):
    """The bound of the journals is reached, or the disk is nearly full."""


class Journal:
    """
    The journal of this process.

    Args:
        root: The journals' folder of the store; made if it is not there.
        service: The name of the service, kept with every record.
        on_tick: Called by the keeper about once a second.
        dropped: Records that were dropped before there was a journal.

    Raises:
        OSError: The folder cannot be made or written to.
    """

    is_nowhere = False

    def __init__(
        self, root: Path, service: str, on_tick: Callable[[], None] = lambda: None, dropped: int = 0
    ) -> None:
        self.dropped = dropped
        self._on_tick = on_tick
        self._numbers = itertools.count(1)
        self._turn = threading.RLock()
        self._wake = threading.Event()
        self._problem = ""
        self._refusal = ""
        self._spare: deque[Mapped | Queued] = deque()
        self._is_busy = self._is_short = False
        self._taken_at = time.monotonic()
        self._free: list[Slot] = []
        self._tables: list[Mapped] = []
        self._claim = Claim(root, service)
        self._claim.take(dropped)
        try:
            self._active = self._first()
        except BaseException:
            self._claim.give_up()
            raise
        self.write = self._active.write
        self._keeper = threading.Thread(target=self._keep, name="wxtrace-keeper", daemon=True)
        self._keeper.start()
        self._wake.set()

    @property
    def folder(self) -> Path:
        """The writer's folder."""
        return self._claim.folder

    # ------------------------------------------------------------ the hot path

    def append(self, record: bytes) -> None:
        """Put *record* into the journal, or drop and count it; never raises. It may pause at a segment's end."""
        try:
            self.write(record)
        except ValueError:  # it does not fit into what is left of the segment
            self._append_to_next(record)

    def begin(self, record: bytes) -> Slot | None:
        """Put the start of a span where a reader sees it; return its slot, None if the journal took it."""
        if len(record) > SLOT_SIZE:
            self.append(record)
            return None
        try:
            slot = self._free.pop()
        except IndexError:
            self.append(record)
            return None
        table, at = slot
        _fill(table.map, at, record)
        return slot

    def rewrite(self, slot: Slot | None, record: bytes) -> None:
        """Put what is known by now of a span that still runs in its start's place; into the journal if too long."""
        if slot is None:
            self.append(record)
            return
        table, at = slot
        if len(record) <= SLOT_SIZE:
            _fill(table.map, at, record)
        else:
            self.append(record)
            _clear(table.map, at, b"")

    def end(self, slot: Slot | None, record: bytes) -> None:
        """Append the record of a span that has ended, then clear its slot."""
        try:
            self.write(record)
        except ValueError:
            self._append_to_next(record)
        if slot is not None:
            table, at = slot
            _clear(table.map, at, b"")
            self._free.append(slot)

    def begun(self) -> list[bytes]:
        """Return the slots of spans that are open, as they are now, table by table."""
        return [table.map[:] for table in self._tables]

    def _append_to_next(self, record: bytes) -> None:
        if not self._spare and not self._is_short:
            self._wake.set()
            self._pause(_PATIENCE_SECONDS, 1)
        with self._turn:  # held for a swap of names, never for the keeper's I/O
            try:
                self.write(record)
                return
            except Stalled:
                self.count_dropped(1)
                return
            except ValueError:
                pass
            self._is_short = not self._spare
            if self._is_short:
                self.count_dropped(1)
                return
            self._take_next()
            try:
                self.write(record)
            except ValueError:
                self.count_dropped(1)
        self._wake.set()
        self._pause(_RESPITE_SECONDS, _SPARE_WHEN_BUSY)

    def _take_next(self) -> None:
        retired, following = self._active, self._spare.popleft()
        now = time.monotonic()
        self._is_busy, self._taken_at = now - self._taken_at < _BUSY_SECONDS, now
        following.follow(retired)
        retired.seal_off()
        self._active, self.write = following, following.write

    def _pause(self, seconds: float, wanted: int) -> None:
        """
        Let the keeper have the GIL, until it has as many spare segments as *wanted* or *seconds* are over.

        An event loop gives the GIL away and takes it back within microseconds, over and over: a thread that
        waits for it is never in time, and never waits long enough to be given its turn.
        """
        deadline = time.monotonic() + seconds
        while len(self._spare) < wanted and time.monotonic() < deadline:
            time.sleep(1e-4)

    def count_dropped(self, records: int) -> None:
        """Count records that no segment took; the keeper writes the count into the file `writer`."""
        with self._turn:
            self.dropped += records

    # ------------------------------------------------------------ the keeper

    def _keep(self) -> None:
        while True:
            self._wake.wait(_TICK_SECONDS)
            self._wake.clear()
            problem = ""
            try:
                self._tend()
            except Exception as error:  # the keeper lives on, whatever the disk does; the app is told once
                problem = str(error) if type(error) is NoRoom else f"{type(error).__name__}: {error}"
            self._report(problem)
            self._on_tick()

    def _tend(self) -> None:
        """
        Have the next segments and enough slots ready, and bring back what somebody deleted.

        The segments come first: a busy app fills the one it has within a quarter of a second,
        and each look at the disk may cost us 5 ms of waiting for the GIL.
        """
        with contextlib.suppress(OSError):  # it is tried again below, when what can be mended is mended
            self._stock()
        self._restore()
        self._claim.tell_dropped(self.dropped)
        self._refusal = room_for(self._claim.root, SEGMENT_SIZES[-1])
        self._stock()
        if self._medium is Mapped and len(self._free) < _FEW_SLOTS and len(self._tables) < len(SLOTS):
            self._add_table()
        if self._refusal and not self._spare:
            raise NoRoom(self._refusal)

    def _stock(self) -> None:
        wanted = _SPARE_WHEN_BUSY if self._is_busy else _SPARE
        while len(self._spare) < wanted and not self._refusal:
            if self._spare:  # one more than is needed at once: there is time for a look at the disk
                self._refusal = room_for(self._claim.root, SEGMENT_SIZES[-1])
            if not self._refusal:
                self._spare.append(self._prepare())

    def _restore(self) -> None:
        if self._claim.is_lost():
            self._claim.take(self.dropped)
        for table in self._tables:
            if table.is_gone():
                table.again()()
        with self._turn:
            kept = [spare for spare in self._spare if not spare.is_gone()]
            if len(kept) < len(self._spare):
                self._spare = deque(kept)
        active = self._active
        if active.is_gone():
            move = active.again()
            with self._turn:
                move()
                self.write = self._active.write

    def _report(self, problem: str) -> None:
        if problem == self._problem:
            return
        if problem:
            _log.warning("wxtrace: no further segment in %s: %s", self._claim.folder, problem)
        else:
            _log.warning(
                "wxtrace: the journal in %s goes on; %d records were dropped", self._claim.folder, self.dropped
            )
        self._problem = problem

    # ------------------------------------------------------------ files

    def _first(self) -> Mapped | Queued:
        """Make the first segment; where there is no room for it, one that is full at once: drops are told."""
        self._medium: type[Mapped] | type[Queued] = Mapped if can_map(self._claim.folder) else Queued
        has_room = not room_for(self._claim.root, SEGMENT_SIZES[0])
        if has_room and self._medium is Mapped:
            self._add_table()
        first = self._prepare(is_full=not has_room)
        self._refusal = room_for(self._claim.root, SEGMENT_SIZES[-1])
        return first

    def _prepare(self, *, is_full: bool = False) -> Mapped | Queued:
        number = next(self._numbers)
        nowhere = PackedPlace(0, b"", b"", b"")
        begin = began(0, time.time_ns(), bytes(16), bytes(8), bytes(8), PackedTag(), nowhere)
        head = finished(META, begin, attributes=self._claim.description(number))
        size = len(head) if is_full else SEGMENT_SIZES[min(number, len(SEGMENT_SIZES)) - 1]
        return self._medium(self._claim.folder / paths.segment_name(number), size, head)

    def _add_table(self) -> None:
        slots = SLOTS[len(self._tables)]
        table = Mapped(self._claim.folder / paths.open_name(len(self._tables) + 1), slots * SLOT_SIZE)
        self._tables.append(table)
        self._free[:0] = [(table, at * SLOT_SIZE) for at in reversed(range(slots))]

    def abandon(self) -> None:
        """In a forked child: let go of the parent's lock descriptor; the parent keeps its lock."""
        self._claim.let_go()
