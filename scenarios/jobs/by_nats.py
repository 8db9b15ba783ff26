"""NATS JetStream with a pull consumer, the tag carried by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import nats
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NothingCame
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig
from nats.js.errors import ServerError

import wxtrace
from scenarios.jobs import work
from scenarios.jobs.place import NATS, Publish
from scenarios.jobs.place import queue as queue_of_run
from scenarios.truth import NotProduced

_AT_ONCE: Final = 4
_TRIES: Final = 50
_ACK_WITHIN_S: Final = 5.0


@asynccontextmanager
async def connected(queue: str) -> AsyncIterator[Publish]:
    """Connect the web process as long as the block runs, then take the stream off the server."""
    work.record()
    connection = await nats.connect(NATS)
    stream = connection.jetstream()
    await _add(stream, queue)

    async def publish(openid: str) -> None:
        """Leave the job of an openid for later."""
        await stream.publish(f"{queue}.{work.NAME}", openid.encode(), timeout=60, headers=wxtrace.carry())

    yield publish
    await stream.delete_stream(queue)
    await connection.close()


async def _add(stream: JetStreamContext, queue: str) -> None:
    """Add the stream; the server refuses it while it takes away the last of all others, and their folder."""
    for _ in range(_TRIES):
        try:
            await stream.add_stream(name=queue, subjects=[f"{queue}.*"])
        except ServerError:
            await asyncio.sleep(0.1)
        else:
            return
    raise NotProduced("NATS adds no stream")


async def main() -> None:
    """Do jobs until somebody ends it."""
    work.record()
    stream = (await nats.connect(NATS)).jetstream()
    name = queue_of_run()
    config = ConsumerConfig(ack_wait=_ACK_WITHIN_S, max_deliver=-1)
    mine = await stream.pull_subscribe(f"{name}.*", durable="workers", stream=name, config=config)
    await asyncio.gather(*(_work(mine) for _ in range(_AT_ONCE)))


async def _work(mine: JetStreamContext.PullSubscription) -> None:
    while True:
        try:
            messages = await mine.fetch(1, timeout=5)
        except NothingCame:
            continue
        for message in messages:
            await _do(message)


async def _do(message: Msg) -> None:
    number = message.metadata.sequence.stream
    with wxtrace.job(work.NAME, message.headers or {}, message_id=number):
        await work.work_async(message.data.decode())
    await message.ack()


if __name__ == "__main__":
    asyncio.run(main())
