"""Where one scenario plays: WeChat, the servers of an account, other pushes meanwhile."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Final, TypeVar

from scenarios.served import HOST_NAME
from scenarios.server import Server
from scenarios.truth import Truth
from scenarios.wechat import Delivery, Way, WeChat
from wxtrace.demo.customers import serving_customers
from wxtrace.demo.fault import FAULTS, Fault
from wxtrace.demo.pushes import Account, draw_account
from wxtrace.demo.server import free_port

T = TypeVar("T")
EXAMPLES: Final = Path(__file__).parents[1] / "examples"


@dataclass(frozen=True, slots=True)
class Part:
    """One variant of a scenario, counted from 1; the seed draws the same again."""

    scenario: str
    variant: int
    seed: int


@dataclass(frozen=True, slots=True)
class Played:
    """
    What a scenario leaves behind, beside its stores.

    Args:
        truth: What a lookup must find out.
        alarm: What WeChat has posted.
        stores: Where to look.
    """

    truth: Truth
    alarm: str
    stores: tuple[Path, ...]


@dataclass(slots=True)
class Stage:
    """
    One scenario's own world; use `stage` to set it up.

    Args:
        folder: Where everything of it lies.
        part: What is played.
        customers: The URL of the other team's service.
    """

    folder: Path
    part: Part
    customers: str
    exits: AsyncExitStack
    random: Random = field(init=False)
    account: Account = field(init=False)
    wechat: WeChat = field(init=False)
    _others: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(f"{self.part.seed}/{self.part.scenario}/{self.part.variant}")
        self.account, self._others = draw_account(self.random), Random(self.random.random())
        host = f"wx{self.random.randrange(100)}.example.com"
        self.wechat = WeChat(self.account, host, Random(self.random.random()))

    def played(self, truth: Truth, delivery: Delivery, *servers: Server) -> Played:
        """Return what is left behind when a push has failed, and its alarm is posted."""
        stores = tuple(server.store for server in servers)
        return Played(replace(truth, taken=delivery.taken), self.wechat.alarm(delivery), stores)

    def one_of(self, *options: T) -> T:
        """Return one of *options*; the variants of a scenario take turns, in an order that is drawn."""
        drawn = Random(f"{self.part.seed}/{self.part.scenario}").sample(options, len(options))
        return drawn[(self.part.variant - 1) % len(drawn)]

    def fault(self) -> Fault:
        """Draw a module, and a kind of push that passes through it; the variants take turns among the layers."""
        place = self.one_of("logic", "cache", "sqlite", "crm")
        return self.random.choice([fault for fault in FAULTS if place in (fault.layer, fault.module)])

    async def server(
        self,
        name: str = "web",
        *,
        workers: int = 1,
        host_name: str = "",
        application: tuple[str, ...] = ("scenarios.served:make_app",),
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> Server:
        """
        Start a server that records, and wait until it is up.

        Args:
            name: Of its folder.
            workers: How many processes serve.
            host_name: Of its host; empty for this machine's.
            application: What makes the app, and further options of uvicorn.
            environment: More settings.
        """
        folder = self.folder / name
        folder.mkdir()
        (folder / "faults").touch()
        settings = self._settings(folder, host_name) | dict(environment)
        server = Server(folder, Way(free_port()), settings, workers, self.wechat, application)
        self.exits.callback(server.end)
        await server.start()
        return server

    async def pause(self, least: float, most: float) -> None:
        """Let a while pass, of so many seconds."""
        await asyncio.sleep(self.random.uniform(least, most))

    @asynccontextmanager
    async def others(self, *ways: Way) -> AsyncIterator[None]:
        """Send other pushes, of all kinds and modes, as long as the block runs; some before it, some after."""
        sending = [asyncio.create_task(self._send_others(way)) for way in ways]
        await self.pause(0.5, 1.5)
        try:
            yield
            await self.pause(0.3, 1.0)
        finally:
            for task in sending:
                task.cancel()
            await asyncio.gather(*sending, return_exceptions=True)

    async def _send_others(self, way: Way) -> None:
        # drawn apart: how many there are hangs on the time that all takes, what is drawn for the scenario must not
        others = WeChat(self.account, self.wechat.host, Random(self._others.random()))
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(others.deliver(others.push(), way))
                await asyncio.sleep(others.random.uniform(0.1, 0.5))

    def _settings(self, folder: Path, host_name: str) -> dict[str, str]:
        return {
            "CALLBACK_TOKEN": self.account.token,
            "CALLBACK_AES_KEY": self.account.aes_key,
            "CALLBACK_APPID": self.account.appid,
            "CALLBACK_DATABASE": "sqlite:///callback.sqlite",
            "CALLBACK_CRM_URL": self.customers,
            "CALLBACK_FAULT": f"@{folder / 'faults'}",
            "PYTHONPATH": os.pathsep.join([str(EXAMPLES), *_searched()]),
            "WXTRACE_STORE": str(folder / "store"),
            HOST_NAME: host_name,
        }


def _searched() -> list[str]:
    """Return what Python searches here, as paths that hold in another folder too."""
    return [os.path.abspath(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]


@asynccontextmanager
async def stage(folder: Path, part: Part) -> AsyncIterator[Stage]:
    """Set up the world of one scenario in *folder*; when the block ends, so does all that was started in it."""
    async with AsyncExitStack() as exits:
        customers = await exits.enter_async_context(serving_customers())
        yield Stage(folder, part, customers, exits)
