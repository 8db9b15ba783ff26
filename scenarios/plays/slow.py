"""Attempts that take too long: they arrive late, they wait, a module dawdles."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from scenarios.server import Server
from scenarios.stage import Played, Stage
from scenarios.truth import Truth
from scenarios.ways import gateway
from scenarios.wechat import Way
from wxtrace.demo.pushes import KINDS, MODES, draw_openid
from wxtrace.demo.sender import Attempt

TEXT: Final = KINDS[0]
BLOCKING: Final = "!reply.text"


async def slow_module(stage: Stage) -> Played:
    """One module dawdles for one user, at every attempt."""
    server, fault, mode = await stage.server(), stage.fault(), stage.random.choice(MODES)
    seconds = round(stage.random.uniform(5.3, 8.0), 1)
    openid = draw_openid(stage.random)
    server.fault(fault.switch(openid, seconds))
    async with stage.others(server.way):
        delivery = await stage.wechat.deliver(stage.wechat.push(fault.kind, mode, openid), server.way)
        await server.until_over(delivery.push, delivery.reached(server.way))
    truth = Truth("slow_module", fault.layer, fault.module, drawn=delivery.drawn(seconds=seconds))
    return stage.played(truth, delivery, server)


async def arrived_late(stage: Stage) -> Played:
    """The push waits in front of the server: in a gateway that hands on one by one, or in the kernel's queue."""
    server, how = await stage.server(), stage.one_of(_in_gateway, _in_backlog)
    async with stage.others(server.way):
        return await how(stage, server)


async def _in_gateway(stage: Stage, server: Server) -> Played:
    async with gateway(server.way) as (way, queue), asyncio.TaskGroup() as group:
        ahead = put_ahead(stage, server, way, group)
        await asyncio.sleep(0.1)
        delivery = await stage.wechat.deliver(stage.wechat.push(), way)
        await queue.empty()
        await server.until_over(delivery.push, delivery.reached(way))
    truth = Truth("arrived_late", drawn=delivery.drawn(where="gateway", ahead=ahead))
    return stage.played(truth, delivery, server)


def put_ahead(stage: Stage, server: Server, way: Way, group: asyncio.TaskGroup, *faults: str) -> int:
    """
    Send pushes into a gateway that keep it busy for more than six seconds; return how many.

    Args:
        stage: Where.
        server: Whose fault switch is turned; each of them is answered well, after a second or two.
        way: To the gateway.
        group: Has a task for each.
        faults: More lines for the fault switch.
    """
    pushes = [stage.wechat.push(TEXT) for _ in range(stage.random.randint(4, 6))]
    seconds = stage.random.uniform(6.2, 7.5) / len(pushes)
    server.fault(*(f"reply.text:{push.openid}:{seconds:.2f}" for push in pushes), *faults)
    for push in pushes:
        group.create_task(stage.wechat.deliver(push, way))
    return len(pushes)


async def _in_backlog(stage: Stage, server: Server) -> Played:
    blocker = draw_openid(stage.random)
    seconds = round(stage.random.uniform(7.0, 8.5), 1)
    server.fault(f"{BLOCKING}:{blocker}:{seconds}")
    async with asyncio.TaskGroup() as group:
        blocking = stage.wechat.push(TEXT, openid=blocker)
        group.create_task(stage.wechat.deliver(blocking, server.way, then=after(1, server)))
        await server.until_in(blocking, "reply.text")
        delivery = await stage.wechat.deliver(stage.wechat.push(), server.way)
    await server.until_over(delivery.push, delivery.reached(server.way))
    truth = Truth("arrived_late", drawn=delivery.drawn(where="backlog", seconds=seconds))
    return stage.played(truth, delivery, server)


async def waited(stage: Stage) -> Played:
    """The push is in the server and nothing begins: all threads are taken, or the event loop stands still."""
    server, how = await stage.server(), stage.one_of(_for_a_thread, _for_the_loop)
    async with stage.others(server.way):
        return await how(stage, server)


async def _for_a_thread(stage: Stage, server: Server) -> Played:
    seconds = round(stage.random.uniform(7.5, 9.0), 1)
    async with asyncio.TaskGroup() as group:
        await take_threads(stage, server, group, seconds)
        push = stage.wechat.push()
        delivery = await stage.wechat.deliver(push, server.way, then=after(1, server))
    await server.until_over(push, delivery.reached(server.way))
    truth = Truth("waited", drawn=delivery.drawn(waited_for="thread", seconds=seconds))
    return stage.played(truth, delivery, server)


async def take_threads(stage: Stage, server: Server, group: asyncio.TaskGroup, seconds: float) -> None:
    """Let other users' slow statements hold every thread of the server's pool, and return when they do."""
    holders = [stage.wechat.push() for _ in range(threads())]
    server.fault(*(f"sqlite:{push.openid}:{seconds}" for push in holders))
    for push in holders:
        group.create_task(stage.wechat.deliver(push, server.way))
    await server.until_held([push.openid for push in holders], holders[0].stamp, "sqlite")


def threads() -> int:
    """Return how many threads the default pool of an event loop has on this machine."""
    with ThreadPoolExecutor() as pool:
        return pool._max_workers


def after(number: int, server: Server, *faults: str) -> Callable[[int, Attempt], None]:
    """Return what turns the fault switch when so many attempts have failed: off, or to *faults*."""

    def turn(failed: int, attempt: Attempt) -> None:
        if failed == number:
            server.fault(*faults)

    return turn


async def _for_the_loop(stage: Stage, server: Server) -> Played:
    waiter, blocker = draw_openid(stage.random), draw_openid(stage.random)
    seconds = round(stage.random.uniform(7.0, 8.5), 1)
    # the statement takes a second, so that the loop stands still before it comes back
    server.fault(f"sqlite:{waiter}:1.0", f"{BLOCKING}:{blocker}:{seconds}")
    push = stage.wechat.push(openid=waiter)
    async with asyncio.TaskGroup() as group:
        delivering = group.create_task(stage.wechat.deliver(push, server.way))
        await server.until_in(push, "sqlite")
        blocking = stage.wechat.push(TEXT, openid=blocker)
        group.create_task(stage.wechat.deliver(blocking, server.way, then=after(1, server)))
    delivery = delivering.result()
    await server.until_over(push, delivery.reached(server.way))
    truth = Truth("waited", drawn=delivery.drawn(waited_for="loop", seconds=seconds))
    return stage.played(truth, delivery, server)
