"""WeChat's side: pushes to all servers at the same time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

import httpx
from matrix.pushes import BODY, TOKEN
from survival_kit import PATIENCE

from wxtrace.crypto import signature


async def push(client: httpx.AsyncClient, port: int, openid: str, stamp: int, text: str) -> str:
    """Send one push to 127.0.0.1; return its reply, with the status where that is not 200, or why there is none."""
    told, nonce = str(stamp), f"n{time.time_ns()}"
    query = {"timestamp": told, "nonce": nonce, "openid": openid, "signature": signature(TOKEN, told, nonce)}
    body = BODY.format(openid=openid, stamp=stamp, text=text)
    try:
        reply = await client.post(f"http://127.0.0.1:{port}/callback", params=query, content=body)
    except httpx.HTTPError as error:
        return repr(error)
    return reply.text if reply.status_code == 200 else f"{reply.status_code}: {reply.text}"


async def push_each(port: int, stamp: int, texts: Mapping[str, str]) -> dict[str, str]:
    """Send pushes to one server, one after the other; return the replies by openid."""
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
        return {openid: await push(client, port, openid, stamp, text) for openid, text in texts.items()}


def push_all(stamp: int, servers: Sequence[tuple[int, Mapping[str, str]]]) -> dict[str, str]:
    """Send pushes to all servers at the same time; return the replies by openid."""

    async def everywhere() -> list[dict[str, str]]:
        """Send them."""
        return await asyncio.gather(*(push_each(port, stamp, texts) for port, texts in servers))

    return {openid: reply for replies in asyncio.run(everywhere()) for openid, reply in replies.items()}
