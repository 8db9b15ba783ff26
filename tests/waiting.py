"""Requests that wait for something, and the services that they wait at."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from typing import NoReturn

import pytest

from wxtrace.tag import Request, bind, unbind

PORTS = {"PostgreSQL": 5432, "MariaDB": 3306, "Redis": 6379, "RabbitMQ": 5672, "NATS": 4222}


def needs(service: str) -> pytest.MarkDecorator:
    """Skip a test where *service* does not run on its port of this host; not with WXTRACE_REQUIRE_SERVICES=1."""
    return pytest.mark.skipif(
        not _required() and not _answers(PORTS[service]), reason=f"{service} does not run here"
    )


def do_without(what: str) -> NoReturn:
    """Skip the test that runs, for *what* is missing here; with WXTRACE_REQUIRE_SERVICES=1 it fails."""
    if _required():
        pytest.fail(what)
    pytest.skip(what)


def _required() -> bool:
    return os.environ.get("WXTRACE_REQUIRE_SERVICES") == "1"


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


async def as_request(openid: str, job: Callable[[], Awaitable[object]]) -> object:
    """Do *job* for a request of *openid*."""
    request = Request()
    request.learn(openid, 1745231475, "7")
    token = bind(request)
    try:
        return await job()
    finally:
        unbind(token)


def begun(openid: str, job: Callable[[], Awaitable[object]]) -> asyncio.Task[object]:
    """Begin *job* for a request of *openid*, in a task of its own."""
    return asyncio.create_task(as_request(openid, job), name=openid)


async def until(happened: Callable[[], object]) -> None:
    """Let the loop run until something has happened."""
    async with asyncio.timeout(120):
        while not happened():  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0)


async def stand(captured, *openids: str) -> None:
    """Let the loop run until the requests of these openids stand waiting, and no others."""
    await until(lambda: [*openids] == [span.openid for span in captured.open if span.layer == "wait"])


def waits(captured) -> list[tuple[str | None, str, str]]:
    """Return whose waits were recorded, where they waited, and how it ended, in the order of their starts."""
    return [
        (span.openid, span.module, span.status_message or span.status_code)
        for span in captured.spans
        if span.layer == "wait"
    ]


class Server:
    """An HTTP server that answers when it is told to."""

    def __init__(self):
        self.gate = asyncio.Event()
        self.asked = 0
        self.served = {}

    async def answer(self, reader, writer):
        """Answer the requests of one connection."""
        self.served[asyncio.current_task()] = writer
        while True:
            try:
                await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            self.asked += 1
            await self.gate.wait()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        writer.close()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}/"
        return self

    async def __aexit__(self, *_):
        self.gate.set()
        self.server.close()
        for writer in self.served.values():
            writer.close()
        await asyncio.gather(*self.served, *(writer.wait_closed() for writer in self.served.values()))
