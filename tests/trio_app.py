"""An app that runs under trio only: it replies once a task and a thread have worked, and both have said so."""

from __future__ import annotations

import os

import structlog
import trio

import wxtrace

wxtrace.start(service="survival", sealer=False)
structlog.configure(processors=[wxtrace.structlog_processor, structlog.processors.JSONRenderer()])
_log = structlog.get_logger()


async def in_task() -> None:
    """Work in a task until the test opens the gate."""
    with wxtrace.span("storage", "task", "work"):
        while not await trio.Path(os.environ["GATE"]).exists():  # noqa: ASYNC110  # nobody tells
            await trio.sleep(0.01)
        _log.info("task")


def in_thread() -> None:
    """Work in a thread."""
    with wxtrace.span("storage", "thread", "work"):
        _log.info("thread")


async def callback(scope, receive, send):
    """Answer a push; say of a lifespan that all is well."""
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return
    with wxtrace.span("logic", "reply.menu", "answer"):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(in_task)
            nursery.start_soon(trio.to_thread.run_sync, in_thread)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"success"})


app = wxtrace.AccessMiddleware(callback)
