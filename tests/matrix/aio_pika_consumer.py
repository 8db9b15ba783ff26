"""The consumer of the matrix' queue in RabbitMQ: `python -m matrix.aio_pika_consumer`."""

from __future__ import annotations

import asyncio
import signal

import aio_pika
from matrix import steps
from matrix.publish import QUEUE, RABBITMQ

steps.start("aio-pika")


async def reply_later(message: aio_pika.abc.AbstractIncomingMessage) -> None:
    """Answer a push by and by."""
    async with message.process():
        steps.work("job")
    steps.done(message.body.decode())  # nothing is awaited from here on: the span ends before the process


async def main() -> None:
    """Take messages until SIGTERM comes."""
    asked_to_end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked_to_end.set)
    async with await aio_pika.connect(RABBITMQ) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(QUEUE, auto_delete=True)
        await queue.consume(reply_later)
        print("ready", flush=True)  # noqa: T201 - the test reads it
        await asked_to_end.wait()


if __name__ == "__main__":
    asyncio.run(main())
