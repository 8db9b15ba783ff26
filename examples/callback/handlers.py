"""The logic layer: one handler for each kind of push, and what each says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

import wxtrace

from . import faults
from .cache import Cache
from .crm import Crm
from .push import Push
from .storage import Storage

log = structlog.get_logger("callback")


@dataclass(frozen=True, slots=True)
class Services:
    """What the handlers work with."""

    storage: Storage
    cache: Cache
    crm: Crm


Handler = Callable[[Push, Services], Awaitable[str | None]]
"""Answers a push with a text, or with None for a bare ``success``."""


async def handle(push: Push, services: Services) -> str | None:
    """
    Answer *push*.

    A retry is answered like the first attempt, for the user may be shown any
    of them; what must happen once hangs on `Storage.remember`.
    """
    if not await asyncio.to_thread(services.storage.remember, push):
        log.warning("push.again")
    handler = _HANDLERS.get(push.event or push.msg_type)
    return await handler(push, services) if handler else None


@wxtrace.logic("reply.text")
async def text(push: Push, services: Services) -> str | None:
    """Thank for a message."""
    log.info("text.received", length=len(push.content))
    await faults.dawdle("reply.text")
    return await _answer("text", services)


@wxtrace.logic("reply.menu")
async def menu(push: Push, services: Services) -> str | None:
    """Answer a click on a menu button."""
    log.info("menu.clicked", button=push.event_key)
    await faults.dawdle("reply.menu")
    return await _answer(push.event_key, services)


@wxtrace.logic("reply.scan")
async def scan(push: Push, services: Services) -> str | None:
    """Greet who scanned the code at a table."""
    name = await services.crm.name_of(push.openid)
    await faults.dawdle("reply.scan")
    log.info("code.scanned", scene=push.event_key, known=bool(name))
    return f"Table {push.event_key}. Hello {name}!".replace(" !", "!")


@wxtrace.logic("reply.subscribe")
async def subscribe(push: Push, services: Services) -> str | None:
    """Welcome a new follower."""
    welcome, name = await asyncio.gather(_answer("subscribe", services), services.crm.name_of(push.openid))
    log.info("user.subscribed", known=bool(name))
    return f"{welcome or ''} {name}".strip()


@wxtrace.logic("template.finished")
async def template_finished(push: Push, services: Services) -> str | None:
    """Note how a template message ended; WeChat wants no text here."""
    await faults.dawdle("template.finished")
    log.info("template.finished", status=push.status)
    return None


async def _answer(topic: str, services: Services) -> str | None:
    answer = await services.cache.get(topic)
    if answer is None and (answer := await asyncio.to_thread(services.storage.answer, topic)):
        await services.cache.put(topic, answer)
    return answer


_HANDLERS: dict[str, Handler] = {
    "text": text,
    "CLICK": menu,
    "SCAN": scan,
    "subscribe": subscribe,
    "TEMPLATESENDJOBFINISH": template_finished,
}
