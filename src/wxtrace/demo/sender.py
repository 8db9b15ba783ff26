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
from dataclasses import dataclass
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
    """

    start_ns: int
    status: int | None
    reply: bytes
    timed_out: bool


@dataclass(frozen=True, slots=True)
class Sender:
    """
    Sends to one server.

    Args:
        port: Where it listens, on 127.0.0.1.
        hang_up: Seconds until the sender closes the connection.
        hung_up: Told after each attempt that timed out, with its number from 1.
    """

    port: int
    hang_up: float = HANG_UP
    hung_up: Callable[[int], None] = lambda number: None

    async def push(self, push: Push) -> tuple[Attempt, ...]:
        """Deliver *push*, again and again as WeChat does; return every attempt."""
        attempts: list[Attempt] = []
        while True:
            attempts.append(await self.request("POST", push.target, push.body))
            if attempts[-1].timed_out:
                self.hung_up(len(attempts))
            if attempts[-1].status == 200 or len(attempts) >= _allowed(attempts[-1]):
                return tuple(attempts)

    async def request(self, method: str, target: str, body: bytes = b"") -> Attempt:
        """Make one request and wait for its whole reply, until it is time to hang up."""
        start_ns = time.time_ns()
        try:
            async with asyncio.timeout(self.hang_up):
                answer = await self._exchange(_request(method, target, self.port, body))
        except TimeoutError:
            return Attempt(start_ns, None, b"", True)
        except OSError:
            return Attempt(start_ns, None, b"", False)
        head, _, reply = answer.partition(b"\r\n\r\n")
        words = head.split(b" ", 2)
        return Attempt(start_ns, int(words[1]) if len(words) > 1 else None, reply, False)

    async def _exchange(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            return await reader.read(-1)
        finally:
            writer.close()


def _allowed(attempt: Attempt) -> int:
    return ATTEMPTS if attempt.status is None else ATTEMPTS_IF_REFUSED


def _request(method: str, target: str, port: int, body: bytes) -> bytes:
    head = f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{_HEADERS}Connection: close\r\n"
    if body:
        head += f"Content-Type: text/xml\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body
