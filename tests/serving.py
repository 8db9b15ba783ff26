"""Requests as a server hands them to an ASGI app, without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from wxtrace.tag import Request, bind, unbind

OPENID = "oA-1_b"
STAMP = 1_745_231_475
QUERY = b"signature=0a1b&timestamp=1745231475&nonce=77&openid=oA-1_b"
TEXT = (
    b"<xml><ToUserName><![CDATA[gh_1]]></ToUserName>\n<FromUserName><![CDATA[oA-1_b]]></FromUserName>\n"
    b"<CreateTime>1745231474</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n"
    b"<Content><![CDATA[hi]]></Content>\n<MsgId>23456</MsgId>\n</xml>"
)

TAG = (OPENID, STAMP, "77")
"""What the push above is known by."""
OF_THE_REQUEST = {
    "http.request.method": "POST",
    "url.path": "/wechat",
    "url.scheme": "http",
    "client.address": "81.69.101.1",
    "server.address": "wx.example.com",
    "user_agent.original": "Mozilla/4.0",
}
OF_THE_PUSH = {
    "wechat.to_user_name": "gh_1",
    "wechat.from_user_name": OPENID,
    "wechat.create_time": STAMP - 1,
    "wechat.msg_type": "text",
    "wechat.msg_id": "23456",
    "wechat.request.body_bytes": len(TEXT),
}
OF_THE_REPLY = {"http.response.status_code": 200, "wechat.reply.length": 7, "wechat.reply.acceptable": True}
"""The attributes of its access span."""


def tag_of(row: Any) -> tuple[str | None, int | None, str | None]:
    """Return the tag that a row carries."""
    return row.openid, row.stamp, row.nonce


def scope(query: bytes = QUERY, **changes: Any) -> dict[str, Any]:
    """Return the scope of a push, or of what it is changed to."""
    return {
        "type": "http",
        "method": "POST",
        "path": "/wechat",
        "query_string": query,
        "headers": [(b"host", b"wx.example.com"), (b"user-agent", b"Mozilla/4.0")],
        "client": ("81.69.101.1", 80),
        "server": ("127.0.0.1", 80),
        "scheme": "http",
        "http_version": "1.1",
        **changes,
    }


def body_messages(chunks: Iterable[bytes]) -> list[dict[str, Any]]:
    """Return the messages by which a body comes in."""
    parts = list(chunks)
    return [
        {"type": "http.request", "body": part, "more_body": number < len(parts)}
        for number, part in enumerate(parts, 1)
    ]


@contextmanager
def in_push(openid: str = OPENID, stamp: int = STAMP, nonce: str = "7") -> Iterator[Request]:
    """Work for a push for the length of a block, as in the middle of its request."""
    request = Request()
    request.learn(openid, stamp, nonce)
    bound = bind(request)
    try:
        yield request
    finally:
        unbind(bound)


async def exchange(
    app: Any, request: dict[str, Any], incoming: Iterable[dict[str, Any]] = (), on_send: Callable[[Any], None] = id
) -> list[dict[str, Any]]:
    """Let *app* serve one connection; return what it sent. After *incoming* the client hangs up."""
    waiting, sent = list(incoming), []

    async def receive() -> dict[str, Any]:
        """Give the next message, or tell that the client has gone."""
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        """Keep a message."""
        on_send(message)
        sent.append(message)

    await app(request, receive, send)
    return sent


def serve(
    app: Any, request: dict[str, Any] | None = None, *chunks: bytes, on_send: Callable[[Any], None] = id
) -> list[dict[str, Any]]:
    """The same from outside a loop, for a body that comes in *chunks*."""
    return asyncio.run(exchange(app, request or scope(), body_messages(chunks or [TEXT]), on_send))


def replying(*chunks: bytes, status: int = 200) -> Any:
    """Return an app that reads the whole body and replies in *chunks*."""
    parts = chunks or (b"success",)

    async def app(request: Any, receive: Any, send: Any) -> None:
        """Read the body, and reply."""
        await read_body(receive)
        await send({"type": "http.response.start", "status": status, "headers": []})
        for number, part in enumerate(parts, 1):
            await send({"type": "http.response.body", "body": part, "more_body": number < len(parts)})

    return app


async def read_body(receive: Any) -> bytes:
    """Return the whole body of a request."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body
