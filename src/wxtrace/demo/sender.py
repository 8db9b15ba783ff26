"""
Sends a push as WeChat does.

WeChat waits five seconds for the whole reply, hangs up, and sends the same
request again, three times in all; a reply that it does not accept it asks for
again at once, four times in all. Plain sockets, because hanging up must close
the connection, and nothing else may.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from wxtrace.demo.pushes import Push

ATTEMPTS: Final = 3
ATTEMPTS_IF_REFUSED: Final = 4
HANG_UP: Final = 5.0

_HEADERS: Final = "User-Agent: Mozilla/4.0\r\nAccept: */*\r\nPragma: no-cache\r\n"


@dataclass(frozen=True, slots=True)
class Attempt:
    """
    One request, and what came of it.

    Args:
        start_ns: When it was sent, nanoseconds since the epoch.
        status: The reply's HTTP status; None if the sender hung up, or nobody answered.
        reply: The reply's body.
        timed_out: Whether the sender hung up.
        connected: Whether there was a connection at all.
        was_reset: Whether the other side broke the connection, instead of closing it.
    """

    start_ns: int
    status: int | None
    reply: bytes
    timed_out: bool
    connected: bool = True
    was_reset: bool = False


@dataclass(frozen=True, slots=True)
class Sender:
    """
    Sends to one server.

    Args:
        port: Where it listens.
        hang_up: Seconds until the sender closes the connection.
        hung_up: Told after each attempt that timed out, with its number from 1.
        address: Where the server listens, an IP address.
        source: From which IP address of this machine it sends; None for any.
        host: The Host header; None for address and port.
    """

    port: int
    hang_up: float = HANG_UP
    hung_up: Callable[[int], None] = lambda number: None
    address: str = "127.0.0.1"
    source: str | None = None
    host: str | None = None

    async def push(self, push: Push) -> tuple[Attempt, ...]:
        """Deliver *push*, again and again as WeChat does; return every attempt."""
        attempts: list[Attempt] = []
        while True:
            attempts.append(await self.request("POST", push.target, push.body))
            if attempts[-1].timed_out:
                self.hung_up(len(attempts))
            if attempts[-1].status == 200 or len(attempts) >= allowed(attempts[-1]):
                return tuple(attempts)

    async def request(self, method: str, target: str, body: bytes = b"") -> Attempt:
        """Make one request and wait for its whole reply, until it is time to hang up."""
        attempt = Attempt(time.time_ns(), None, b"", False, connected=False)
        try:
            async with asyncio.timeout(self.hang_up):
                reader, writer = await self._connected()
                attempt = replace(attempt, connected=True)
                answer = await self._exchange(reader, writer, self._request(method, target, body))
        except TimeoutError:
            return replace(attempt, timed_out=True)
        except OSError:
            return replace(attempt, was_reset=attempt.connected)
        head, _, reply = answer.partition(b"\r\n\r\n")
        words = head.split(b" ", 2)
        return replace(attempt, status=int(words[1]) if len(words) > 1 else None, reply=reply)

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        source = (self.source, 0) if self.source else None
        return await asyncio.open_connection(self.address, self.port, local_addr=source)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
        try:
            writer.write(request)
            return await reader.read(-1)
        finally:
            writer.close()

    def _request(self, method: str, target: str, body: bytes) -> bytes:
        host = self.host or f"{self.address}:{self.port}"
        head = f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{_HEADERS}Connection: close\r\n"
        if body:
            head += f"Content-Type: text/xml\r\nContent-Length: {len(body)}\r\n"
        return head.encode() + b"\r\n" + body


def allowed(attempt: Attempt) -> int:
    """Return how often a push is sent in all, after an attempt that failed like this one."""
    return ATTEMPTS if attempt.status is None else ATTEMPTS_IF_REFUSED
