"""An openid does not go along where a host of one's own redirects to another's, or forwards to it."""

from __future__ import annotations

import asyncio
import socket
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from serving import OPENID, STAMP, in_push

import wxtrace
from wxtrace.capture import redirects
from wxtrace.capture.provider import origin

MEMBER = f"wxtrace={OPENID}~{STAMP}~7"
FOREIGN = "cdn.example.org"
WEIXIN = "api.weixin.qq.com"


class Redirecting(BaseHTTPRequestHandler):
    """Redirects where the path says; tells what it was asked with."""

    def do_GET(self):
        """Answer."""
        name, _, there = self.path.removeprefix("/").partition("?")
        told = self.headers.get("baggage"), bool(self.headers.get("traceparent"))
        self.server.told.append((self.headers["Host"].partition(":")[0], *told))
        self.send_response(307 if name == "go" else 200)
        self.send_header("Location", there)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *told):
        """Be quiet."""


@pytest.fixture(name="server")
def _server(monkeypatch):
    """A server that is all hosts there are."""
    plain = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *told, **more: plain("127.0.0.1", *told, **more))
    with ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as server:
        server.told = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def by_requests(url, headers):
    """Ask with requests."""
    pytest.importorskip("opentelemetry.instrumentation.requests")
    import requests

    with requests.Session() as session:
        session.trust_env = False
        session.get(url, headers=headers)


def by_httpx(url, headers):
    """Ask with httpx."""
    pytest.importorskip("opentelemetry.instrumentation.httpx")
    import httpx

    with httpx.Client(follow_redirects=True, trust_env=False) as client:
        client.get(url, headers=headers)


def by_urllib(url, headers):
    """Ask with the standard library, as it is."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(urllib.request.Request(url, headers=headers)).close()


def by_aiohttp(url, headers):
    """Ask with aiohttp."""
    pytest.importorskip("opentelemetry.instrumentation.aiohttp_client")
    import aiohttp

    async def ask():
        """Ask."""
        resolver = aiohttp.ThreadedResolver()
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=resolver)) as session:
            await (await session.get(url, headers=headers)).read()

    asyncio.run(ask())


CLIENTS = [by_requests, by_httpx, by_aiohttp]


@pytest.mark.parametrize("ask", CLIENTS)
@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", (MEMBER, True)), (FOREIGN, (None, True)), (WEIXIN, (None, False))],
)
def test_redirected(server, tmp_path, ask, host, expected):
    """The tag goes on to a host of one's own, and to no other; WeChat's API gets no header of a trace either."""
    wxtrace.start(store=tmp_path, sealer=False, watch=(), instrument=True)
    origin.decide()
    port = server.server_port
    with in_push():
        ask(f"http://127.0.0.1:{port}/go?http://{host}:{port}/there", {})

    assert [("127.0.0.1", MEMBER, True), (host, *expected)] == server.told


@pytest.mark.parametrize("ask", [*CLIENTS, by_urllib])
def test_redirected_with_headers_by_hand(server, tmp_path, ask):
    """What `carry()` has put in does not go on either, and others' baggage does."""
    wxtrace.start(store=tmp_path, sealer=False, watch=(), instrument=True)
    origin.decide()
    port = server.server_port
    with in_push():
        ask(f"http://127.0.0.1:{port}/go?//{FOREIGN}:{port}/there", wxtrace.carry({"Baggage": "a=1"}))

    assert {("a=1", MEMBER)} == {tuple(sorted(server.told[0][1].split(",")))}
    assert (FOREIGN, "a=1") == server.told[1][:2]


@pytest.mark.parametrize("ask", CLIENTS)
@pytest.mark.parametrize(("host", "expected"), [(FOREIGN, (None, True)), (WEIXIN, (None, False))])
def test_forwarded(server, tmp_path, ask, host, expected):
    """A ``Host`` header says who is asked by way of a forwarder on this machine: that one is not told."""
    wxtrace.start(store=tmp_path, sealer=False, watch=(), instrument=True)
    origin.decide()
    with in_push():
        ask(f"http://127.0.0.1:{server.server_port}/there", {"Host": host})

    assert [(host, *expected)] == server.told


def test_what_is_no_mapping_is_left_alone(captured):
    """A carrier of any other kind is neither read nor changed, and nothing is raised."""
    pairs = [("baggage", MEMBER)]
    redirects.follow(pairs, f"http://{FOREIGN}/")
    redirects.follow(None, "")

    assert ([("baggage", MEMBER)], "") == (pairs, redirects.baggage_in(pairs))
