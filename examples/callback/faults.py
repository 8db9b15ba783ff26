"""
The fault switch: makes one module slow, or the reply wrong, for one openid, to see that wxtrace finds it.

``CALLBACK_FAULT`` says where, for whom, and what; unset, as in production, it does
nothing. Leave the file out when you copy the rest.

- ``reply.menu:oZ3x…:5.6``: the module dawdles for 5.6 s, and other requests go on.
- ``!reply.menu:oZ3x…:5.6``: it blocks the event loop for 5.6 s, and nothing goes on.
- ``reply:oZ3x…:201``: the reply gets this status.
- ``reply:oZ3x…:%22success%22``: the reply is this text, percent-encoded.
- ``@FILE``: one of these a line, read anew each time.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from urllib.parse import unquote_to_bytes

from starlette.responses import Response

import wxtrace


async def dawdle(module: str) -> None:
    """Wait where the switch says so, and let other requests go on, or none."""
    if seconds := _switched("!" + module):
        time.sleep(float(seconds))  # noqa: ASYNC251 - a blocking call where none belongs: this is the fault
    if seconds := _switched(module):
        await asyncio.sleep(float(seconds))


def dawdle_blocking(module: str) -> None:
    """Wait where the switch says so, and hold the thread, as a slow driver does."""
    if seconds := _switched(module):
        time.sleep(float(seconds))


def spoiled(response: Response) -> Response:
    """Give *response* the status or the text that the switch says."""
    what = _switched("reply")
    if what.isdigit():
        response.status_code = int(what)
    elif what:
        response.body = unquote_to_bytes(what)
        response.headers["content-length"] = str(len(response.body))
    return response


def _switched(where: str) -> str:
    """Return what the switch says about *where*, for the user of this request; empty for nothing."""
    switch = os.environ.get("CALLBACK_FAULT", "")
    tag = wxtrace.current_tag() if switch else None
    if tag is None or tag.openid is None:
        return ""
    lines = Path(switch[1:]).read_text().splitlines() if switch.startswith("@") else [switch]
    begins = f"{where}:{tag.openid}:"
    return next((line.removeprefix(begins) for line in lines if line.startswith(begins)), "")
