"""
A process' journal: a record is in the kernel's memory when `append` returns.

`append` is one copy into a mapped page. Everything slow (the next segment's
zeros, more slots, a look at the disk) is done by a thread, the keeper. Where
no segment is ready the record is dropped and counted: the app never waits.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import logging
import os
import secrets
import shutil
import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from wxtrace.record import META, PackedPlace, PackedTag, began, finished
from wxtrace.store import paths
from wxtrace.store.journals import COUNTERS, COUNTERS_AT, SLOT_SIZE
from wxtrace.store.segment import Mapped, Queued
from wxtrace.store.space import can_map, room_for

SEGMENT_SIZES: Final = (4 << 20, 8 << 20)
"""Bytes of a writer's first segment and of every later one."""
SLOTS: Final = (384, 4096, 8192)
"""Slots of the tables of open spans; the keeper adds the next when few are free."""

_FEW_SLOTS = 128
_TICK_SECONDS = 1.0
_TICKS_PER_MEASURE = 5
_fill = struct.Struct(f"{SLOT_SIZE}s").pack_into
_clear = struct.Struct("4s").pack_into
_log = logging.getLogger("wxtrace")

Slot = tuple[Mapped, int]


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
        self.pid, self.service, self.host = os.getpid(), service, socket.gethostname()
        self.started_ns = time.time_ns()
        self.writer = f"{self.host}-{self.pid}-{self.started_ns // 10**6}-{secrets.token_hex(2)}"
        self.root, self.folder = root, root / self.writer
        self.dropped = dropped
        self._on_tick = on_tick
        self._numbers = itertools.count(1)
        self._turn = threading.RLock()
        self._wake = threading.Event()
        self._problem = self._refusal = ""
        self._ticks = itertools.cycle(range(_TICKS_PER_MEASURE))
        self._told = dropped
        self._next: Mapped | Queued | None = None
        self._free: list[Slot] = []
        self._tables: list[Mapped] = []
        self._claim()
        self._medium: type[Mapped] | type[Queued] = Mapped if can_map(self.folder) else Queued
        if self._medium is Mapped:
            self._add_table()
        self._active = self._prepare()
        self.write = self._active.write
        self._keeper = threading.Thread(target=self._keep, name="wxtrace-keeper", daemon=True)
        self._keeper.start()
        self._wake.set()

    # ------------------------------------------------------------ the hot path

    def append(self, record: bytes) -> None:
        """Put *record* into the journal, or drop and count it; never raises, never waits for a disk."""
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
        """Put what is known by now of a span that still runs in the place of its start."""
        if slot is not None and len(record) <= SLOT_SIZE:
            table, at = slot
            _fill(table.map, at, record)

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

    def _append_to_next(self, record: bytes) -> None:
        with self._turn:  # held for a swap of names, never for the keeper's I/O
            try:
                self.write(record)
                return
            except ValueError:
                pass
            retired, following = self._active, self._next
            if following is not None:
                self._active, self._next = following, None
                retired.seal_off()
                retired.stop()
                self.write = following.write
                try:
                    self.write(record)
                except ValueError:
                    self.count_dropped(1)
            else:
                self.count_dropped(1)
        self._wake.set()

    def count_dropped(self, records: int) -> None:
        """Count records that no segment took; the keeper writes the count into the file `writer`."""
        with self._turn:
            self.dropped += records

    # ------------------------------------------------------------ the keeper

    def _keep(self) -> None:
        while True:
            self._wake.wait(_TICK_SECONDS)
            self._wake.clear()
            try:
                self._tend()
                self._report("")
            except Exception as error:  # the keeper lives on, whatever the disk does; the app is told once
                self._report(f"{type(error).__name__}: {error}")
            self._on_tick()

    def _tend(self) -> None:
        """
        Have the next segment and enough slots ready, and bring back what somebody deleted.

        The segment comes first: the app may fill the one it has within a tenth of a second.
        """
        if self._next is None and not self._refusal and self.folder.exists():
            self._next = self._prepare()
        if self._tables and len(self._free) < _FEW_SLOTS and len(self._tables) < len(SLOTS):
            self._add_table()
        self._restore()
        self._tell_dropped()
        if next(self._ticks) == 0 or self._refusal:
            self._refusal = room_for(self.root, SEGMENT_SIZES[-1])
        if self._refusal and self._next is None:
            raise OSError(self._refusal)

    def _restore(self) -> None:
        if not (self.folder / paths.LOCK).exists():
            os.close(self._lock)
            shutil.rmtree(self.folder, ignore_errors=True)
            self._claim()
        if self._next is not None and self._next.is_gone():
            self._next = None
        for table in self._tables:
            if table.is_gone():
                table.remake()
        if self._active.is_gone():
            with self._turn:
                self._active.remake()
                self.write = self._active.write

    def _tell_dropped(self) -> None:
        if self.dropped != self._told:
            told = self.dropped
            descriptor = os.open(self.folder / paths.WRITER, os.O_WRONLY | os.O_CLOEXEC)
            try:
                os.pwrite(descriptor, COUNTERS.pack(told), COUNTERS_AT)
            finally:
                os.close(descriptor)
            self._told = told

    def _report(self, problem: str) -> None:
        if problem == self._problem:
            return
        if problem:
            _log.warning("wxtrace: no further segment in %s: %s", self.folder, problem)
        else:
            _log.warning("wxtrace: the journal in %s goes on; %d records were dropped", self.folder, self.dropped)
        self._problem = problem

    # ------------------------------------------------------------ files

    def _claim(self) -> None:
        """Make the folder under a name that readers skip, lock it, and rename it: who sees it sees it locked."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self.root / f".new-{self.writer}"
        new.mkdir(mode=0o700)
        try:
            self._lock = os.open(new / paths.LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.lockf(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            content = self._description().ljust(COUNTERS_AT, b"\0") + COUNTERS.pack(self.dropped)
            descriptor = os.open(new / paths.WRITER, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            new.rename(self.folder)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise

    def _description(self, segment: int = 0) -> bytes:
        about = {
            "version": 1,
            "writer": self.writer,
            "host": self.host,
            "pid": self.pid,
            "service": self.service[:256],
            "start_ns": self.started_ns,
        }
        return json.dumps(about | ({"segment": segment} if segment else {})).encode()

    def _prepare(self) -> Mapped | Queued:
        number = next(self._numbers)
        nowhere = PackedPlace(0, b"", b"", b"")
        begin = began(0, time.time_ns(), bytes(16), bytes(8), bytes(8), PackedTag(), nowhere)
        head = finished(META, begin, attributes=self._description(number))
        size = SEGMENT_SIZES[min(number, len(SEGMENT_SIZES)) - 1]
        return self._medium(self.folder / paths.segment_name(number), size, head)

    def _add_table(self) -> None:
        slots = SLOTS[len(self._tables)]
        table = Mapped(self.folder / paths.open_name(len(self._tables) + 1), slots * SLOT_SIZE)
        self._tables.append(table)
        self._free[:0] = [(table, at * SLOT_SIZE) for at in reversed(range(slots))]

    def abandon(self) -> None:
        """In a forked child: let go of the parent's lock descriptor; the parent keeps its lock."""
        os.close(self._lock)
