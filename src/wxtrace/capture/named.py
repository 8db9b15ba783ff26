"""`wait()`: a wait that the app names itself, at a lock of its own."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, TypeVar

from wxtrace.capture.layers import Block, layer
from wxtrace.capture.shapes import shape_of

F = TypeVar("F", bound=Callable[..., Any])
_OF_THIS_PROCESS: Final = frozenset({"asyncio.locks", "_thread", "threading", "anyio._core._synchronization"})


class Wait:
    """
    A wait that has a name; what `wait` returns.

    With a lock it keeps nothing of a single use: many tasks or threads may enter it at once. Without one it is for
    a single use at a time, like `wxtrace.span`.
    """

    __slots__ = ("_attributes", "_block", "_lock", "_name", "_tells")

    def __init__(self, name: str, lock: Any, attributes: dict[str, Any]) -> None:
        self._name, self._lock, self._attributes = name, lock, attributes
        self._block: Block | None = None
        self._tells = hasattr(lock, "locked") and any(
            one.__module__ in _OF_THIS_PROCESS for one in type(lock).__mro__
        )

    def _span(self) -> Block:
        return Block(shape_of("wait", self._name, self._name), dict(self._attributes) or None)

    def _has_to_wait(self) -> bool:
        """Say whether the lock is taken; one that does not tell, or would ask a server, may be."""
        return not self._tells or bool(self._lock.locked())

    def __enter__(self) -> Any:
        if self._lock is None:
            self._block = self._span()
            return self._block.__enter__()
        if not self._has_to_wait():
            return self._lock.__enter__()
        with self._span():
            return self._lock.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Any:
        if self._lock is not None:
            return self._lock.__exit__(kind, error, trace)
        block, self._block = self._block, None
        return None if block is None else block.__exit__(kind, error, trace)

    async def __aenter__(self) -> Any:
        if self._lock is None:
            return self.__enter__()
        if not self._has_to_wait():
            return await self._lock.__aenter__()
        with self._span():
            return await self._lock.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Any:
        if self._lock is not None:
            return await self._lock.__aexit__(kind, error, trace)
        return self.__exit__(kind, error, trace)

    def __call__(self, function: F) -> F:
        """Record every call of *function* as this wait."""
        if self._lock is not None:
            raise TypeError("wxtrace.wait(name, lock) is no decorator: enter it with `with` or `async with`")
        return layer("wait", self._name)(function)


def wait(name: str, lock: Any = None, **attributes: Any) -> Wait:
    """
    Record a wait as a span of layer `wait`: for ``with``, ``async with``, or as a decorator.

    Args:
        name: What is waited for, such as ``menu lock``.
        lock: A lock, semaphore or condition to enter and leave along with the block. Then the span stands only
            while it is waited for, not while it is held, and where the lock is free there is none.
        attributes: More about it; secrets are redacted.

    Returns:
        A context manager that gives the span, or with a lock whatever the lock gives.
    """
    return Wait(name, lock, attributes)
