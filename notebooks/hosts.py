"""
WeChat, and the hosts that it pushes to, on this machine: for the notebooks that need more than one process.

A worker is a process of its own that runs one of the files beside this one, and records for real.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import structlog

import wxtrace
from wxtrace.testing import hosted

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
App = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Push:
    """
    A push as WeChat sends it; every attempt sends the same.

    `stamp` is unix seconds; `event` is its Event, "" for a text message.
    """

    openid: str
    stamp: int
    nonce: str
    event: str = ""

    @property
    def target(self) -> bytes:
        """The query string."""
        return f"signature=0a1b&timestamp={self.stamp}&nonce={self.nonce}&openid={self.openid}".encode()

    @property
    def body(self) -> bytes:
        """The XML."""
        kind = f"<MsgType>event</MsgType><Event>{self.event}</Event>" if self.event else "<MsgType>text</MsgType>"
        return f"<xml><FromUserName>{self.openid}</FromUserName>{kind}</xml>".encode()


def draw_push(random: Random, stamp: int, event: str) -> Push:
    """Return a push of a fan that nobody is."""
    return Push("o" + "".join(random.choices(LETTERS, k=27)), stamp, str(random.randrange(10**8, 10**9)), event)


async def deliver(app: App, push: Push) -> None:
    """Have an ASGI app answer one attempt of a push, as a server would."""
    scope = {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "path": "/callback",
        "query_string": push.target,
        "http_version": "1.1",
        "headers": [(b"content-type", b"text/xml"), (b"x-event", push.event.encode())],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
    }

    async def receive() -> dict[str, Any]:
        """Give the body, which comes in one piece."""
        return {"type": "http.request", "body": push.body}

    async def send(message: dict[str, Any]) -> None:
        """Take a part of the reply."""

    await app(scope, receive, send)


async def reply(send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    """Answer what WeChat takes for "nothing to say"."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"success"})


@contextmanager
def recording(store: str, host: str, **options: Any) -> Iterator[None]:
    """Record into *store* as a host of that name for the length of a block; log lines go into the journal alone."""
    structlog.configure(
        processors=[wxtrace.structlog_processor, structlog.processors.JSONRenderer()],
        logger_factory=structlog.ReturnLoggerFactory(),
    )
    with hosted(host):
        wxtrace.start(service="wx-callback", store=store, sealer=False, **options)
        yield
        wxtrace.stop()


def told_to_begin() -> float:
    """Say that this worker is ready; return the moment at which all of them begin, unix seconds."""
    print("ready", flush=True)
    return float(sys.stdin.readline())


def run(file: str, store: str, workers: Sequence[Sequence[str]]) -> float:
    """
    Run workers side by side until all have ended, then seal what they recorded.

    Args:
        file: What they run, beside this file.
        store: Where they record.
        workers: What each is told.

    Returns:
        When they began, unix seconds.

    Raises:
        CalledProcessError: One of them, or the sealer, failed.
    """
    program = [sys.executable, str(Path(__file__).with_name(file)), store]
    with ExitStack() as running:  # at its end each is waited for, and its pipes are closed
        processes = [
            running.enter_context(
                subprocess.Popen([*program, *worker], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            for worker in workers
        ]
        for process in processes:
            if not (process.stdout and process.stdout.readline()):
                raise subprocess.CalledProcessError(process.wait(), process.args)
        begin = time.time() + 0.2
        for process in processes:
            if process.stdin:
                process.stdin.write(f"{begin}\n")
                process.stdin.flush()
    for process in processes:
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args)
    subprocess.run([sys.executable, "-m", "wxtrace", "seal", "--store", store], check=True, capture_output=True)
    return begin
