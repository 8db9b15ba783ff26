"""One example server of a scenario, and what it has recorded by now."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from scenarios.truth import NotProduced
from scenarios.wechat import Way, WeChat
from wxtrace.demo.pushes import Push, verification
from wxtrace.demo.sender import Sender
from wxtrace.demo.server import ServerFailed, serving
from wxtrace.errors import StoreMissing
from wxtrace.row import SpanRow
from wxtrace.scan.scan import Scanned, scan

ROOT: Final = Path(__file__).parents[1]

_PATIENCE_S: Final = 90.0
_LOOK_S: Final = 0.05
_GAP_S: Final = 0.3

T = TypeVar("T")
Rows = Sequence[SpanRow]


@dataclass(slots=True)
class Server:
    """
    One example server with its store; it may end, and another one serve in its place.

    Args:
        folder: Where its store, its database and its log lie.
        way: Where it listens.
        environment: Its settings.
        workers: How many processes serve.
        wechat: Who asks whether it is up.
        application: What makes the app, and further options of uvicorn.
    """

    folder: Path
    way: Way
    environment: dict[str, str]
    workers: int
    wechat: WeChat
    application: tuple[str, ...] = ("scenarios.served:make_app",)
    _process: subprocess.Popen[bytes] | None = None
    _running: ExitStack = field(default_factory=ExitStack)
    _started: int = 0

    @property
    def store(self) -> Path:
        """Its store."""
        return self.folder / "store"

    async def start(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start it, with *environment* over its own; return its process when it answers."""
        self._started += 1
        log = self.folder / f"server-{self._started}.log"
        application = (*self.application, "--app-dir", str(ROOT))
        process = self._running.enter_context(
            serving(
                self.way.port,
                self.environment | environment,
                log,
                workers=self.workers,
                application=application,
            )
        )
        self._process = process
        await self._ready(process, log)
        return process

    def kill(self, by: signal.Signals = signal.SIGKILL) -> None:
        """Kill it; where several workers serve, that is who watches over them."""
        if self._process is not None:
            self._process.send_signal(by)
            self._process.wait()

    def interrupt(self) -> None:
        """Interrupt it, and again so that it cancels its requests; return when it has ended."""
        if self._process is not None:
            for _ in range(2):
                self._process.send_signal(signal.SIGINT)
                time.sleep(_GAP_S)
            self._process.wait(_PATIENCE_S)

    def end(self) -> None:
        """End it; what it recorded stays."""
        self._running.close()

    def fault(self, *lines: str) -> None:
        """Turn the server's fault switch: these lines from now on, and no others."""
        new = self.folder / "faults.new"
        new.write_text("\n".join(lines))
        new.replace(self.folder / "faults")

    def rows(self, push: Push) -> Rows:
        """Return what is recorded of *push* by now."""
        return self._spans(push.openid, push.stamp, 0)

    async def until_in(self, push: Push, module: str) -> SpanRow:
        """Wait until *push* is inside a module, and return the open span."""

        def inside() -> Iterable[SpanRow]:
            """Return the open spans of the module."""
            return [row for row in self.rows(push) if row.module == module and row.state == "open"]

        return next(iter(await self._until(f"{push.kind.name} in {module}", inside)))

    async def until_held(self, openids: Iterable[str], stamp: int, module: str) -> None:
        """Wait until a push of each of *openids*, stamped at about the same time, is inside a module."""
        wanted = set(openids)

        def held() -> bool:
            """Say whether each of them is in there."""
            rows = self._spans(None, stamp, 5)
            return wanted <= {row.openid for row in rows if row.module == module and row.state == "open"}

        await self._until(f"{len(wanted)} in {module}", held)

    async def until_over(self, push: Push, attempts: int) -> None:
        """Wait until so many attempts of *push* are recorded, and none is open any more."""

        def over() -> bool:
            """Say whether all is recorded and closed."""
            rows = self.rows(push)
            arrived = [row for row in rows if row.layer == "access" and row.kind == "SERVER"]
            return len(arrived) >= attempts and all(row.state != "open" for row in rows)

        await self._until(f"{attempts} attempts over", over)

    async def until_seen(self, push: Push) -> None:
        """Wait until the watchdog has looked at *push*."""

        def seen() -> bool:
            """Say whether there is a snapshot."""
            found = self._scanned(push.openid, push.stamp, 0)
            return found is not None and any(log.event == "wxtrace.snapshot" for log in found.logs)

        await self._until(f"a snapshot of {push.kind.name}", seen)

    async def _until(self, what: str, condition: Callable[[], T]) -> T:
        deadline = time.monotonic() + _PATIENCE_S
        while not (value := await asyncio.to_thread(condition)):
            if time.monotonic() > deadline:
                raise NotProduced(f"not seen: {what}")
            await asyncio.sleep(_LOOK_S)
        return value

    def _spans(self, openid: str | None, stamp: int, tolerance: int) -> Rows:
        found = self._scanned(openid, stamp, tolerance)
        return () if found is None else found.spans

    def _scanned(self, openid: str | None, stamp: int, tolerance: int) -> Scanned | None:
        try:
            return scan([str(self.store)], openid, stamp, tolerance)
        except StoreMissing:
            return None

    async def _ready(self, process: subprocess.Popen[bytes], log: Path) -> None:
        target, _ = verification(self.wechat.account, int(time.time()), self.wechat.random)
        sender = Sender(self.way.port, hang_up=_PATIENCE_S)
        deadline = time.monotonic() + _PATIENCE_S
        while process.poll() is None and time.monotonic() < deadline:
            if (await sender.request("GET", target)).status is not None:
                return
            await asyncio.sleep(_LOOK_S)
        raise ServerFailed(log)
