"""What a WSGI app returns, as the server takes it: step by step, and each step under the request's tag."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Final

from wxtrace.capture.wsgi_exchange import WSGIExchange

_END: Final[Any] = object()


def reply_of(result: Iterable[bytes], exchange: WSGIExchange, file_wrapper: object) -> Iterable[bytes]:
    """
    Return what the server gets in the place of *result*.

    A file wrapper of the server's own stays what it is, so that the server may send the file by itself.
    """
    if isinstance(file_wrapper, type) and isinstance(result, file_wrapper) and _hear_close(result, exchange):
        return result
    return SizedReply(result, exchange) if hasattr(result, "__len__") else Reply(result, exchange)


def _hear_close(result: Any, exchange: WSGIExchange) -> bool:
    """Hear of the file's end; False where the wrapper does not let us."""
    try:
        result.close = partial(exchange.close, getattr(result, "close", None), is_cut=False)
    except AttributeError:
        return False
    exchange.skip()
    return True


class Reply:
    """The chunks that the app gives, and its `close`."""

    __slots__ = ("_exchange", "_is_over", "_plain", "_result", "_steps")

    def __init__(self, result: Iterable[bytes], exchange: WSGIExchange) -> None:
        self._exchange, self._result = exchange, result
        self._plain = iter(result) if type(result) in (list, tuple) else None  # no step of it runs code of the app
        self._steps: Iterator[bytes] | None = None
        self._is_over = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        exchange = self._exchange
        if exchange.length:
            exchange.end_if_out()  # the server is done with the chunk before
        try:
            chunk = exchange.run(self._step) if self._plain is None else next(self._plain, _END)
        except BaseException:
            self._is_over = True
            exchange.over()
            raise
        if chunk is _END:
            self._is_over = True
            exchange.over()
            raise StopIteration
        exchange.count(chunk)
        return chunk

    def _step(self) -> bytes:
        if self._steps is None:
            self._steps = iter(self._result)
        return next(self._steps, _END)

    def close(self) -> None:
        """Close what the app has returned."""
        self._exchange.close(getattr(self._result, "close", None), is_cut=not self._is_over)

    def __del__(self) -> None:
        """End the attempt where nobody has closed: a middleware outside of ours may have forgotten it."""
        self._exchange.close(None, is_cut=not self._is_over)


class SizedReply(Reply):
    """The same where the app says how many chunks there are: of one chunk a server knows the length."""

    __slots__ = ()

    def __len__(self) -> int:
        return len(self._result)  # type: ignore[arg-type]  # it is made of what is sized only
