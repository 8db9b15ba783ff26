"""The app that the watchdog's tests let hang: awaiting a lock, or in a thread that is stuck."""

from __future__ import annotations

import asyncio
import socket

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import wxtrace

wxtrace.start(service="watched", sealer=False)


async def hang(request: Request) -> PlainTextResponse:
    """Wait for a lock that nobody releases."""
    lock = asyncio.Lock()
    await lock.acquire()
    await lock.acquire()
    return PlainTextResponse("success")


def stuck(request: Request) -> PlainTextResponse:
    """Wait in a thread for a byte that nobody sends."""
    ours, _theirs = socket.socketpair()
    ours.recv(1)
    return PlainTextResponse("success")


async def prompt(request: Request) -> PlainTextResponse:
    """Reply at once."""
    return PlainTextResponse("success")


app = Starlette(routes=[Route(f"/{one.__name__}", one, methods=["POST"]) for one in (hang, stuck, prompt)])
app.add_middleware(wxtrace.AccessMiddleware)
