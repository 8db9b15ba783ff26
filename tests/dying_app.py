"""The app of the tests of last words: each handler ends its process, or holds it, in a way of its own."""

from __future__ import annotations

import asyncio
import ctypes
import faulthandler
import os
import re
import signal
import sys
import time

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import wxtrace

if os.environ.get("ENABLED") == "1":
    faulthandler.enable(file=sys.stderr)
wxtrace.start(service="dying", sealer=os.environ.get("SEALER") == "1")
AFTER = float(os.environ.get("AFTER", "0"))
HARD = "a" * int(os.environ.get("LETTERS", "60")) + "b"


def match() -> None:
    """Hold the interpreter in C, and burn."""
    re.match(r"(a+)+$", HARD)


def segfault() -> None:
    """Read where nothing is."""
    ctypes.string_at(0)


def park() -> None:
    """Wait in C, and hold nothing but the event loop."""
    time.sleep(60)


def spin() -> None:
    """Run in Python for ever."""
    while True:
        pass


def kill() -> None:
    """Be killed from outside, as it were."""
    os.kill(os.getpid(), signal.SIGKILL)


def bus_error() -> None:
    """Get the signal of a broken mapping."""
    os.kill(os.getpid(), signal.SIGBUS)


def leave() -> None:
    """Fork, have the child die of a fault, and go on."""
    child = os.fork()
    if child == 0:
        segfault()
    os.waitpid(child, 0)


ACTS = {act.__name__: act for act in (match, segfault, park, spin, kill, bus_error, leave, os.abort)}


async def on_loop(request: Request) -> PlainTextResponse:
    """Act on the event loop."""
    with wxtrace.span("logic", "reply.menu", "menu"):
        ACTS[request.path_params["act"]]()
        await asyncio.sleep(AFTER)
    return PlainTextResponse("success")


def in_thread(request: Request) -> PlainTextResponse:
    """Act in a thread."""
    with wxtrace.span("logic", "reply.menu", "menu"):
        ACTS[request.path_params["act"]]()
    return PlainTextResponse("success")


async def wait(request: Request) -> PlainTextResponse:
    """Wait for long, and hold nothing."""
    with wxtrace.span("logic", "reply.menu", "menu"):
        await asyncio.sleep(60)
    return PlainTextResponse("success")


async def succeed(request: Request) -> PlainTextResponse:
    """Reply at once."""
    return PlainTextResponse("success")


_routes = [
    Route("/loop/{act}", on_loop, methods=["POST"]),
    Route("/thread/{act}", in_thread, methods=["POST"]),
    Route("/wait", wait, methods=["POST"]),
    Route("/push", succeed, methods=["POST"]),
]
app = wxtrace.AccessMiddleware(Starlette(routes=_routes))


def synchronous(environ, start_response):
    """Be a WSGI app of the same acts."""
    with wxtrace.span("logic", "reply.menu", "menu"):
        ACTS[environ["PATH_INFO"].rpartition("/")[2]]()
    start_response("200 OK", [])
    return [b"success"]


worker = wxtrace.WSGIAccessMiddleware(synchronous)
