"""Where one way to hang is played: a server with its own store, and pushes that are sent and not waited for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from scenarios.hangs.app import PATH as HANG_PATH
from scenarios.hangs.due import Asked, Due, Sent
from scenarios.hangs.settings import NAME, URL
from scenarios.server import Server
from scenarios.stage import Part, Stage, stage
from scenarios.truth import NotProduced
from scenarios.ways import silent
from wxtrace.demo.pushes import PATH, Push
from wxtrace.demo.sender import Sender

MARKS_S: Final = (3.5, 4.5)
"""At these ages requests are looked at, where nothing else was chosen."""


@dataclass(slots=True)
class House:
    """
    One server in which something hangs.

    Args:
        stage: What is drawn, and the folder.
        server: The server.
        name: That nobody else has: of a table, of a queue.
        marks: At which ages the server looks at requests, in seconds.
    """

    stage: Stage
    server: Server
    name: str
    marks: tuple[float, ...]
    asked: list[Asked] = field(default_factory=list)
    _sending: list[asyncio.Task[object]] = field(default_factory=list)

    def send(self, handler: str) -> Sent:
        """Send a push to a handler, and do not wait for its reply; WeChat hangs up, and tries no more."""
        return self.send_push(self._addressed(handler))

    def send_push(self, push: Push) -> Sent:
        """Send a push."""
        sender = Sender(self.server.way.port)
        sent = Sent(push, time.monotonic())
        self._sending.append(asyncio.create_task(sender.request("POST", push.target, push.body)))
        return sent

    async def answered(self, handler: str) -> None:
        """
        Send a push to a handler, and wait until it is answered.

        Raises:
            NotProduced: It is not.
        """
        push = self._addressed(handler)
        attempt = await Sender(self.server.way.port).request("POST", push.target, push.body)
        if attempt.status != 200:
            raise NotProduced(f"{handler} replied {attempt.status}")

    async def until_in(self, sent: Sent, module: str) -> None:
        """Wait until a push is inside a module."""
        await self.server.until_in(sent.push, module)

    async def until_all_in(self, sent: Sequence[Sent], module: str) -> None:
        """Wait until each of these pushes is inside a module."""
        await self.server.until_held([one.push.openid for one in sent], sent[0].push.stamp, module)

    def ask(self, who: str, sent: Sent, due: Due) -> None:
        """Have a push looked up, when it has come to the last mark."""
        self.asked.append(Asked(who, sent, due))

    async def until(self, sent: Sent, age: float) -> None:
        """Wait until a push is so many seconds old."""
        await asyncio.sleep(sent.at + age - time.monotonic())

    def close(self) -> None:
        """Send nothing any more."""
        for task in self._sending:
            task.cancel()

    def _addressed(self, handler: str) -> Push:
        push = self.stage.wechat.push(mode="plain")
        return replace(push, target=push.target.replace(PATH, HANG_PATH + handler, 1))


@asynccontextmanager
async def house(folder: Path, part: Part, loop: str, marks: tuple[float, ...]) -> AsyncIterator[House]:
    """
    Start a server whose requests can hang.

    Args:
        folder: Where everything of it lies.
        part: What is played.
        loop: What runs its event loop: ``asyncio`` or ``uvloop``.
        marks: At which ages it looks at requests, in seconds.
    """
    async with stage(folder, part) as playing:
        way = await playing.exits.enter_async_context(silent())
        name = f"hang_{playing.random.randrange(10**9)}"
        settings = {URL: f"http://{way.address}:{way.port}/", NAME: name}
        if marks != MARKS_S:
            settings["WXTRACE_WATCH"] = ",".join(map(str, marks))
        application = ("scenarios.hangs.app:make_app", "--loop", loop)
        server = await playing.server(application=application, environment=settings)
        opened = House(playing, server, name, marks)
        playing.exits.callback(opened.close)
        yield opened
