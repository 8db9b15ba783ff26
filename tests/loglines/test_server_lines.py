"""What servers log of a push by themselves: access lines and errors, with one configuration for all of them."""

from __future__ import annotations

import re

import pytest
from pages import DOCS, blocks
from survival_kit import serving, until
from survival_ledger import STAMP, rows

CONFIG = next(block.text for block in blocks(DOCS / "recipes.md", "json") if "uvicorn.access" in block.text)
UVICORN = ("uvicorn", "--host", "127.0.0.1", "--port", "{port}", "--log-config", "{config}", "--lifespan", "off")
HYPERCORN = ("hypercorn", "--bind", "127.0.0.1:{port}", "--log-config", "json:{config}", "--access-logfile", "-")
GUNICORN = ("gunicorn", "--bind", "127.0.0.1:{port}", "--log-config-json", "{config}", "--worker-class")
WORKER = "uvicorn_worker.UvicornWorker"
ACCESS = re.compile(r" INFO (\S+) (\S+) \w+\.access .*POST ")
"""The tag that an access line begins with."""


def lines_of(server, *, of_app=()):
    """Return the lines of a good push and of one that fails, at a server of that name."""
    good, bad = (f"{server}.access", None), (f"{server}.error", "LookupError: no menu")
    return {"oA": [good], "oB": sorted([good, *(of_app or [bad])], key=str)}


FLASK = [("app", "LookupError: no menu")]
DJANGO = [("django.request", "LookupError: no menu")]
FASTAPI = [("app", None)]
SERVERS = [
    pytest.param(UVICORN, (), "asgi", lines_of("uvicorn"), id="uvicorn"),
    pytest.param(UVICORN, ("--workers", "2"), "asgi", lines_of("uvicorn"), id="uvicorn, two workers"),
    pytest.param(UVICORN, ("--http", "h11"), "asgi", lines_of("uvicorn"), id="uvicorn h11"),
    pytest.param(
        *(UVICORN, (), "fastapi"),
        lines_of("uvicorn", of_app=[*FASTAPI, ("uvicorn.error", "LookupError: no menu")]),
        id="uvicorn, FastAPI",
    ),
    pytest.param(HYPERCORN, (), "asgi", lines_of("hypercorn"), id="hypercorn"),
    pytest.param(GUNICORN, (WORKER,), "asgi", lines_of("uvicorn"), id="gunicorn with uvicorn workers"),
    pytest.param(GUNICORN, ("asgi",), "asgi", lines_of("gunicorn"), id="gunicorn's own ASGI worker"),
    pytest.param(GUNICORN, ("sync",), "wsgi", lines_of("gunicorn"), id="gunicorn sync"),
    pytest.param(GUNICORN, ("gthread", "--preload"), "wsgi", lines_of("gunicorn"), id="gunicorn gthread preloaded"),
    pytest.param(GUNICORN, ("gevent",), "wsgi", lines_of("gunicorn"), id="gunicorn gevent"),
    pytest.param(GUNICORN, ("sync",), "flask", lines_of("gunicorn", of_app=FLASK), id="gunicorn sync, Flask"),
    pytest.param(GUNICORN, ("sync",), "django", lines_of("gunicorn", of_app=DJANGO), id="gunicorn sync, Django"),
]


def found_of(store, who):
    """Return logger and last line of the traceback of a push's lines, in order, but for what its span tells."""
    lines = [line for line in rows(store, openid=who).logs if line.logger != "opentelemetry"]
    told = [(line.logger, line.attributes.get("exception", "").splitlines()[-1:]) for line in lines]
    return sorted([(logger, exception[0] if exception else None) for logger, exception in told], key=str)


@pytest.mark.parametrize(("program", "options", "app", "expected"), SERVERS)
def test_what_a_server_says_of_a_push(tmp_path, program, options, app, expected):
    """Its lines of a push have the tag in its own log and are found under it, once each; errors with traceback."""
    store, config = tmp_path / "store", tmp_path / "logging.json"
    config.write_text(CONFIG, "utf-8")
    program = [word.replace("{config}", str(config)) for word in program]
    with serving(store, *options, program=program, app="loud_apps:app", APP=app) as server:
        statuses = [server.push(who, path) for who, path in (("oA", "/push"), ("oB", "/fail"), ("oA", "/push"))]
        twice = expected | {"oA": expected["oA"] * 2}
        until(lambda: 3 == len(ACCESS.findall(server.said())))
        until(lambda: all(len(found_of(store, who)) >= len(lines) for who, lines in twice.items()))
        found = {who: found_of(store, who) for who in expected}
        written = ACCESS.findall(server.said())

    assert [200, 500, 200] == statuses
    assert twice == found
    assert [("oA", str(STAMP)), ("oA", str(STAMP)), ("oB", str(STAMP))] == sorted(written)
