"""Pushes of which nothing is recorded: they never came, or nobody recorded when they did."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Final

from scenarios.server import Server
from scenarios.stage import Played, Stage
from scenarios.truth import Truth
from scenarios.ways import firewall
from scenarios.wechat import Delivery

How = Callable[[Stage, Server], Awaitable[Delivery]]

AROUND_S: Final = 33.0
"""So many seconds before and after the push the recorders run: more than a lookup's tolerance."""


async def never_arrived(stage: Stage) -> Played:
    """A firewall lets nothing in at one address; at another one the server answers and records."""
    server = await stage.server()
    async with stage.others(server.way):
        await asyncio.sleep(AROUND_S)
        with firewall(server.way.port) as walled:
            delivery = await stage.wechat.deliver(stage.wechat.push(), walled)
        await asyncio.sleep(AROUND_S)
    return stage.played(Truth("never_arrived", drawn=delivery.drawn()), delivery, server)


async def unrecorded(stage: Stage) -> Played:
    """Two hosts: one records all the time; the push goes to the other one, which records nothing just then."""
    number = stage.random.randrange(10, 90)
    good = await stage.server("good", host_name=f"web-{number}")
    bad = await stage.server("bad", host_name=f"web-{number + 1}")
    how, again = stage.one_of(*((how, again) for how in (_with_another_token, _hanging) for again in (True, False)))
    async with stage.others(good.way):
        async with stage.others(bad.way):
            await asyncio.sleep(AROUND_S)
        delivery = await _unseen(stage, bad, how, again)
        await asyncio.sleep(AROUND_S)
    drawn = delivery.drawn(server=how.__name__.strip("_").replace("_", " "), records_again=again)
    return stage.played(Truth("cannot_know", drawn=drawn), delivery, good, bad)


async def _unseen(stage: Stage, server: Server, how: How, again: bool) -> Delivery:
    """Deliver a push to a server that is started without recording for it; *again*: it then records once more."""
    server.end()
    delivery = await how(stage, server)
    server.end()
    if again:
        await server.start()
    return delivery


async def _with_another_token(stage: Stage, server: Server) -> Delivery:
    await server.start(WXTRACE_DISABLED="1", CALLBACK_TOKEN=stage.account.token[::-1])
    return await stage.wechat.deliver(stage.wechat.push(), server.way)


async def _hanging(stage: Stage, server: Server) -> Delivery:
    process = await server.start(WXTRACE_DISABLED="1")
    process.send_signal(signal.SIGSTOP)  # the kernel goes on taking connections
    try:
        return await stage.wechat.deliver(stage.wechat.push(), server.way)
    finally:
        process.send_signal(signal.SIGCONT)
