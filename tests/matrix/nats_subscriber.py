"""The subscriber of the matrix' subject in NATS: `python -m matrix.nats_subscriber`."""

from __future__ import annotations

import asyncio
import signal

import nats
from matrix import steps
from matrix.publish import NATS, QUEUE

steps.start("nats")


async def reply_later(message: nats.aio.msg.Msg) -> None:
    """Answer a push by and by."""
    steps.work("job")
    steps.done(message.data.decode())


async def main() -> None:
    """Take messages until SIGTERM comes."""
    asked_to_end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked_to_end.set)
    client = await nats.connect(NATS, connect_timeout=round(steps.PATIENCE))
    await client.subscribe(QUEUE, cb=reply_later)
    await client.flush()
    print("ready", flush=True)  # noqa: T201 - the test reads it
    await asked_to_end.wait()
    await client.drain()


if __name__ == "__main__":
    asyncio.run(main())
