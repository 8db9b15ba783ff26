"""A push that leaves a message for a worker of the same process, and what a lookup shows of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import structlog
from serving import STAMP, exchange, replying, scope
from waiting import until

import wxtrace
from wxtrace.rebuild.attempt import Attempt, Job

NAME = f"wxtrace-test-{uuid4().hex[:12]}"
"""The queue of this run of the tests."""


async def push(openid: str, leave: Callable[[], Awaitable[object]]) -> None:
    """Serve a push of *openid*, which leaves something for later."""

    async def app(request, receive, send):
        """Leave it, and reply."""
        with wxtrace.span("logic", "reply.later", "leave it"):
            await leave()
        await replying()(request, receive, send)

    query = f"signature=0a1b&timestamp={STAMP}&nonce=77&openid={openid}"
    await exchange(wxtrace.AccessMiddleware(app), scope(query.encode()))


async def work(openid: str) -> None:
    """Do what was left for later: a step, and a line in it."""
    with wxtrace.span("storage", "redis", "GET menu"):
        await asyncio.sleep(0)
        structlog.get_logger().info("menu.asked", told=openid)


def attempt_of(store: Path, openid: str) -> Attempt:
    """Return the one attempt of a push."""
    (attempt,) = wxtrace.find(openid=openid, stamp=STAMP, store=store).attempts
    return attempt.rebuilt


async def jobs_of(store: Path, openid: str, count: int) -> list[tuple[int, int, str, str, str]]:
    """Return the jobs of a push once so many are over: number, attempt, module, name, status."""
    found: list[Job] = []

    def over() -> bool:
        """Look."""
        found[:] = attempt_of(store, openid).jobs
        return count <= len(found) and all(job.state == "closed" for job in found)

    await until(over)
    return [(job.number, job.attempt, job.module, job.name, job.status_code) for job in found]


def way_of(store: Path, openid: str) -> list[tuple[str, str, str, str | None]]:
    """Return the spans of a push as they began: layer, module, name, and the module above."""
    spans = attempt_of(store, openid).spans
    modules = {span.span_id: span.module for span in spans}
    assert {(openid, STAMP, spans[0].trace_id)} == {(span.openid, span.stamp, span.trace_id) for span in spans}
    return [
        (span.layer, span.module, span.name, modules.get(span.parent_span_id))
        for span in sorted(spans, key=lambda span: span.start_ns)
    ]


def lines_of(store: Path, openid: str) -> list[tuple[str | None, str | None, object]]:
    """Return the log lines of a push: whose they are, the module they stand in, whom they tell of."""
    return [(log.openid, log.module, log.attributes.get("told")) for log in attempt_of(store, openid).logs]


def configure_logs() -> None:
    """Let structlog record, and print nothing."""
    structlog.configure(
        processors=[wxtrace.structlog_processor, structlog.processors.JSONRenderer()],
        logger_factory=structlog.ReturnLoggerFactory(),
    )
