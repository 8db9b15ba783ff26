"""One ASGI request and its reply, as their messages pass: nothing is held back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from wxtrace.capture.access import Access
from wxtrace.capture.doors import Door
from wxtrace.capture.push import MAX_BODY
from wxtrace.reply import MAX_KEPT

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Exchange(Access):
    """One ASGI request and its reply, as they pass."""

    __slots__ = ("_receive", "_send")

    def __init__(self, door: Door, receive: Receive, send: Send) -> None:
        Access.__init__(self, door)
        self._receive, self._send = receive, send

    async def receive(self) -> Message:
        """Pass a message of the request on, and look at the body as it goes by."""
        message = await self._receive()
        kind = message["type"]
        if kind == "http.request":
            if not self.is_read:
                self._look(message.get("body", b""), message.get("more_body", False))
        elif kind == "http.disconnect" and not self.is_done:
            self.request.facts["wechat.disconnected"] = True
        return message

    def _look(self, chunk: bytes, more: bool) -> None:
        self.body_bytes += len(chunk)
        if not self.body:
            self.body = chunk
        elif len(self.body) < MAX_BODY:
            self.body += chunk
        if not more:
            self.read(self.body)

    async def send(self, message: Message) -> None:
        """Pass a message of the reply on; the last byte of it, once sent, ends the attempt."""
        kind = message["type"]
        if kind != "http.response.body":
            if kind == "http.response.start":
                self.status = message["status"]
            await self._send(message)
            return
        chunk = message.get("body", b"")
        self.length += len(chunk)
        if len(self.reply) < MAX_KEPT:
            self.reply = self.reply + chunk if self.reply else chunk
        if message.get("more_body", False):
            await self._send(message)
            return
        if not self.is_ours:  # whoever made the span may end it as the last byte passes
            self.tell(self.told())
        await self._send(message)
        self.finish()
