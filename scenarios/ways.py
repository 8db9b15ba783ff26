"""What stands between WeChat and a server, or in place of one. Each holds as long as its block runs."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from typing import Final

from scenarios.wechat import LOCAL, Way
from wxtrace.demo.server import free_port

ELSEWHERE: Final = "127.0.0.2"
"""The address of an entrance that is not the server's."""

_RESET: Final = struct.pack("ii", 1, 0)
_STEP_S: Final = 0.05

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter


class Gateway:
    """
    A gateway that takes every request at once, and hands them on one by one.

    What it has taken it hands on, whoever still waits for the reply.

    Args:
        behind: Where the server listens.
    """

    def __init__(self, behind: Way) -> None:
        self._behind = behind
        self._turn = asyncio.Lock()
        self._taken = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def take(self, reader: Reader, writer: Writer) -> None:
        """Serve one connection."""
        request = await _request(reader)
        self._taken += 1
        self._idle.clear()
        try:
            async with self._turn:
                writer.write(await self._handed_on(request))
        finally:
            self._taken -= 1
            if not self._taken:
                self._idle.set()

    async def empty(self) -> None:
        """Wait until all that was taken has been handed on."""
        await self._idle.wait()

    async def _handed_on(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(self._behind.address, self._behind.port)
        try:
            writer.write(request)
            return await reader.read(-1)
        finally:
            writer.close()


@asynccontextmanager
async def gateway(behind: Way) -> AsyncIterator[tuple[Way, Gateway]]:
    """Stand a gateway in front of a server; yield the way to it, and the gateway."""
    taking = Gateway(behind)
    async with _entrance(taking.take, LOCAL) as way:
        yield way, taking
        await taking.empty()


@contextmanager
def firewall(port: int) -> Iterator[Way]:
    """
    Let no connection in at another address, at the server's port.

    A listener that accepts nobody and whose queue is full: the kernel drops what
    would open a connection, as a firewall does that answers nothing.
    """
    with ExitStack() as opened:
        listener = opened.enter_context(socket.socket())
        listener.bind((ELSEWHERE, port))
        listener.listen(0)
        while True:
            visitor = opened.enter_context(socket.socket())
            visitor.settimeout(_STEP_S)
            try:
                visitor.connect((ELSEWHERE, port))
            except TimeoutError:
                break
        yield Way(port, ELSEWHERE)


def nobody() -> Way:
    """Return an entrance at which nobody listens: a connection is refused."""
    return Way(free_port(), ELSEWHERE)


@asynccontextmanager
async def breaking() -> AsyncIterator[Way]:
    """Stand up an entrance that reads a request and breaks the connection."""

    async def serve(reader: Reader, writer: Writer) -> None:
        """Read, and break."""
        await _request(reader)
        # to linger for no time at all: the connection is reset, not closed
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

    async with _entrance(serve, ELSEWHERE) as way:
        yield way


@asynccontextmanager
async def silent() -> AsyncIterator[Way]:
    """Stand up an entrance that takes every request and never answers."""

    async def serve(reader: Reader, writer: Writer) -> None:
        """Read until the sender hangs up."""
        await reader.read(-1)

    async with _entrance(serve, ELSEWHERE) as way:
        yield way


@asynccontextmanager
async def _entrance(serve: Callable[[Reader, Writer], Awaitable[None]], address: str) -> AsyncIterator[Way]:
    """Serve each connection with *serve*; at the end wait until all are closed."""
    serving: set[asyncio.Task[None] | None] = set()

    async def served(reader: Reader, writer: Writer) -> None:
        """Serve one connection, and close it."""
        serving.add(asyncio.current_task())
        with suppress(OSError, EOFError):
            await serve(reader, writer)
            await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async with await asyncio.start_server(served, address, 0) as server:
        yield Way(server.sockets[0].getsockname()[1], address)
        await asyncio.gather(*filter(None, serving))


async def _request(reader: Reader) -> bytes:
    """Return a whole request: its head, and the body that this announces."""
    head = await reader.readuntil(b"\r\n\r\n")
    _, _, rest = head.lower().partition(b"content-length:")
    return head + await reader.readexactly(int(rest.split(b"\r\n")[0] or 0))
