"""ARQ on Redis, the tag carried by hand."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Final

from arq import create_pool
from arq.connections import RedisSettings

import wxtrace
from scenarios.jobs import work
from scenarios.jobs.place import QUEUE, REDIS, Publish

_SETTINGS: Final = RedisSettings.from_dsn(REDIS)
_TRIES: Final = 50


async def reply_later(context: dict[str, Any], openid: str, carried: dict[str, str]) -> None:
    """Do the job of a push."""
    with wxtrace.job(work.NAME, carried, message_id=context["job_id"]):
        await work.work_async(openid)


@asynccontextmanager
async def connected(queue: str) -> AsyncIterator[Publish]:
    """Connect the web process as long as the block runs, then take the queue off the server."""
    pool = await create_pool(_SETTINGS, default_queue_name=queue)

    async def publish(openid: str) -> None:
        """Leave the job of an openid for later."""
        await pool.enqueue_job(work.NAME, openid, wxtrace.carry())

    yield publish
    await pool.delete(queue)
    await pool.aclose()


class Worker:
    """What ``arq`` reads: how a worker is set up."""

    functions: ClassVar = [reply_later]
    redis_settings: ClassVar = _SETTINGS
    queue_name: ClassVar = os.environ.get(QUEUE, "jobs")
    max_jobs: ClassVar = 4
    max_tries: ClassVar = _TRIES
    job_timeout: ClassVar = 2  # ten seconds later what a killed worker had is given to others
    keep_result: ClassVar = 0
    poll_delay: ClassVar = 0.05


work.record()
