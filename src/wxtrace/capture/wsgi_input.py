"""`wsgi.input` as the app reads it, by whatever method: nothing is read ahead, and nothing is held back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from wxtrace.capture.access import Access
from wxtrace.capture.push import MAX_BODY

_UNKNOWN: Final = -1
_OTHER_READERS: Final = frozenset({"read1", "readall", "readinto", "readinto1"})


class Input:
    """
    The server's input, with a look at what the app reads.

    The body is known when as much was read as is declared; where nothing is (chunked), when the end was read.

    Args:
        inner: The server's.
        access: The request that it belongs to.
        declared: ``CONTENT_LENGTH``.
    """

    __slots__ = ("_access", "_declared", "_inner", "_kept", "_parts")

    def __init__(self, inner: Any, access: Access, declared: str | None) -> None:
        self._inner, self._access = inner, access
        self._declared = number_in(declared, _UNKNOWN) if declared else _UNKNOWN
        self._parts: list[bytes] = []
        self._kept = 0

    def read(self, *size: Any, **named: Any) -> bytes:
        """Read so many bytes, or all."""
        chunk: bytes = self._inner.read(*size, **named)
        access = self._access
        if len(chunk) == self._declared and not access.body_bytes and type(chunk) is bytes:  # the commonest by far
            access.body_bytes = len(chunk)
            access.read(chunk)
            return chunk
        size = size or tuple(named.values())
        self._look(chunk, is_end=not size or size[0] is None or size[0] < 0 or (not chunk and size[0] > 0))
        return chunk

    def readline(self, *size: Any, **named: Any) -> bytes:
        """Read a line, or its beginning."""
        line: bytes = self._inner.readline(*size, **named)
        size = size or tuple(named.values())
        self._look(line, is_end=not line and (not size or size[0] != 0))
        return line

    def readlines(self, *hint: Any, **named: Any) -> list[bytes]:
        """Read lines."""
        lines: list[bytes] = self._inner.readlines(*hint, **named)
        self._look(b"".join(lines), is_end=not (hint or named) or not lines)
        return lines

    def __iter__(self) -> Iterator[bytes]:
        for line in self._inner:
            self._look(line, is_end=False)
            yield line
        self._look(b"", is_end=True)

    def __next__(self) -> bytes:
        line: bytes = next(self._inner)
        self._look(line, is_end=False)
        return line

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return partial(self._through, name, found) if name in _OTHER_READERS else found

    def _through(self, name: str, method: Callable[..., Any], *arguments: Any) -> Any:
        got = method(*arguments)
        if name.startswith("readinto"):
            chunk = bytes(memoryview(arguments[0]).cast("B")[: got or 0])
            self._look(chunk, is_end=not chunk and len(arguments[0]) > 0)
        else:
            self._look(got, is_end=not got or name == "readall")
        return got

    def _look(self, chunk: bytes, *, is_end: bool) -> None:
        access = self._access
        if access.is_read or access.is_done or not isinstance(chunk, bytes):
            return
        access.body_bytes += len(chunk)
        if self._kept < MAX_BODY and chunk:
            self._parts.append(chunk)
            self._kept += len(chunk)
        if is_end if self._declared == _UNKNOWN else access.body_bytes >= self._declared:
            access.read(self._parts[0] if len(self._parts) == 1 else b"".join(self._parts))
            self._parts = []


def number_in(text: str, otherwise: int) -> int:
    """Return the number that a header says; *otherwise* where it is none, or absurd."""
    return int(text) if len(text) <= 18 and text.isascii() and text.isdigit() else otherwise
