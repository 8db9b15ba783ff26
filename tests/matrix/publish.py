"""Jobs that are left to others: Celery on redis, RabbitMQ by aio-pika, NATS."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

from matrix.steps import PATIENCE, RUN

QUEUE = RUN
"""The queue of this run, and the subject."""
RABBITMQ = "amqp://guest:guest@127.0.0.1/"
NATS = "nats://127.0.0.1:4222"


@cache
def celery() -> Any:
    """Return the Celery app: on redis, with a queue of this run, and no results."""
    from celery import Celery

    app = Celery("matrix", broker="redis://127.0.0.1:6379/0")
    app.conf.task_default_queue = QUEUE
    app.conf.task_ignore_result = True
    app.conf.worker_hijack_root_logger = False
    app.conf.broker_connection_retry_on_startup = True
    app.conf.broker_connection_timeout = app.conf.worker_proc_alive_timeout = PATIENCE
    app.conf.broker_transport_options = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
    return app


async def by_celery(openid: str) -> None:
    """Leave a job to Celery; it blocks while it sends, so it is sent from a thread."""
    await asyncio.to_thread(celery().send_task, "reply_later", [openid])


async def by_aio_pika(openid: str) -> None:
    """Leave a job to RabbitMQ."""
    import aio_pika

    connection = await aio_pika.connect(RABBITMQ)
    async with connection:
        channel = await connection.channel()
        await channel.default_exchange.publish(aio_pika.Message(openid.encode()), QUEUE)


async def by_nats(openid: str) -> None:
    """Leave a job to NATS."""
    import nats

    client = await nats.connect(NATS, connect_timeout=round(PATIENCE))
    await client.publish(QUEUE, openid.encode())
    await client.drain()
