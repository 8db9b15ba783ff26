"""
The server. Two workers of it::

    uvicorn --factory callback.app:make_app --app-dir examples --workers 2
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sqlalchemy as sa
import structlog
from fastapi import FastAPI, Request, Response
from starlette.background import BackgroundTask

import wxtrace

from . import faults, tracing
from .cache import Cache
from .crm import Crm
from .handlers import Services, handle
from .push import Push, Refused, encrypted_reply, is_encrypted, opened, text_reply, verified
from .settings import Settings
from .storage import Storage

log = structlog.get_logger("callback")


def make_app(settings: Settings | None = None) -> FastAPI:
    """
    Return the ASGI app.

    Args:
        settings: From the environment if not given.
    """
    settings = settings or Settings.from_env()
    tracing.set_up(settings.tracing)
    engine = sa.create_engine(settings.database)
    tracing.watch(engine)
    services = Services(Storage(engine), Cache(), Crm(settings.crm_url))

    # From 0.165 on FastAPI makes three spans of its own a request; the middleware's one says more, for less.
    app = FastAPI(lifespan=_lifespan, openapi_url=None, telemetry={"tracing": False})
    app.state.settings, app.state.services, app.state.engine = settings, services, engine
    app.add_api_route("/callback", verify, methods=["GET"])
    app.add_api_route("/callback", receive, methods=["POST"])
    app.add_exception_handler(Refused, refuse)
    # Added last, so that it is outermost: WeChat's five seconds run from here.
    app.add_middleware(wxtrace.AccessMiddleware, contrib=settings.tracing == "contrib")
    return app


async def verify(request: Request) -> Response:
    """Answer WeChat's question whether this URL is ours."""
    return Response(verified(request.query_params, request.app.state.settings))


async def receive(request: Request) -> Response:
    """Take a push, answer it, and do what can wait after the answer has gone."""
    settings, services = request.app.state.settings, request.app.state.services
    push = opened(request.query_params, await request.body(), settings)
    # In safe mode nobody could read this before it was decrypted.
    wxtrace.identify(
        openid=push.openid, msg_type=push.msg_type, event=push.event or None, msg_id=push.msg_id or None
    )

    answer = await handle(push, services)
    reply = text_reply(push, answer) if answer else "success"
    if answer and is_encrypted(request.query_params):
        reply = encrypted_reply(reply, settings)
    later = BackgroundTask(after_reply, push, services)
    response = Response(reply, media_type="text/xml" if answer else "text/plain", background=later)
    return faults.spoiled(response)


def after_reply(push: Push, services: Services) -> None:
    """Do what WeChat does not wait for."""
    services.storage.replied(push)
    log.info("push.done")


async def refuse(request: Request, error: Exception) -> Response:
    """Turn away what is not WeChat's."""
    log.warning("push.refused", reason=str(error))
    return Response(status_code=403)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.services.storage.prepare()
    yield
    await app.state.services.crm.close()
    app.state.engine.dispose()
