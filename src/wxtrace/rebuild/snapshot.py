"""
What was written down of a request in flight, read: its snapshots, and its process' last words. Pure.

A snapshot is a log record; whoever wrote it, and whatever is missing or of
another kind than it should be, what can be read is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from wxtrace.rebuild.own import is_own
from wxtrace.rebuild.untrusted import LONGEST, MOST, mapping, mappings, number, text, whole
from wxtrace.row import LogRow

SNAPSHOT: Final = "wxtrace.snapshot"
DIED: Final = "wxtrace.died"
ENDED: Final = "wxtrace.ended"
WATCH_LOGGER: Final = "wxtrace.watch"
"""The events of these log records, and their logger."""

HELD: Final = "timeout"
EXIT: Final = "exit"
"""Causes: nothing of the process could run, for one of its threads held the interpreter; it ended by itself."""

_MOST_FRAMES: Final = 40


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a function stands. `own`: whether that is the app's own code, not a library's or Python's."""

    function: str
    file: str
    line: int | None
    own: bool


@dataclass(frozen=True, slots=True)
class Chain:
    """
    Where a task or a thread stood.

    `frames` go from the outermost to the innermost. `awaits` names what the innermost
    awaited, None for a thread, and for a task that ran; `call` what its line called then,
    as it is written there.
    """

    name: str
    frames: tuple[Frame, ...]
    awaits: str | None = None
    is_thread: bool = False
    call: str | None = None


@dataclass(frozen=True, slots=True)
class Culprit:
    """
    What held an event loop: function, file and line, and of which request.

    `openid` is shortened; `call` is what the line calls, as it is written there.
    `is_self`: it is the very request of which this is told.
    """

    function: str | None = None
    file: str | None = None
    line: int | None = None
    call: str | None = None
    openid: str | None = None
    trace_id: str | None = None
    is_self: bool = False


@dataclass(frozen=True, slots=True)
class Occupied:
    """How much of what many share was taken: of a pool, of thread tokens; `size` None where it has no bound."""

    name: str
    in_use: int
    size: int | None


@dataclass(frozen=True, slots=True)
class Holder:
    """Where threads stood that held what a request had to wait for, and how many of them."""

    at: Frame
    threads: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """
    What a request was doing when it had come to a mark; times in nanoseconds, None where it is not told.

    `span_id` is the innermost span that was open. `unattributed` counts the tasks of
    which nobody can say whose they were. `culprit` held the event loop at that moment,
    `holders` the threads, most of them first.
    """

    time_ns: int
    span_id: str | None
    mark_ns: int | None
    age_ns: int | None
    tasks: tuple[Chain, ...]
    threads: tuple[Chain, ...]
    in_flight: int | None
    lag_ns: int | None
    blocked_ns: int | None
    culprit: Culprit | None
    tokens: tuple[Occupied, ...]
    pools: tuple[Occupied, ...]
    load_1m: float | None
    cpu_percent: float | None
    unattributed: int
    holders: tuple[Holder, ...] = ()


@dataclass(frozen=True, slots=True)
class LastWords:
    """What a process left when it died, or when nothing of it ran any more; `thread` is where it stood."""

    time_ns: int
    cause: str | None
    thread: Chain


def snapshots_of(logs: Iterable[LogRow]) -> tuple[Snapshot, ...]:
    """Return the snapshots among log lines, in their order."""
    return tuple(snapshot for log in logs if (snapshot := snapshot_of(log)) is not None)


def newest_first(logs: Sequence[LogRow], before_ns: int | None = None) -> Iterator[Snapshot]:
    """Yield the snapshots among log lines, the last first, each read when asked for; only those before a moment."""
    for log in reversed(logs):
        if before_ns is None or log.time_ns < before_ns:
            snapshot = snapshot_of(log)
            if snapshot is not None:
                yield snapshot


def snapshot_of(log: LogRow) -> Snapshot | None:
    """Return what a log line holds of a request in flight; None where it is an ordinary line."""
    if log.event != SNAPSHOT or log.logger != WATCH_LOGGER:
        return None
    told = log.attributes
    loop = mapping(told.get("loop"))
    mark = number(told.get("mark_s"))
    return Snapshot(
        time_ns=log.time_ns,
        span_id=log.span_id,
        mark_ns=None if mark is None else round(mark * 10**9),
        age_ns=whole(told.get("age_ns")),
        tasks=_chains(told.get("tasks"), is_thread=False),
        threads=_chains(told.get("threads"), is_thread=True),
        in_flight=whole(told.get("in_flight")),
        lag_ns=whole(loop.get("lag_ns")),
        blocked_ns=whole(loop.get("blocked_ns")),
        culprit=culprit_of(mapping(loop.get("culprit"))),
        tokens=_tokens(told.get("tokens")),
        pools=_pools(told.get("pools")),
        load_1m=number(told.get("load_1m")),
        cpu_percent=number(told.get("cpu_percent")),
        unattributed=whole(told.get("unattributed")) or 0,
        holders=_holders(told.get("holders")),
    )


def last_words_of(log: LogRow) -> LastWords | None:
    """Return what a process left behind, if that is what a log line holds."""
    if log.event not in (DIED, ENDED) or log.logger != WATCH_LOGGER:
        return None
    return LastWords(log.time_ns, text(log.attributes.get("cause")), _chain(log.attributes, is_thread=True))


def culprit_of(told: Mapping[str, Any], prefix: str = "") -> Culprit | None:
    """
    Return who held an event loop; None where nothing of it is told.

    Args:
        told: JSON's types.
        prefix: What stands before each name.
    """
    texts = {name: text(told.get(prefix + name)) for name in ("function", "file", "call", "openid", "trace_id")}
    culprit = Culprit(**texts, line=whole(told.get(prefix + "line")), is_self=told.get(prefix + "self") is True)
    return None if culprit in (Culprit(), Culprit(is_self=True)) else culprit


def _chains(told: object, *, is_thread: bool) -> tuple[Chain, ...]:
    return tuple(_chain(one, is_thread=is_thread) for one in mappings(told))


def _chain(told: Mapping[str, Any], *, is_thread: bool) -> Chain:
    frames = [frame for one in mappings(told.get("frames"), _MOST_FRAMES) if (frame := _frame(one)) is not None]
    name = text(told.get("name")) or text(told.get("thread")) or ""
    return Chain(name, tuple(frames), text(told.get("awaits")), is_thread, text(told.get("call")))


def _frame(told: Mapping[str, Any]) -> Frame | None:
    function, file, own = text(told.get("function")), text(told.get("file")), told.get("own")
    if function is None and file is None:
        return None
    return Frame(
        function or "?",
        file or "?",
        whole(told.get("line")),
        own if isinstance(own, bool) else file is not None and is_own(file),
    )


def _tokens(told: object) -> tuple[Occupied, ...]:
    """Return thread tokens, told as ``{"anyio": [taken, all]}``."""
    found = []
    for name, counts in list(mapping(told).items())[:MOST]:
        taken, size = counts if isinstance(counts, list) and len(counts) == 2 else (None, None)
        if (taken := whole(taken)) is not None:
            found.append(Occupied(str(name)[:LONGEST], taken, whole(size)))
    return tuple(found)


def _pools(told: object) -> tuple[Occupied, ...]:
    pools = ((one, whole(one.get("in_use"))) for one in mappings(told))
    return tuple(
        Occupied(text(one.get("pool")) or "?", taken, whole(one.get("size")))
        for one, taken in pools
        if taken is not None
    )


def _holders(told: object) -> tuple[Holder, ...]:
    found = ((_frame(one), whole(one.get("threads"))) for one in mappings(told))
    holders = [Holder(frame, threads) for frame, threads in found if frame is not None and threads is not None]
    return tuple(sorted(holders, key=lambda holder: -holder.threads))
