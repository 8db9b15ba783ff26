"""Celery, on Redis or RabbitMQ, the tag carried by its instrumentation."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import redis.asyncio
from celery import Celery

from scenarios.jobs import work
from scenarios.jobs.place import AMQP, BROKER, QUEUE, REDIS, Publish

_VISIBLE_AGAIN_S: Final = 10
_UNACKED: Final = ("unacked", "unacked_index", "unacked_mutex")
_ON_REDIS: Final = os.environ.get(BROKER) == "celery-redis"


def _made(queue: str) -> Celery:
    made = Celery("jobs", broker=REDIS if _ON_REDIS else AMQP)
    made.conf.update(
        task_default_queue=queue,
        task_acks_late=True,  # the message stays with the broker until its job is done
        task_reject_on_worker_lost=True,  # the job of a child that was killed goes back
        task_ignore_result=True,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
    )
    if _ON_REDIS:  # what a killed worker had is given to others when this is over
        keys = {f"{part}_key": f"{queue}-{part}" for part in _UNACKED}
        made.conf.broker_transport_options = {"visibility_timeout": _VISIBLE_AGAIN_S, **keys}
    return made


work.record("celery")
app: Final = _made(os.environ.get(QUEUE, "jobs"))


@app.task(name=work.NAME)
def reply_later(openid: str) -> None:
    """Do the job of a push."""
    work.work(openid)


@asynccontextmanager
async def connected(queue: str) -> AsyncIterator[Publish]:
    """Let the web process publish as long as the block runs, then take the queue off the server."""

    async def publish(openid: str) -> None:
        """Leave the job of an openid for later."""
        await asyncio.to_thread(reply_later.delay, openid)

    yield publish
    if _ON_REDIS:
        client = redis.asyncio.Redis.from_url(REDIS)
        bound = (f"_kombu.{binding}.{queue}" for binding in ("binding", "binding_permanent"))
        await client.delete(queue, *bound, *(f"{queue}-{part}" for part in _UNACKED))
        await client.aclose()
    else:
        with app.connection_for_write() as connection:
            connection.default_channel.queue_delete(queue)
            connection.default_channel.exchange_delete(queue)
