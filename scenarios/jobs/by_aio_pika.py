"""RabbitMQ with aio-pika, the tag carried by its instrumentation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from scenarios.jobs import work
from scenarios.jobs.place import AMQP, Publish
from scenarios.jobs.place import queue as queue_of_run

_AT_ONCE: Final = 4


@asynccontextmanager
async def connected(queue: str) -> AsyncIterator[Publish]:
    """Connect the web process as long as the block runs, then take the queue off the server."""
    work.record("aio-pika")
    async with await aio_pika.connect(AMQP) as connection:
        channel = await connection.channel()
        await channel.declare_queue(queue, durable=True)

        async def publish(openid: str) -> None:
            """Leave the job of an openid for later."""
            message = aio_pika.Message(openid.encode(), delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
            await channel.default_exchange.publish(message, queue)

        yield publish
        await channel.queue_delete(queue)


async def main() -> None:
    """Do jobs until somebody ends it."""
    work.record("aio-pika")
    async with await aio_pika.connect(AMQP) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=_AT_ONCE)
        queue = await channel.declare_queue(queue_of_run(), durable=True)
        await queue.consume(_on_message)
        await asyncio.Event().wait()


async def _on_message(message: AbstractIncomingMessage) -> None:
    async with message.process(requeue=True):
        await work.work_async(message.body.decode())


if __name__ == "__main__":
    asyncio.run(main())
