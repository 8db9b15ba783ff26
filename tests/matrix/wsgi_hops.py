"""What a push can ask the app for: the hops and the stores, as an app in threads does it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from threading import Thread

from matrix import steps
from matrix.hops import MARIADB, MESSAGE, POSTGRES, pool
from matrix.hops import in_task as task_of_a_loop
from matrix.publish import by_aio_pika, by_nats, celery


def in_thread(openid: str) -> None:
    """Work in a thread of our own."""
    thread = Thread(target=steps.work, args=("thread",))
    thread.start()
    thread.join()


def in_executor(openid: str) -> None:
    """Work in an executor."""
    pool().submit(steps.work, "executor").result()


def in_loop(do: Callable[[str], Awaitable[None]]) -> Callable[[str], None]:
    """Return what does a thing in an event loop that is made for it."""

    async def whole(openid: str) -> None:
        """Do it."""
        await do(openid)

    return lambda openid: asyncio.run(whole(openid))


def by_celery(openid: str) -> None:
    """Leave a job to Celery."""
    celery().send_task("reply_later", [openid])


def by_http(openid: str) -> None:
    """Ask the second service."""
    import httpx

    with httpx.Client(timeout=steps.PATIENCE) as client:
        client.get(f"{steps.BEHIND}/stock").raise_for_status()


def by_httpx(openid: str) -> None:
    """Ask WeChat's API."""
    import httpx

    with httpx.Client(proxy=steps.WECHAT, timeout=steps.PATIENCE) as client:
        client.post(MESSAGE, json={"touser": openid}).raise_for_status()


def in_redis(openid: str) -> None:
    """Ask redis."""
    from redis import Redis

    with Redis(socket_timeout=steps.PATIENCE, socket_connect_timeout=steps.PATIENCE) as client:
        client.get(f"matrix:{steps.RUN}")


def in_database(url: str) -> Callable[[str], None]:
    """Return what asks a database through SQLAlchemy."""

    def ask(openid: str) -> None:
        """Ask it."""
        from sqlalchemy import create_engine, text

        engine = create_engine(url)
        with engine.connect() as connection:
            connection.execute(text("SELECT 'lit'")).all()
        engine.dispose()

    return ask


HOPS: dict[str, Callable[[str], None]] = {
    "thread": in_thread,
    "executor": in_executor,
    "task": in_loop(task_of_a_loop),
    "http": by_http,
    "celery": by_celery,
    "aio-pika": in_loop(by_aio_pika),
    "nats": in_loop(by_nats),
    "mariadb": in_database(MARIADB.format("pymysql")),
    "postgres": in_database(POSTGRES.format("psycopg")),
    "redis": in_redis,
    "httpx": by_httpx,
}


def answer(asked: str, openid: str) -> str:
    """Answer a push: do what it asks for."""
    with steps.step(f"reply.{asked}"):
        HOPS[asked](openid)
    return "success"
