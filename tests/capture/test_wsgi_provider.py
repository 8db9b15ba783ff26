"""Whose spans are recorded under WSGI: whoever makes the server span, there is one, and one result."""

from __future__ import annotations

import django
import flask
import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
from opentelemetry import trace
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from serving import OPENID, STAMP
from wsgi_serving import environ, replying, serve

import wxtrace
from wxtrace import WSGIAccessMiddleware

PUSHED = (OPENID, STAMP)
TOLD = {
    "http.response.status_code": 200,
    "wechat.msg_type": "text",
    "wechat.reply.length": 7,
    "wechat.reply.acceptable": True,
    "url.path": "/wechat",
    "client.address": "81.69.101.1",
}


def handle():
    """Handle a push: a query by somebody else's instrumentation, and a cache."""
    tracer = trace.get_tracer("opentelemetry.instrumentation.sqlalchemy")
    with tracer.start_as_current_span("SELECT", kind=SpanKind.CLIENT) as query:
        query.set_attribute("db.system", "mysql")
    with wxtrace.span("storage", "redis", "GET token"):
        pass


def plain(request, start_response):
    """Serve as a plain WSGI app does, and work on after the reply."""
    handle()
    yield from replying()(request, start_response)
    with wxtrace.span("logic", "mail", "mail"):
        pass


def flask_app():
    """Return the same in Flask."""
    app = flask.Flask("app")

    @app.post("/wechat")
    def reply():
        """Handle a push."""
        assert flask.request.get_data()
        handle()
        return "success"

    return app


def django_reply(request):
    """Do the same in Django."""
    assert request.body
    handle()
    return HttpResponse("success")


urlpatterns = [path("wechat", django_reply)]


@pytest.fixture(name="django_app", scope="session")
def _django_app():
    """Django, set up once for the process, as it must be."""
    if not settings.configured:
        settings.configure(
            ROOT_URLCONF="", SECRET_KEY="test", ALLOWED_HOSTS=["*"], MIDDLEWARE=[], LOGGING_CONFIG=None
        )
    django.setup()

    def make():
        """Return the app with the middlewares of now."""
        settings.ROOT_URLCONF = tuple(urlpatterns)
        return get_wsgi_application()

    return make


@pytest.fixture(name="exported")
def set_up_an_sdk():
    """An SDK provider in OpenTelemetry's slot, and what it exports."""
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


WAYS = {
    "ours": WSGIAccessMiddleware,
    "contrib": lambda app: WSGIAccessMiddleware(app, contrib=True),
    "outside": lambda app: OpenTelemetryMiddleware(WSGIAccessMiddleware(app)),
}


def rows(captured):
    """Return what must be the same whoever made the spans; what is between access and logic is looked through."""
    above = {span.span_id: span.parent_span_id for span in captured.spans if span.module in ("flask", "django")}
    modules = {span.span_id: span.module for span in captured.spans}
    return sorted(
        (
            *(span.layer, span.module, span.kind, span.status_code),
            *(modules.get(above.get(span.parent_span_id, span.parent_span_id)), (span.openid, span.stamp)),
        )
        for span in captured.spans
        if span.span_id not in above
    )


HANDLED = [
    ("access", "wsgi", "SERVER", "UNSET", None, PUSHED),
    ("storage", "mysql", "CLIENT", "UNSET", "wsgi", PUSHED),
    ("storage", "redis", "INTERNAL", "UNSET", "wsgi", PUSHED),
]
AFTERWARDS = [
    ("access", "after_reply", "INTERNAL", "UNSET", "wsgi", PUSHED),
    ("logic", "mail", "INTERNAL", "UNSET", "after_reply", PUSHED),
]


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_the_same(captured, way):
    """Whoever makes the server span: one of it, the same tree under it, the same facts."""
    assert [b"success"] == serve(WAYS[way](plain))
    assert sorted(HANDLED + AFTERWARDS) == rows(captured)
    assert TOLD.items() <= captured.span("wsgi").attributes.items()


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_the_same_on_an_sdk(captured, exported, way):
    """On the app's own SDK too, which exports what it would have without us."""
    serve(WAYS[way](plain))

    assert sorted(HANDLED + AFTERWARDS) == rows(captured)
    assert TOLD.items() <= captured.span("wsgi").attributes.items()
    assert 1 == sum(span.kind is SpanKind.SERVER for span in exported.get_finished_spans())


def inner(way, sdk):
    """Return the framework's own spans: it joins ours; below another instrumentation's it has one."""
    is_ours = way == "ours" or (way == "outside" and not sdk)  # before the first request no light provider is there
    return [] if is_ours else [("access", "INTERNAL")]


@pytest.mark.parametrize("sdk", [False, True], ids=["light", "sdk"])
@pytest.mark.parametrize("way", WAYS)
def test_flask_with_its_instrumentor(captured, request, way, sdk):
    """With Flask's instrumentor within there is one server span, and it is tagged."""
    if sdk:
        request.getfixturevalue("exported")
    app = flask_app()
    FlaskInstrumentor().instrument_app(app)
    app.wsgi_app = WAYS[way](app.wsgi_app)
    serve(app)

    assert HANDLED == rows(captured)
    assert inner(way, sdk) == [(one.layer, one.kind) for one in captured.spans if one.module == "flask"]
    assert inner(way, sdk) or "http.route" in captured.span("wsgi").attributes
    assert TOLD.items() <= captured.span("wsgi").attributes.items()


@pytest.mark.parametrize("sdk", [False, True], ids=["light", "sdk"])
@pytest.mark.parametrize("way", WAYS)
def test_django_with_its_instrumentor(captured, request, django_app, way, sdk):
    """So does Django's."""
    if sdk:
        request.getfixturevalue("exported")
    DjangoInstrumentor().instrument(is_sql_commentor_enabled=False)
    try:
        serve(WAYS[way](django_app()))
    finally:
        DjangoInstrumentor().uninstrument()

    assert HANDLED == rows(captured)
    assert inner(way, sdk) == [(one.layer, one.kind) for one in captured.spans if one.module == "django"]
    assert inner(way, sdk) or "http.route" in captured.span("wsgi").attributes
    assert TOLD.items() <= captured.span("wsgi").attributes.items()


@pytest.mark.parametrize("way", WAYS)
def test_flask_and_django_alone(captured, django_app, way):
    """Without instrumentors the frameworks' replies give the same."""
    serve(WAYS[way](flask_app()))
    serve(WAYS[way](django_app()))

    assert sorted(HANDLED * 2) == rows(captured)


@pytest.mark.parametrize("sdk", [False, True], ids=["light", "sdk"])
@pytest.mark.parametrize("way", WAYS)
def test_an_exception_is_recorded_once(captured, request, way, sdk):
    """What the app raises fails the one server span, with one line, whoever made the span."""
    if sdk:
        request.getfixturevalue("exported")

    def app(environ_, start_response):
        """Fail at once."""
        raise LookupError("no menu")

    with pytest.raises(LookupError):
        serve(WAYS[way](app), environ())

    assert ["ERROR"] == [span.status_code for span in captured.spans]
    assert (500, True) == tuple(
        captured.span("wsgi").attributes[name] for name in ("http.response.status_code", "wechat.status.assumed")
    )
    assert ["exception"] == [line.event for line in captured.logs]
