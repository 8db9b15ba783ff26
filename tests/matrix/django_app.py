"""The app of the matrix in Django."""

from __future__ import annotations

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from matrix import steps
from matrix.pushes import asked
from matrix.wsgi_hops import answer

import wxtrace

steps.start("matrix")


def receive(request: HttpRequest) -> HttpResponse:
    """Take a push, and answer it."""
    return HttpResponse(answer(asked(request.GET, request.body), request.GET["openid"]))


settings.configure(ROOT_URLCONF=(path("callback", receive),), SECRET_KEY="s", ALLOWED_HOSTS=["*"])
app = wxtrace.WSGIAccessMiddleware(get_wsgi_application())
