"""What the survival tests share: servers as processes, and senders of pushes."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from survival_ledger import STAMP, Ledger

T = TypeVar("T")
PATIENCE = 120.0
"""Seconds after which what a test waits for will not come, on however busy a machine."""
UVICORN = ("uvicorn", "--host", "127.0.0.1", "--port", "{port}", "--no-access-log")
GUNICORN = ("gunicorn", "--bind", "127.0.0.1:{port}", "--worker-class", "uvicorn_worker.UvicornWorker")
_HERE = Path(__file__).parent
_BODY = (
    "<xml><ToUserName>gh_1</ToUserName><FromUserName>{openid}</FromUserName><CreateTime>{stamp}</CreateTime>"
    "<MsgType>event</MsgType><Event>CLICK</Event><EventKey>menu</EventKey></xml>"
)


def until(condition: Callable[[], T], seconds: float = PATIENCE) -> T:
    """Return the first true value of *condition*; fail when there is none in so many seconds."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {condition}")
        time.sleep(0.01)
    return value


# ---------------------------------------------------------------- processes


@dataclass(frozen=True)
class Server:
    """An app's server on 127.0.0.1, and the ledger of its app."""

    process: subprocess.Popen[bytes]
    port: int
    ledger: Ledger
    log: Path

    def said(self) -> str:
        """Return what it wrote to stderr and stdout so far."""
        return self.log.read_text("utf-8", "replace")

    def push(self, openid: str, path: str = "/push") -> int:
        """Send one push, and return the status of its reply; 0 for none."""
        return asyncio.run(push(self.port, openid, path))

    def crowd(self, openids: Sequence[str], path: str = "/push", at_once: int = 50) -> Counter[int]:
        """Send a push for each of *openids*, so many at once, and count the statuses of the replies."""
        return asyncio.run(crowd(self.port, openids, path, at_once))

    def recycled(self, openid: str, farewell: str) -> int:
        """Send a push, wait until the worker that has served it says farewell, and return the worker."""
        assert self.push(openid) == 200
        worker = until(lambda: self.ledger.served_by(openid))
        until(lambda: farewell.format(worker) in self.said())
        return worker

    def stop(self) -> None:
        """Ask it to end, and wait for it."""
        self.process.terminate()
        self.process.wait(PATIENCE)


@contextmanager
def serving(
    store: Path, *options: str, program: Sequence[str] = UVICORN, app: str = "survival_app:app", **environment: str
) -> Iterator[Server]:
    """
    Run the survival app, recording into *store*, as long as the block runs; nothing of it stays behind.

    Args:
        store: The store, and what else the server writes beside it.
        options: More of the command line.
        program: The server.
        app: The app.
        environment: Put over our own environment.
    """
    log, ledger = Path(f"{store}.log"), Ledger(Path(f"{store}.ledger"))
    command = [sys.executable, "-m", *(word.format(port=0) for word in program), *options, app]
    with log.open("wb") as output, grown_up(command, store, output, **environment) as process:
        yield Server(process, until(lambda: _port(process, log)), ledger, log)


@contextmanager
def grown_up(
    command: Sequence[str], store: Path, output: object = subprocess.PIPE, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run *command* in a session of its own; at the end kill it and all that was launched for *store*."""
    process = subprocess.Popen(
        command,
        cwd=_HERE,
        env=environment_of(store) | environment,
        stdin=subprocess.PIPE,
        stdout=output,  # type: ignore[arg-type]
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        for pid in sealers(store):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def environment_of(store: Path) -> dict[str, str]:
    """Return the environment of a process that records into *store*."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "WXTRACE_"))}
    return ours | {
        "WXTRACE_STORE": str(store),
        "LEDGER": f"{store}.ledger",
        "STAMP": str(STAMP),
        "PYTHONPATH": os.pathsep.join([str(_HERE), *map(os.path.abspath, _searched())]),
        "HOME": str(store.parent),  # gunicorn has a socket there
        "UVICORN_TIMEOUT_WORKER_HEALTHCHECK": "20",  # a busy machine's workers are not killed as they come up
    }


def _searched() -> list[str]:
    return [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]


def act(name: str) -> list[str]:
    """Return the command that plays *name* of `survival_acts`."""
    return [sys.executable, "-c", f"import survival_acts; survival_acts.{name}()"]


def put_in_place_of(root: Path) -> None:
    """Put a file where the folder *root* was, also if a journal makes the folder again in between."""
    for number in itertools.count():
        root.rename(root.with_name(f"moved-{number}"))
        try:
            root.write_text("not a folder")
        except IsADirectoryError:
            continue
        return


def sealers(store: Path) -> list[int]:
    """Return the processes that were launched to seal *store*."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
            if b"--follow" in words and os.fsencode(store) in words:
                found.append(int(entry.name))
    return found


def command_line(*words: str) -> subprocess.CompletedProcess[str]:
    """Run `wxtrace` with *words*."""
    return subprocess.run([sys.executable, "-m", "wxtrace", *words], capture_output=True, text=True)


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    said = log.read_text("utf-8", "replace")
    if process.poll() is not None:
        raise AssertionError(f"the server ended with {process.returncode}: {said}")
    found = re.search(r"http://127\.0\.0\.1:(\d+)", said)
    if found is None:
        return 0
    with socket.socket() as visitor:  # it may have told its port before anybody listened
        return int(found[1]) if visitor.connect_ex(("127.0.0.1", int(found[1]))) == 0 else 0


# ---------------------------------------------------------------- pushes


async def push(port: int, openid: str, path: str = "/push") -> int:
    """Send one push; return the status of its reply, 0 if the connection broke."""
    body = _BODY.format(openid=openid, stamp=STAMP).encode()
    target = f"{path}?signature=0&timestamp={STAMP}&nonce=n{openid}&openid={openid}"
    head = f"POST {target} HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode() + body)
        reply = await reader.read()
        writer.close()
    except OSError:
        return 0
    return int(reply.split()[1]) if reply else 0


async def crowd(port: int, openids: Sequence[str], path: str = "/push", at_once: int = 50) -> Counter[int]:
    """Send a push for each of *openids*, so many at once; count the statuses of the replies."""
    turn = asyncio.Semaphore(at_once)

    async def one(openid: str) -> int:
        """Send one push when it is its turn."""
        async with turn:
            return await push(port, openid, path)

    return Counter(await asyncio.gather(*map(one, openids)))
