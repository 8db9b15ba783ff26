"""Where the processes of a run meet: told to them by the environment."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from importlib import import_module
from types import MappingProxyType
from typing import Final, cast

QUEUE: Final = "JOBS_QUEUE"
BROKER: Final = "JOBS_BROKER"
"""The environment variables with the name of the run's queue, and of its broker."""

AMQP: Final = "amqp://guest:guest@127.0.0.1:5672/"
REDIS: Final = "redis://127.0.0.1:6379/0"
NATS: Final = "nats://127.0.0.1:4222"

Publish = Callable[[str], Awaitable[None]]
"""Leave the job of an openid for later."""


@dataclass(frozen=True, slots=True)
class Broker:
    """
    One way to do jobs later.

    Args:
        service: What must run on this host.
        port: Where.
        module: Of this package; it has `connected(queue)`, which gives what publishes, and takes the queue
            off the server at its end.
        worker: What Python runs as a worker.
        by_parts: Only a single process of a worker is killed; the broker would not soon notice that all are gone.
        settings: More of the environment of its processes.
    """

    service: str
    port: int
    module: str
    worker: tuple[str, ...]
    by_parts: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)

    def connected(self, queue: str) -> AbstractAsyncContextManager[Publish]:
        """Connect the web process as long as a block runs."""
        return cast(AbstractAsyncContextManager[Publish], import_module(self.module).connected(queue))


_CELERY: Final = (
    *("-m", "celery", "-A", "scenarios.jobs.by_celery", "worker", "--concurrency", "2", "--loglevel", "WARNING"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
)

_ROOM: Final = MappingProxyType({"WXTRACE_JOURNAL_MAX_BYTES": str(8 << 30)})
"""For who forks a process for each job: each has a journal of its own, until the sealer has it."""

BROKERS: Final[Mapping[str, Broker]] = MappingProxyType(
    {
        "celery-redis": Broker("Redis", 6379, "scenarios.jobs.by_celery", _CELERY),
        "celery-rabbitmq": Broker("RabbitMQ", 5672, "scenarios.jobs.by_celery", _CELERY),
        "aio-pika": Broker("RabbitMQ", 5672, "scenarios.jobs.by_aio_pika", ("-m", "scenarios.jobs.by_aio_pika")),
        "rq": Broker(
            "Redis", 6379, "scenarios.jobs.by_rq", ("-m", "scenarios.jobs.by_rq"), by_parts=True, settings=_ROOM
        ),
        "arq": Broker("Redis", 6379, "scenarios.jobs.by_arq", ("-m", "arq", "scenarios.jobs.by_arq.Worker")),
        "nats": Broker("NATS", 4222, "scenarios.jobs.by_nats", ("-m", "scenarios.jobs.by_nats")),
    }
)
"""All of them, by the names that ``--broker`` takes."""


def queue() -> str:
    """Return the name of the run's queue."""
    return os.environ[QUEUE]


def broker() -> Broker:
    """Return the run's broker."""
    return BROKERS[os.environ[BROKER]]
