"""Waiting for a connection of an aiohttp session."""

from __future__ import annotations

import asyncio

from aiohttp import ClientSession, TCPConnector
from waiting import Server, begun, stand, until, waits

from wxtrace.capture.pools import Occupancy, pools


def test_waiting(captured):
    """Who waits for the one connection has a span for it; who gets it at once has none."""

    async def run():
        """Act it out in a loop."""
        async with Server() as server, ClientSession(connector=TCPConnector(limit=1)) as session:

            async def ask():
                """Ask the server."""
                async with session.get(server.url) as response:
                    return await response.text()

            first = begun("oA", ask)
            await until(lambda: server.asked)
            others = [begun(openid, ask) for openid in ("oB", "oC")]
            await stand(captured, "oB", "oC")
            occupied = list(pools)
            others[1].cancel()
            server.gate.set()
            await asyncio.gather(first, *others, return_exceptions=True)
            return occupied

    assert [Occupancy("aiohttp", 1, 1)] == asyncio.run(run())
    assert [("oB", "aiohttp pool", "UNSET"), ("oC", "aiohttp pool", "cancelled")] == waits(captured)
    assert [0, 1] == [span.attributes["wxtrace.waiting"] for span in captured.spans]
