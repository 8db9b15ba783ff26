"""
What `cost.py` asks of every variant: the pushes, the app that answers them, and how they are driven.

The work inside a request is the same for all: a `logic` step parses nothing and decides
little, a `storage` step in it updates a dict. A variant hands in its own `logic`, so the
bare app pays for no abstraction of the others.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Logic = Callable[[str, str], Awaitable[str]]

SEED = 20260922
PUSHES = 600
_LETTERS = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_visits: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class Push:
    """A text message as WeChat posts it: query and body, about 400 bytes."""

    query: bytes
    body: bytes
    address: str

    def scope(self) -> Scope:
        """Return an ASGI scope as uvicorn makes it, new for every request."""
        headers = {
            b"host": b"callback.example.com",
            b"user-agent": b"Mozilla/4.0",
            b"accept": b"*/*",
            b"content-type": b"text/xml",
            b"content-length": b"%d" % len(self.body),
            b"pragma": b"no-cache",
            b"x-forwarded-for": self.address.encode(),
            b"x-forwarded-proto": b"https",
        }
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/wechat",
            "raw_path": b"/wechat",
            "root_path": "",
            "query_string": self.query,
            "headers": list(headers.items()),
            "client": (self.address, 40312),
            "server": ("10.0.0.4", 8000),
            "state": {},
        }


class Exchange:
    """The two callables of one request, and the status that the app answered with."""

    __slots__ = ("body", "ended", "status")

    def __init__(self, body: bytes) -> None:
        self.body, self.status, self.ended = body, 0, False

    async def receive(self) -> Message:
        """Hand the whole body over."""
        body, self.body = self.body, b""
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        """Take the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.ended = not message.get("more_body", False)


def draw_pushes(count: int = PUSHES) -> list[Push]:
    """Draw *count* pushes of now, alike at every run but for their stamps."""
    rng, now = random.Random(SEED), int(time.time())
    return [_draw(rng, now) for _ in range(count)]


def _draw(rng: random.Random, now: int) -> Push:
    openid = "oLVPpj" + "".join(rng.choices(_LETTERS, k=22))
    query = f"signature={rng.getrandbits(160):040x}&timestamp={now}&nonce={rng.randrange(10**9)}&openid={openid}"
    body = (
        f"<xml><ToUserName><![CDATA[gh_0a1b2c3d4e5f]]></ToUserName><FromUserName><![CDATA[{openid}]]></FromUserName>"
        f"<CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{''.join(rng.choices('abcdefgh ', k=160))}]]></Content>"
        f"<MsgId>{rng.randrange(10**18, 10**19)}</MsgId></xml>"
    )
    return Push(query.encode(), body.encode(), f"101.226.103.{rng.randrange(60, 80)}")


async def visit(openid: str) -> int:
    """Do what the storage step does: let others run once, as any driver does, and update a dict."""
    await asyncio.sleep(0)
    count = _visits[openid] = _visits.get(openid, 0) + 1
    return count


def choose(text: str, visits: int) -> str:
    """Do what the logic step does, apart from its storage step."""
    return "success" if visits or text else ""


async def bare_logic(openid: str, text: str) -> str:
    """Answer a message, and tell nobody."""
    return choose(text, await visit(openid))


def callback(logic: Logic) -> App:
    """Return the app: it parses the message, asks *logic*, and answers."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        message = ElementTree.fromstring((await receive())["body"])
        openid, text = message.findtext("FromUserName", ""), message.findtext("Content", "")
        answer = (await logic(openid, text)).encode()
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    return app


async def ask(app: App, push: Push) -> None:
    """
    Send one push.

    Raises:
        RuntimeError: The app did not answer with 200.
    """
    exchange = Exchange(push.body)
    await app(push.scope(), exchange.receive, exchange.send)
    if exchange.status != 200 or not exchange.ended:
        raise RuntimeError(f"the app answered with {exchange.status}")


async def drive(app: App, pushes: Sequence[Push], count: int, in_flight: int = 1) -> None:
    """Send *count* pushes, *in_flight* at a time, each in a task and a context of its own as uvicorn does."""
    create_task = asyncio.get_running_loop().create_task
    left = iter(range(count))

    async def sender() -> None:
        for number in left:
            await create_task(ask(app, pushes[number % len(pushes)]), context=Context())

    if in_flight == 1:
        await sender()
    else:
        await asyncio.gather(*(sender() for _ in range(in_flight)))
