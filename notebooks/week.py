"""
A week of an account with three hosts, 21 to 27 April 2025: the app, and one of its workers, by a clock of its own.

    python week.py STORE HOST VERSION [DAY]

DAY is one of its days, 0 is Monday; without it, it is the whole week. On Thursday at 10:00 version 2 is deployed,
host after host, which asks the database once for each dish of the menu.
"""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Any

import structlog
from hosts import Push, deliver, draw_push, recording, reply, told_to_begin

import wxtrace
from wxtrace.testing import START_NS, Clock, clocked

HOUR, SECOND_NS = 3600, 10**9
MONDAY = START_NS // SECOND_NS // (24 * HOUR) * 24 * HOUR - 8 * HOUR
"""Midnight of 21 April 2025 in Beijing, unix seconds."""
DAYS = 7
HOSTS = ("web-1", "web-2", "web-3")
DEPLOYED = {host: MONDAY + 3 * 24 * HOUR + 10 * HOUR + turn * 900 for turn, host in enumerate(HOSTS)}
"""When each host got version 2, unix seconds."""
WORKERS = [(host, version) for host in HOSTS for version in ("1", "2")]
BUSY = (2, 1, 1, 1, 1, 2, 4, 8, 10, 10, 10, 14, 16, 12, 9, 9, 10, 13, 18, 22, 24, 20, 12, 5)
"""How busy each hour of a day in Beijing is."""
PUSHES_A_DAY = 200
"""Of a host."""
DISHES = 14
WECHAT_GIVES_UP = 5.0

log = structlog.get_logger("reply")
clock = Clock(MONDAY * SECOND_NS, tick_ns=0)
random = Random()
version = ""
network = 1.0


def load() -> float:
    """Return how much longer the database takes at this hour than at night."""
    hour = (clock.now_ns // SECOND_NS + 8 * HOUR) // HOUR % 24
    return 1 + (BUSY[hour] / 12) ** 2


def take(layer: str, module: str, name: str, seconds: float) -> None:
    """Let a module take about so long, in seconds."""
    with wxtrace.span(layer, module, name):
        clock.advance(seconds * random.lognormvariate(0, 0.35))


@wxtrace.logic("reply.menu")
async def menu() -> None:
    """Answer with the dishes of today."""
    take("storage", "redis", "GET token", 0.003 * network)
    if version == "1":
        take("storage", "mysql", "SELECT id, title, url FROM dish WHERE day = ?", 0.05 * load())
    else:
        slow = random.lognormvariate(0, 0.3)
        for _ in range(DISHES):
            take("storage", "mysql", "SELECT title, url FROM dish WHERE id = ?", 0.05 * load() * slow)
    log.info("menu.sent", dishes=DISHES)


@wxtrace.logic("reply.text")
async def text() -> None:
    """Answer a message by WeChat's API."""
    take("storage", "redis", "GET token", 0.003 * network)
    take("remote", "api.weixin.qq.com", "POST /cgi-bin/message/custom/send", 0.22)
    log.info("text.sent")


@wxtrace.logic("reply.subscribe")
async def subscribe() -> None:
    """Greet a new fan."""
    take("storage", "mysql", "INSERT INTO fan (openid, since) VALUES (?, ?)", 0.03 * load())
    take("remote", "crm", "POST /members", 0.12)
    log.info("fan.greeted")


ANSWERS: dict[str, Callable[[], Awaitable[None]]] = {"CLICK": menu, "": text, "subscribe": subscribe}


async def callback(scope: Any, receive: Any, send: Any) -> None:
    """Answer a push."""
    await receive()
    clock.advance(0.002)
    event = dict(scope["headers"])[b"x-event"].decode()
    await ANSWERS[event]()
    await reply(send)


app = wxtrace.AccessMiddleware(callback)


def arrivals(host: str, days: Sequence[int]) -> list[float]:
    """Return when pushes come to a host, unix seconds."""
    of_host = Random(host)
    hours = [24 * day + hour for day in days for hour in of_host.choices(range(24), BUSY, k=PUSHES_A_DAY)]
    return sorted(MONDAY + (hour + of_host.random()) * HOUR for hour in hours)


async def attempt(push: Push, at: float) -> bool:
    """Have one attempt answered, and say whether it was in time."""
    clock.now_ns = round(at * SECOND_NS)
    await deliver(app, push)
    return clock.now_ns / SECOND_NS - at < WECHAT_GIVES_UP


async def work(host: str, days: Sequence[int]) -> None:
    """Answer what comes to a host while it runs this version; what is too late comes again, three times in all."""
    for at in arrivals(host, days):
        if (at < DEPLOYED[host]) is (version == "1"):
            push = draw_push(random, math.floor(at - 0.05), random.choices(list(ANSWERS), (6, 3, 1))[0])
            for again in range(3):
                if await attempt(push, at + again * WECHAT_GIVES_UP):
                    break


if __name__ == "__main__":
    store, host, version, *day = sys.argv[1:]
    random.seed(f"{host} {version}")
    network = 9.0 if host == "web-3" else 1.0
    told_to_begin()
    begin = max(MONDAY + 24 * HOUR * int(day[0]) if day else MONDAY, DEPLOYED[host] if version == "2" else 0)
    clock.now_ns = begin * SECOND_NS
    with clocked(clock), recording(store, host, watch=(), last_words=False):
        asyncio.run(work(host, [int(number) for number in day] or range(DAYS)))
