"""RQ on Redis, the tag carried by hand. Its workers fork a process for each job: those are killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from redis import Redis
from rq import Queue, Retry, Worker, get_current_job

import wxtrace
from scenarios.jobs import work
from scenarios.jobs.place import REDIS, Publish
from scenarios.jobs.place import queue as queue_of_run

_TRIES: Final = 50


def reply_later(openid: str, carried: dict[str, str]) -> None:
    """Do the job of a push."""
    job = get_current_job()
    with wxtrace.job(work.NAME, carried, message_id=None if job is None else job.id):
        work.work(openid)


@asynccontextmanager
async def connected(queue: str) -> AsyncIterator[Publish]:
    """Let the web process publish as long as the block runs, then take the queue off the server."""
    work.record()
    jobs = Queue(queue, connection=Redis.from_url(REDIS))

    def leave(openid: str) -> None:
        jobs.enqueue(reply_later, openid, wxtrace.carry(), retry=Retry(max=_TRIES), result_ttl=0)

    async def publish(openid: str) -> None:
        """Leave the job of an openid for later."""
        await asyncio.to_thread(leave, openid)

    yield publish
    jobs.delete(delete_jobs=True)


def main() -> None:
    """Do jobs until somebody ends it."""
    work.record()
    redis = Redis.from_url(REDIS)
    Worker([Queue(queue_of_run(), connection=redis)], connection=redis).work(logging_level="WARNING")


if __name__ == "__main__":
    main()
