"""A worker that dies, an entrance that is not ours, and two faults at once."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Final

from scenarios.plays.slow import after, put_ahead, take_threads
from scenarios.server import Server
from scenarios.stage import Played, Stage
from scenarios.truth import Truth
from scenarios.ways import breaking, gateway, nobody, silent
from scenarios.wechat import Delivery, Way
from wxtrace.demo.fault import Fault
from wxtrace.demo.pushes import MODES, draw_openid

ALARM_AFTER_S: Final = 7.0
"""WeChat posts its alarm minutes later; within these seconds it would have tried again, had it taken none."""


async def crashed(stage: Stage) -> Played:
    """A worker is killed in the middle of a module, and the attempt dies with it; another one answers the retry."""
    server, fault = await stage.server(workers=2), stage.fault()
    async with stage.others(server.way):
        delivery = await _killed(stage, server, fault)
    truth = Truth("crashed", fault.layer, fault.module, drawn=delivery.drawn())
    return stage.played(truth, delivery, server)


async def _killed(stage: Stage, server: Server, fault: Fault, *faults: str, openid: str = "") -> Delivery:
    openid = openid or draw_openid(stage.random)
    server.fault(fault.switch(openid, 4.5))
    push = stage.wechat.push(fault.kind, stage.random.choice(MODES), openid)
    async with asyncio.TaskGroup() as group:
        delivering = group.create_task(stage.wechat.deliver(push, server.way))
        inside = await server.until_in(push, fault.module)
        server.fault(*faults)
        os.kill(inside.pid, signal.SIGKILL)
    delivery = delivering.result()
    await server.until_over(push, delivery.reached(server.way))
    return delivery


async def elsewhere(stage: Stage) -> Played:
    """The first attempt fails at another entrance, which is no server of ours; ours answers the next one well."""
    server, form = await stage.server(), stage.one_of("refused", "broken", "silent")
    async with stage.others(server.way):
        if form == "refused":
            delivery = await _at_both(stage, server, nobody())
        elif form == "broken":
            async with breaking() as way:
                delivery = await _at_both(stage, server, way)
        else:
            async with silent() as way:
                delivery = await _at_both(stage, server, way)
    return stage.played(Truth("replied", drawn=delivery.drawn(entrance=form)), delivery, server)


async def _at_both(stage: Stage, server: Server, first: Way) -> Delivery:
    delivery = await stage.wechat.deliver(stage.wechat.push(), first, server.way)
    await server.until_over(delivery.push, delivery.reached(server.way))
    await asyncio.sleep(ALARM_AFTER_S)
    return delivery


async def mixed(stage: Stage) -> Played:
    """Two faults: what is wrong with the first attempt is the verdict, whatever becomes of the others."""
    how = stage.one_of(_slow_then_201, _crashed_then_201, _waited_then_201, _late_and_slow)
    server = await stage.server(workers=2 if how is _crashed_then_201 else 1)
    async with stage.others(server.way):
        delivery, truth = await how(stage, server)
    return stage.played(truth, delivery, server)


async def _slow_then_201(stage: Stage, server: Server) -> tuple[Delivery, Truth]:
    fault, openid = stage.fault(), draw_openid(stage.random)
    seconds = round(stage.random.uniform(5.3, 8.0), 1)
    server.fault(fault.switch(openid, seconds))
    push = stage.wechat.push(fault.kind, stage.random.choice(MODES), openid)
    delivery = await stage.wechat.deliver(push, server.way, then=after(1, server, f"reply:{openid}:201"))
    await server.until_over(push, delivery.reached(server.way))
    drawn = delivery.drawn(first=f"{fault.module} {seconds} s", then="201")
    return delivery, Truth("slow_module", fault.layer, fault.module, ("refused_reply",), drawn)


async def _crashed_then_201(stage: Stage, server: Server) -> tuple[Delivery, Truth]:
    fault, openid = stage.fault(), draw_openid(stage.random)
    delivery = await _killed(stage, server, fault, f"reply:{openid}:201", openid=openid)
    drawn = delivery.drawn(first=f"killed in {fault.module}", then="201")
    return delivery, Truth("crashed", fault.layer, fault.module, ("refused_reply",), drawn)


async def _waited_then_201(stage: Stage, server: Server) -> tuple[Delivery, Truth]:
    seconds = round(stage.random.uniform(7.5, 9.0), 1)
    async with asyncio.TaskGroup() as group:
        await take_threads(stage, server, group, seconds)
        push = stage.wechat.push()
        turn = after(1, server, f"reply:{push.openid}:201")
        delivery = await stage.wechat.deliver(push, server.way, then=turn)
    await server.until_over(push, delivery.reached(server.way))
    drawn = delivery.drawn(first=f"no thread for {seconds} s", then="201")
    return delivery, Truth("waited", also=("refused_reply",), drawn=drawn)


async def _late_and_slow(stage: Stage, server: Server) -> tuple[Delivery, Truth]:
    fault, openid = stage.fault(), draw_openid(stage.random)
    seconds = round(stage.random.uniform(5.3, 6.5), 1)
    async with gateway(server.way) as (way, queue), asyncio.TaskGroup() as group:
        put_ahead(stage, server, way, group, fault.switch(openid, seconds))
        await asyncio.sleep(0.1)
        push = stage.wechat.push(fault.kind, stage.random.choice(MODES), openid)
        # the first attempt begins only when the second one has been given up
        delivery = await stage.wechat.deliver(push, way, then=after(2, server))
        await queue.empty()
    await server.until_over(push, delivery.reached(way))
    drawn = delivery.drawn(first=f"late, then {fault.module} {seconds} s")
    return delivery, Truth("slow_module", fault.layer, fault.module, ("arrived_late",), drawn)
