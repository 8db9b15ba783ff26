"""
The pools that requests of this process have come by, and how full each is now.

Nothing keeps a pool alive, and asking takes no lock of theirs: the watchdog asks
from its own thread, also while whoever holds such a lock never lets go.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

_MAX_POOLS: Final = 64


class Occupancy(NamedTuple):
    """How full a pool is; `size` None: it has no bound."""

    pool: str
    in_use: int
    size: int | None


Reader = Callable[[Any], Occupancy]


class Pools:
    """The pools seen so far, 64 at most; one that is collected makes room."""

    __slots__ = ("seen",)

    def __init__(self) -> None:
        self.seen: Final[dict[int, tuple[weakref.ref[Any], Reader]]] = {}
        """By `id` of the pool: to be asked on the hot path whether it is known."""

    def see(self, pool: object, read: Reader, anchor: object = None) -> None:
        """
        Remember *pool*, weakly.

        Args:
            pool: Known by its `id` from now on.
            read: Says how full it is, given *anchor*; from any thread, without a lock.
            anchor: What lives as long as *pool* and takes a weak reference, where *pool* takes none.
        """
        key = id(pool)
        if key in self.seen or len(self.seen) >= _MAX_POOLS:
            return

        def gone(_: object, seen: dict[int, Any] = self.seen) -> None:
            seen.pop(key, None)

        self.seen[key] = weakref.ref(pool if anchor is None else anchor, gone), read

    def alive(self) -> Iterator[object]:
        """Yield the pools, or their anchors."""
        for reference, _ in self.seen.copy().values():
            if (one := reference()) is not None:
                yield one

    def __iter__(self) -> Iterator[Occupancy]:
        """Yield how full each is, in the order in which they were seen; one that cannot tell is left out."""
        for reference, read in self.seen.copy().values():
            one = reference()
            try:
                if one is not None:
                    yield read(one)
            except Exception:  # a library of another version, or a pool that is being closed
                continue


pools: Final = Pools()
"""The pools of this process."""
