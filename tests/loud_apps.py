"""Apps whose servers log: one reply goes well, one raises; ASGI and WSGI, plain and in a framework, as APP says."""

from __future__ import annotations

import logging
import os

import wxtrace

_log = logging.getLogger("app")
wxtrace.start(service="loud", sealer=False)


async def plain_asgi(scope, receive, send):
    """Answer, or raise before the reply begins."""
    if scope["type"] != "http":
        raise RuntimeError("no lifespan")
    if scope["path"] == "/fail":
        raise LookupError("no menu")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"success"})


def plain_wsgi(environ, start_response):
    """Answer, or raise before the reply begins."""
    if environ["PATH_INFO"] == "/fail":
        raise LookupError("no menu")
    start_response("200 OK", [("Content-Length", "7")])
    return [b"success"]


def in_fastapi():
    """Return an app in FastAPI, whose handler of exceptions logs."""
    from fastapi import FastAPI, Request
    from fastapi.responses import PlainTextResponse

    app = FastAPI(telemetry={"tracing": False})
    app.add_middleware(wxtrace.AccessMiddleware)

    @app.post("/push")
    async def push() -> PlainTextResponse:
        """Answer."""
        return PlainTextResponse("success")

    @app.post("/fail")
    async def fail() -> None:
        """Raise."""
        raise LookupError("no menu")

    @app.exception_handler(Exception)
    async def handled(request: Request, error: Exception) -> PlainTextResponse:
        """Log, and answer."""
        _log.error("handled")
        return PlainTextResponse("sorry", 500)

    return app


def in_flask():
    """Return an app in Flask."""
    from flask import Flask

    app = Flask("app")
    app.wsgi_app = wxtrace.WSGIAccessMiddleware(app.wsgi_app)

    @app.post("/push")
    def push() -> str:
        """Answer."""
        return "success"

    @app.post("/fail")
    def fail() -> None:
        """Raise."""
        raise LookupError("no menu")

    return app


def in_django():
    """Return an app in Django."""
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse
    from django.urls import path

    def push(request):
        """Answer."""
        return HttpResponse("success")

    def fail(request):
        """Raise."""
        raise LookupError("no menu")

    urls = (path("push", push), path("fail", fail))
    settings.configure(ROOT_URLCONF=urls, SECRET_KEY="s", ALLOWED_HOSTS=["*"])
    return wxtrace.WSGIAccessMiddleware(get_wsgi_application())


APPS = {
    "asgi": lambda: wxtrace.AccessMiddleware(plain_asgi),
    "wsgi": lambda: wxtrace.WSGIAccessMiddleware(plain_wsgi),
    "fastapi": in_fastapi,
    "flask": in_flask,
    "django": in_django,
}
app = APPS[os.environ["APP"]]()
