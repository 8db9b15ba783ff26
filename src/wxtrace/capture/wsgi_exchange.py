"""One WSGI request and its reply, as they pass: nothing is held back, and nothing is read ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from wxtrace.capture import context as ctx
from wxtrace.capture.access import Access
from wxtrace.capture.carried import NOWHERE, Remote
from wxtrace.capture.doors import Door
from wxtrace.capture.outside import doors
from wxtrace.capture.provider import origin
from wxtrace.capture.wsgi_input import number_in
from wxtrace.reply import MAX_KEPT
from wxtrace.tag import bind, unbind

StartResponse = Callable[..., Callable[[bytes], object]]
T = TypeVar("T")

_UNKNOWN: Final = -1
_WITHOUT_BODY: Final = frozenset({204, 304})


class WSGIExchange(Access):
    """One WSGI request and its reply, as they pass."""

    __slots__ = ("_context", "_declared", "_has_begun", "_is_closed", "_start", "_write")

    def __init__(self, door: Door, start_response: StartResponse) -> None:
        Access.__init__(self, door)
        self._start = start_response
        self._write: Callable[[bytes], object] | None = None
        self._declared = _UNKNOWN
        self._has_begun = self._is_closed = False

    def begin(self, query: bytes, remote: Remote = NOWHERE) -> None:
        """Tag the request, begin its access span, and know in what context the app runs."""
        bound = None if origin.sdk is None else bind(self.request)  # an SDK's span asks for it
        try:
            Access.begin(self, query, remote)
            self._context = ctx.with_span(ctx.current(), self.span)
        finally:
            if bound is not None:
                unbind(bound)

    def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """
        Call *function* as part of the request; what it raises is kept, and raised on.

        The context goes on where the last call left it; the thread gets back the one that it came with.
        """
        bound, attached = bind(self.request), ctx.attach(self._context)
        try:
            return function(*arguments)
        except BaseException as error:
            self.fail(error)
            raise
        finally:
            self._context = ctx.current()
            ctx.detach(attached)
            unbind(bound)

    def start_response(
        self, status: str, headers: Iterable[tuple[str, str]], *more: Any, **named: Any
    ) -> Callable[[bytes], object]:
        """Pass on how the reply begins; a second call, if the server takes it, counts instead of the first."""
        try:
            self._write = self._start(status, headers, *more, **named)
        finally:
            del more, named  # exc_info: no cycle through this frame
        try:
            self.status, self._declared = number_in(status[:3], 0), _UNKNOWN
            for name, value in headers:
                if len(name) == 14 and name.lower() == "content-length":
                    self._declared = number_in(value, _UNKNOWN)
        except (TypeError, ValueError, AttributeError):  # the server has taken it, whatever it is
            pass
        return self.write

    def write(self, data: bytes) -> None:
        """Pass on a chunk of the reply, for apps of the old kind; the last byte of it ends the attempt."""
        self.count(data)
        if self._write is not None:
            self._write(data)
        self.end_if_out()

    def count(self, chunk: bytes) -> None:
        """Look at a chunk of the reply that the server gets now."""
        self._has_begun = True
        if not isinstance(chunk, bytes):  # the server will say what it thinks of it
            return
        self.length += len(chunk)
        if len(self.reply) < MAX_KEPT:
            self.reply = self.reply + chunk if self.reply else chunk

    def end_if_out(self) -> None:
        """End the attempt if the server has taken as many bytes as were declared."""
        if self._has_begun and 0 <= self._declared <= self.length:
            self.over()

    def over(self) -> None:
        """End the attempt: the server has the whole reply, or there will be no more of it."""
        if self.is_done:
            return
        if not self.is_ours:
            self.tell(self.told())
        self.finish()

    def fail(self, error: BaseException) -> None:
        """Keep what the app raised; where the server has sent nothing yet, it will reply with 500."""
        if not self._has_begun:
            self.status = 0
        Access.fail(self, error)

    def skip(self) -> None:
        """Take it that the server sends the reply by itself, in the length that was declared."""
        self._has_begun, self.length = True, max(0, self._declared)

    def close(self, close: Callable[[], object] | None, is_cut: bool) -> None:
        """
        Let the app close what it has returned, once.

        Args:
            close: How; None if there is nothing to be closed.
            is_cut: The server has not asked for the end of the reply: it could not send what it had.
        """
        if self._is_closed:
            return
        self._is_closed = True
        has_body = self.status and self.status not in _WITHOUT_BODY and self.door.method != "HEAD"
        if is_cut and has_body and not self.is_done:
            self.request.facts["wechat.disconnected"] = True
        self.over()
        try:
            if close is not None:
                self.run(close)
        finally:
            self.run(self.end)  # what it begins (`after_reply`) goes under the access span


doors[WSGIExchange.run.__code__] = "self"
