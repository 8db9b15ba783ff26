"""
A web app that hands pushes on to Celery, and what the workers do with them.

The web app: `python -m celery_app`, fed with a JSON list of ``[openid, how]``. A worker:
`celery -A celery_app worker`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys

import httpx
import redis
import structlog
from celery import Celery, chord, group
from celery.signals import task_postrun
from celery.utils.log import get_task_logger
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from serving import STAMP
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import wxtrace

NAME = os.environ["QUEUE"]
"""The name of this test's queue, and how its keys in Redis begin."""

logging.basicConfig(level=logging.INFO, handlers=[wxtrace.LogHandler()])
structlog.configure(
    processors=[wxtrace.structlog_processor, structlog.processors.JSONRenderer()],
    logger_factory=structlog.PrintLoggerFactory(),
)
if os.environ.get("SDK") == "1":
    trace.set_tracer_provider(TracerProvider())
wxtrace.start(
    service=os.environ.get("SERVICE", "web"), sealer=False, watch=(), instrument=["celery", "httpx", "redis"]
)
app = Celery("celery_app", broker=os.environ["BROKER"], set_as_current=True)
app.conf.update(
    task_default_queue=NAME,
    broker_transport_options={"global_keyprefix": NAME} if "redis" in os.environ["BROKER"] else {},
    broker_connection_retry_on_startup=True,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    task_always_eager=os.environ.get("EAGER") == "1",
    task_store_eager_result=False,
)
if "BACKEND" in os.environ:
    app.conf.update(
        result_backend=os.environ["BACKEND"],
        result_backend_transport_options={"global_keyprefix": NAME},
        task_ignore_result=False,
    )
store = redis.Redis.from_url(os.environ["REDIS"], decode_responses=True, socket_timeout=None)


@task_postrun.connect(weak=False)
def done(task=None, **_):
    """Tell that a task has ended, its span too: that was asked to be told before."""
    if not task.request.is_eager:
        store.rpush(f"{NAME}:done", task.name)


@app.task(name="shop.tasks.reply_later")
def reply_later(openid):
    """Answer by the customer-service API, and say so in three kinds of logs."""
    get_task_logger("shop").info("task logger %s", openid)
    logging.getLogger("shop").info("stdlib %s", openid)
    structlog.get_logger().info("structlog", who=openid)
    with wxtrace.span("logic", "words", "choose"):
        store.set(f"{NAME}:{openid}", "1")
    httpx.post(os.environ["WEIXIN"] + "/cgi-bin/message/custom/send", json={"touser": openid}, timeout=60)


@app.task(name="shop.tasks.again", bind=True, max_retries=2)
def again(self, openid):
    """Do it at the third attempt."""
    if self.request.retries < 2:
        raise self.retry(countdown=0)


@app.task(name="shop.tasks.unreliable", autoretry_for=(ConnectionError,), default_retry_delay=0, max_retries=1)
def unreliable(openid):
    """Fail at every attempt."""
    raise ConnectionError("down")


@app.task(name="shop.tasks.fail")
def fail(openid):
    """Fail."""
    raise ValueError("no such customer")


@app.task(name="shop.tasks.first")
def first(openid):
    """Hand on whom it is about."""
    return openid


@app.task(name="shop.tasks.then")
def then(said):
    """Do what comes after."""
    return said


@app.task(name="shop.tasks.meet", acks_late=True, reject_on_worker_lost=True)
def meet(openid):
    """Say that it is here, wait until it is let go, and say whom it is about, before and after."""
    log = get_task_logger("shop")
    log.info("before %s", openid)
    store.rpush(f"{NAME}:here", json.dumps([openid, os.getpid()]))
    store.blpop(f"{NAME}:go:{openid}")
    log.info("after %s", openid)


HOWS = {
    "delay": lambda openid: reply_later.delay(openid),
    "by_name": lambda openid: app.send_task("shop.tasks.reply_later", [openid]),
    "again": lambda openid: again.delay(openid),
    "unreliable": lambda openid: unreliable.delay(openid),
    "fail": lambda openid: fail.delay(openid),
    "chain": lambda openid: (first.s(openid) | then.s()).delay(),
    "group": lambda openid: group(first.s(openid), then.s(openid)).delay(),
    "chord": lambda openid: chord([first.s(openid)], then.s()).delay(),
    "meet": lambda openid: meet.delay(openid),
    "first": lambda openid: first.delay(openid),
    "never": lambda openid: app.send_task("shop.tasks.first", [openid], serializer="none such"),
}


async def callback(request):
    """Hand a push on, and answer."""
    try:
        HOWS[request.query_params["how"]](request.query_params["openid"])
    except Exception:
        structlog.get_logger().error("not handed on")
    with wxtrace.span("logic", "answer", "success"):
        return PlainTextResponse("success")


web = Starlette(routes=[Route("/callback", callback, methods=["POST"])])
web.add_middleware(wxtrace.AccessMiddleware)


async def push(pushes):
    """Send each push, one after the other."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://web") as wechat:
        for openid, how in pushes:
            query = {"signature": "0a", "timestamp": STAMP, "nonce": "7", "openid": openid, "how": how}
            (await wechat.post("/callback", params=query)).raise_for_status()


if __name__ == "__main__":
    asyncio.run(push(json.load(sys.stdin)))
