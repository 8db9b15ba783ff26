"""A queue that callers stand in, and the span of one who does."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import ContextVar
from functools import wraps
from typing import Any, Final

from opentelemetry.trace import Span

from wxtrace.capture.layers import record_failure
from wxtrace.capture.pools import Occupancy, pools
from wxtrace.capture.provider import origin
from wxtrace.capture.recorder import recorder
from wxtrace.capture.shapes import Shape
from wxtrace.tag import current_request

WAIT: Final = "wait"
"""The layer."""

POOL, IN_USE, SIZE, WAITING = "wxtrace.pool", "wxtrace.in_use", "wxtrace.size", "wxtrace.waiting"
"""Attributes of a wait: the pool's name, how many of how many were out, how many stood in line before."""

_log = logging.getLogger("wxtrace")
_seen: Final = pools.seen


class Queue:
    """
    A kind of queue.

    Args:
        module: The module of its spans.
        name: Their name: what is waited for.
        must_wait: Says of a pool whether the next caller has to wait.
        read: Says how full a pool is, given what *anchor* returned for it.
        waiting: Says how many stand in line at a pool.
        anchor: Returns what lives as long as a pool and takes a weak reference.
        keeps: Whether its pools are remembered for snapshots.
    """

    __slots__ = ("_is_told", "anchor", "keeps", "must_wait", "read", "shape", "waiting")

    def __init__(
        self,
        module: str,
        name: str,
        must_wait: Callable[[Any], object],
        read: Callable[[Any], Occupancy],
        waiting: Callable[[Any], int] | None = None,
        anchor: Callable[[Any], object] = lambda pool: pool,
        keeps: bool = True,
    ) -> None:
        self.shape = Shape(WAIT, module, name)
        self.must_wait, self.read, self.waiting, self.anchor, self.keeps = must_wait, read, waiting, anchor, keeps
        self._is_told = False

    def shape_of(self, pool: object) -> Shape:
        """Return the shape of a wait at *pool*."""
        return self.shape

    def see(self, pool: object) -> None:
        """Remember a pool for snapshots."""
        anchor = self.anchor(pool)
        if anchor is not None:
            pools.see(pool, self.read, anchor)

    def is_full(self, pool: object) -> object:
        """Say whether a caller has to wait at *pool*; never raises."""
        try:
            if self.keeps and id(pool) not in _seen:
                self.see(pool)
            return self.must_wait(pool)
        except Exception as error:
            self.puzzled(error)
            return False

    def puzzled(self, error: Exception) -> None:
        """Say once that a library is not as we know it."""
        if not self._is_told:
            self._is_told = True
            _log.debug("wxtrace: no waits of the %s: %r", self.shape.module, error)

    def told(self, pool: object) -> dict[str, Any]:
        """Return the attributes of a wait at *pool*."""
        name, in_use, size = self.read(self.anchor(pool))
        told: dict[str, Any] = {POOL: name, IN_USE: in_use}
        if size is not None:
            told[SIZE] = size
        if self.waiting is not None:
            try:
                told[WAITING] = self.waiting(pool)
            except Exception as error:  # how full it was is worth more than how long the line was
                self.puzzled(error)
        return told


class Standing:
    """One who stands in a queue: his span, which is never the current one. Nothing here raises."""

    __slots__ = ("_span",)

    def __init__(self, queue: Queue, pool: object) -> None:
        self._span: Span | None = None
        told: dict[str, Any] | None = None
        try:
            told = queue.told(pool)
        except Exception as error:
            queue.puzzled(error)
        try:
            self._span = origin.begin(queue.shape_of(pool), told)
        except Exception as error:
            queue.puzzled(error)

    def over(self, error: BaseException | None = None) -> None:
        """Record that the wait is over, and what ended it if not its turn; the first call counts."""
        span, self._span = self._span, None
        if span is None:
            return
        try:
            if error is not None:
                record_failure(span, error)
            span.end()
        except Exception as failure:
            _log.debug("wxtrace: a wait could not be recorded: %r", failure)

    def done(self, future: Future[Any]) -> None:
        """Record that it is over, at the end of a future: cancelled, if it has never begun."""
        self.over()


_standing: Final[ContextVar[Standing | None]] = ContextVar("wxtrace_standing", default=None)


def waits_async(queue: Queue) -> Callable[[Any], Any]:
    """Return what wraps an async method in which callers of *queue* wait."""

    def wrap(plain: Any) -> Any:
        async def waited(pool: Any, args: Any, kwargs: Any) -> Any:
            """Call it, as whoever stands in line."""
            standing = Standing(queue, pool)
            token = _standing.set(standing)
            try:
                return await plain(pool, *args, **kwargs)
            except BaseException as error:
                standing.over(error)
                raise
            finally:
                standing.over()
                _forget(token)

        @wraps(plain)
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            if is_full(self) and recorder.enabled and current_request() is not None:
                return waited(self, args, kwargs)
            return plain(self, *args, **kwargs)

        is_full = queue.is_full
        return call

    return wrap


def waits(queue: Queue) -> Callable[[Any], Any]:
    """Return what wraps a method in which callers of *queue* wait."""

    def wrap(plain: Any) -> Any:
        @wraps(plain)
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            if not is_full(self) or not recorder.enabled or current_request() is None:
                return plain(self, *args, **kwargs)
            standing = Standing(queue, self)
            try:
                return plain(self, *args, **kwargs)
            except BaseException as error:
                standing.over(error)
                raise
            finally:
                standing.over()

        is_full = queue.is_full
        return call

    return wrap


def ends_wait(plain: Any) -> Any:
    """Wrap what is called when the wait of `waits_async` is over, before the method returns."""

    @wraps(plain)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        standing = _standing.get()
        if standing is not None:
            standing.over()
        return plain(self, *args, **kwargs)

    return call


def sees(queue: Queue) -> Callable[[Any], Any]:
    """Return what wraps a method by which pools are seen that tell nothing where they are waited for."""

    def wrap(plain: Any) -> Any:
        @wraps(plain)
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            if id(self) not in _seen:
                try:
                    queue.see(self)
                except Exception as error:
                    queue.puzzled(error)
            return plain(self, *args, **kwargs)

        return call

    return wrap


def _forget(token: Any) -> None:
    try:
        _standing.reset(token)
    except ValueError:  # closed from another context
        pass
