"""What a push can ask the app for: the hops and the stores, as an app on an event loop does it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Thread

from matrix import steps
from matrix.publish import by_aio_pika, by_celery, by_nats

MARIADB = "mysql+{}://root@127.0.0.1/test?connect_timeout=120"
POSTGRES = "postgresql+{}://root@127.0.0.1/test"
MESSAGE = "http://api.weixin.qq.com/cgi-bin/message/custom/send?access_token=S3CR3T"


@cache
def pool() -> ThreadPoolExecutor:
    """Return a pool of threads, made when first needed."""
    return ThreadPoolExecutor(2)


async def in_thread(openid: str) -> None:
    """Work in a thread of our own."""
    thread = Thread(target=steps.work, args=("thread",))
    thread.start()
    await asyncio.to_thread(thread.join)


async def in_executor(openid: str) -> None:
    """Work in an executor, and in the loop's."""
    await asyncio.get_running_loop().run_in_executor(pool(), steps.work, "executor")
    await asyncio.to_thread(steps.work, "to_thread")


async def in_task(openid: str) -> None:
    """Work in a task."""
    await asyncio.create_task(steps.work_async("task"))


async def by_http(openid: str) -> None:
    """Ask the second service."""
    import httpx

    async with httpx.AsyncClient(timeout=steps.PATIENCE) as client:
        (await client.get(f"{steps.BEHIND}/stock")).raise_for_status()


async def by_httpx(openid: str) -> None:
    """Ask WeChat's API."""
    import httpx

    async with httpx.AsyncClient(proxy=steps.WECHAT, timeout=steps.PATIENCE) as client:
        (await client.post(MESSAGE, json={"touser": openid})).raise_for_status()


async def in_redis(openid: str) -> None:
    """Ask redis."""
    from redis.asyncio import Redis

    async with Redis(socket_timeout=steps.PATIENCE, socket_connect_timeout=steps.PATIENCE) as client:
        await client.get(f"matrix:{steps.RUN}")


def in_database(url: str) -> Callable[[str], Awaitable[None]]:
    """Return what asks a database through SQLAlchemy."""

    async def ask(openid: str) -> None:
        """Ask it."""
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine(url)
        async with engine.connect() as connection:
            (await connection.execute(text("SELECT 'lit'"))).all()
        await engine.dispose()

    return ask


HOPS: dict[str, Callable[[str], Awaitable[None]]] = {
    "thread": in_thread,
    "executor": in_executor,
    "task": in_task,
    "http": by_http,
    "celery": by_celery,
    "aio-pika": by_aio_pika,
    "nats": by_nats,
    "mariadb": in_database(MARIADB.format("aiomysql")),
    "postgres": in_database(POSTGRES.format("asyncpg")),
    "redis": in_redis,
    "httpx": by_httpx,
}


async def answer(asked: str, openid: str) -> str:
    """Answer a push: do what it asks for."""
    with steps.step(f"reply.{asked}"):
        await HOPS[asked](openid)
    return "success"
