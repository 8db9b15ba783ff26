"""
An evening on which 791 pushes were not answered in time: the app, and one of its workers.

    python incident.py STORE HOST WORKER

Who this file is read by, in notebook 02, does not know yet what is wrong with it.
"""

from __future__ import annotations

import asyncio
import sys
import time
from random import Random
from typing import Any

import structlog
from hosts import Push, deliver, draw_push, recording, reply, told_to_begin

import wxtrace

WORKERS = (("web-1", 0), ("web-2", 198), ("web-2", 198), ("web-2", 198), ("web-2", 197), ("web-3", 0))
"""Host of each worker, and how many pushes are on their way there when it goes wrong."""
CRM_SECONDS = {"web-1": 0.03, "web-2": 5.6, "web-3": 0.03}
"""How long the CRM takes to answer a host."""
CALM_SECONDS, RETRY_SECONDS = 1.0, 5.0

log = structlog.get_logger("reply")
host = ""


def ask_crm() -> str:
    """Return which level of membership the CRM knows of a fan."""
    with wxtrace.span("remote", "crm", "GET /members"):
        time.sleep(CRM_SECONDS[host])  # requests.get(CRM_URL), say
    return "gold"


@wxtrace.logic("reply.coupon")
async def coupon() -> None:
    """Answer a member who wants the coupon of the day."""
    log.info("coupon.asked")
    log.info("coupon.given", level=ask_crm())


@wxtrace.logic("reply.menu")
async def menu() -> None:
    """Answer a click on the menu."""
    log.info("menu.clicked", key="MENU_TODAY")
    with wxtrace.span("storage", "redis", "GET token"):
        await asyncio.sleep(0.004)
    with wxtrace.span("storage", "mysql", "SELECT id, name FROM fan WHERE openid = ?"):
        await asyncio.sleep(0.02)


async def callback(scope: Any, receive: Any, send: Any) -> None:
    """Answer a push."""
    await receive()
    await (coupon() if (b"x-event", b"SCAN") in scope["headers"] else menu())
    await reply(send)


app = wxtrace.AccessMiddleware(callback)


def calm(worker: int, begin: float) -> list[tuple[float, Push]]:
    """Return what comes to a worker in the second before, and when, unix seconds."""
    random = Random(f"calm {worker}")
    moments = sorted(begin + random.uniform(0, CALM_SECONDS) for _ in range(60))
    last = "CLICK" if WORKERS[worker][1] else "SCAN"  # where nothing goes wrong, a coupon is wanted too
    events = ["CLICK"] * (len(moments) - 1) + [last]
    return [(at, draw_push(random, int(at), event)) for at, event in zip(moments, events, strict=True)]


def storm(worker: int, begin: float) -> list[tuple[float, Push]]:
    """Return what is on its way to a worker when it goes wrong; the last wants a coupon."""
    random, in_flight = Random(f"storm {worker}"), WORKERS[worker][1]
    at = begin + CALM_SECONDS + 0.3 * worker
    return [(at, draw_push(random, int(at), "CLICK" if left else "SCAN")) for left in reversed(range(in_flight))]


def retries(begin: float) -> list[tuple[float, Push]]:
    """Return the pushes that nobody answered in time, as WeChat sends them again."""
    return [(at + RETRY_SECONDS, push) for worker in range(len(WORKERS)) for at, push in storm(worker, begin)]


async def come(pushes: list[tuple[float, Push]]) -> None:
    """Let pushes come when it is their time, and answer them all."""
    async with asyncio.TaskGroup() as tasks:
        for at, push in pushes:
            if (wait := at - time.time()) > 0:
                await asyncio.sleep(wait)
            tasks.create_task(deliver(app, push))


async def work(worker: int, begin: float) -> None:
    """Answer what comes to a worker; those on hosts that are well take what WeChat sends again, in turn."""
    await come(calm(worker, begin))
    await come(storm(worker, begin) or retries(begin)[worker % 2 :: 2])
    await asyncio.sleep(1)  # a worker lives on; what held its loop is written down when the loop runs again


if __name__ == "__main__":
    store, host, number = sys.argv[1:]
    with recording(store, host):
        asyncio.run(work(int(number), told_to_begin()))
