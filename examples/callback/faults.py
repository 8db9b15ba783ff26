"""
The fault switch: makes one module slow for one openid, to see that wxtrace finds it.

``CALLBACK_FAULT="reply.menu:oZ3x…:5.6"`` (module, openid, seconds). Unset, as in
production, it does nothing; leave the file out when you copy the rest.
"""

from __future__ import annotations

import asyncio
import os
import time

import wxtrace


async def dawdle(module: str) -> None:
    """Wait where the switch says so, and let other requests go on."""
    if seconds := _seconds(module):
        await asyncio.sleep(seconds)


def dawdle_blocking(module: str) -> None:
    """Wait where the switch says so, and hold the thread, as a slow driver does."""
    if seconds := _seconds(module):
        time.sleep(seconds)


def _seconds(module: str) -> float:
    switch = os.environ.get("CALLBACK_FAULT", "")
    if not switch.startswith(module + ":"):
        return 0.0
    openid, seconds = switch.removeprefix(module + ":").rsplit(":", 1)
    tag = wxtrace.current_tag()
    return float(seconds) if tag is not None and tag.openid == openid else 0.0
