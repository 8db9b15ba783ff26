"""The other team's service that the callback server asks: answers every customer with a name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_BODY = b'{"name": "Ah Fong"}'
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
    + f"Content-Length: {len(_BODY)}\r\n\r\n".encode()
    + _BODY
)


@asynccontextmanager
async def serving_customers() -> AsyncIterator[str]:
    """Serve on a free port of 127.0.0.1 as long as the block runs; yield the URL."""
    async with await asyncio.start_server(_answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/customers"


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(_ANSWER)
        await writer.drain()
    except (OSError, EOFError):
        pass  # the client went away, and needs no answer
    finally:
        writer.close()
