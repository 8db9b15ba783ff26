"""
An OTLP document sent to a collector: over HTTP, in parts that collectors take.
"""

from __future__ import annotations

import base64
import gzip
import ipaddress
import json
import os
import re
from collections.abc import Iterator, Mapping
from html import unescape
from http.client import HTTPException
from typing import Any, Final, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from wxtrace.errors import BadInput, NotSent
from wxtrace.export.plain import dumped
from wxtrace.show.terminal import clean

MAX_BYTES: Final = 3 << 20
"""A part has spans of so many bytes at most: what collectors take begins at 4 MiB."""
TIMEOUT_S: Final = 30.0
"""So long a collector may take to answer, in seconds."""

_GZIP_FROM: Final = 32 << 10
_SHOWN: Final = 300
_SHOWN_OF_PAGE: Final = 80
_TITLE: Final = re.compile("<title[^>]*>([^<]+)", re.IGNORECASE)
_TAG: Final = re.compile("<[^>]*>")
_REPLY: Final = 1 << 16
_TRACES: Final = "/v1/traces"
_HEADERS: Final = ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS")
"""OpenTelemetry's settings, ``name=value,name=value``, with percent-encoded values; the second one holds."""

URL_REMEDY: Final = "Give a collector's URL, such as http://localhost:4318/v1/traces."
THERE_REMEDY: Final = "Is a collector there that takes OTLP over HTTP (port 4318, path /v1/traces)?"
PATH_REMEDY: Final = "Collectors take spans at the path /v1/traces."
RIGHTS_REMEDY: Final = "Credentials go into OTEL_EXPORTER_OTLP_HEADERS, as name=value,name=value."
AGAIN_REMEDY: Final = "Try again later; what was taken twice is the same spans."
LOG_REMEDY: Final = "The collector's own log may say more."


class Target(NamedTuple):
    """Where to send: the URL itself, how it is named to people, and the headers."""

    url: str
    name: str
    headers: Mapping[str, str]
    is_here: bool


def post(url: str, document: str) -> str | None:
    """
    Send an OTLP document to a collector, in parts, and return what that says besides taking it, if anything.

    Headers of ``OTEL_EXPORTER_OTLP_HEADERS`` are sent along; a user and a password in the URL as HTTP's basic
    authentication. The proxies of the environment are used, but for this machine itself.

    Args:
        url: ``http://`` or ``https://``.
        document: As `wxtrace.export.otlp` makes it.

    Raises:
        BadInput: It is no such URL.
        NotSent: The collector cannot be reached, or does not take all. Parts before may have been taken.
    """
    target = target_of(url, os.environ)
    opener = build_opener(_NoRedirects, ProxyHandler({} if target.is_here else None))
    said = [_posted(opener, target, part.encode()) for part in parts(document, MAX_BYTES)]
    return next((message for message in said if message), None)


def parts(document: str, most: int) -> Iterator[str]:
    """Yield a document in parts whose spans have at most *most* bytes; a larger span is a part of its own."""
    if len(document) <= most and len(document.encode()) <= most:
        yield document
        return
    held: list[tuple[Any, Any, Any]] = []
    size = 0
    for resource in json.loads(document)["resourceSpans"]:
        for scoped in resource["scopeSpans"]:
            for span in scoped["spans"]:
                more = len(dumped(span).encode()) + 1
                if held and size + more > most:
                    yield _part(held)
                    held, size = [], 0
                held.append((resource["resource"], scoped["scope"], span))
                size += more
    yield _part(held)


def _part(held: list[tuple[Any, Any, Any]]) -> str:
    """Return spans as a document, those of one resource and scope that follow one another together."""
    resources: list[Any] = []
    last: tuple[int, int] | None = None
    for resource, scope, span in held:
        if last != (id(resource), id(scope)):
            last = id(resource), id(scope)
            resources.append({"resource": resource, "scopeSpans": [{"scope": scope, "spans": []}]})
        resources[-1]["scopeSpans"][0]["spans"].append(span)
    return dumped({"resourceSpans": resources})


def named(url: str) -> str:
    """
    Return the URL of a collector as it is told to people: with nothing secret in it.

    Raises:
        BadInput: It is no URL of a collector.
    """
    return target_of(url, {}).name


def target_of(url: str, environ: Mapping[str, str]) -> Target:
    """
    Return where a URL leads, with what is secret in it taken out of its name.

    Raises:
        BadInput: It is no URL of a collector.
    """
    try:
        there = urlsplit(url)
        host, port = there.hostname or "", there.port
    except ValueError:
        raise BadInput("-o", url, URL_REMEDY) from None
    if there.scheme not in ("http", "https") or not host:
        raise BadInput("-o", url, URL_REMEDY)
    place = (f"[{host}]" if ":" in host else host) + ("" if port is None else f":{port}")
    bare = urlunsplit(there._replace(netloc=place, path=there.path or _TRACES, fragment=""))
    query = "?…" if there.query else ""
    name = clean(
        urlunsplit(there._replace(netloc=place, path=there.path or _TRACES, query="", fragment="")) + query
    )
    headers = {"Content-Type": "application/json", "User-Agent": "wxtrace"} | _login(there) | _told(environ)
    return Target(bare, name, headers, _is_here(host))


def _login(there: SplitResult) -> dict[str, str]:
    if there.username is None:
        return {}
    login = f"{unquote(there.username)}:{unquote(there.password or '')}".encode()
    return {"Authorization": f"Basic {base64.b64encode(login).decode()}"}


def _told(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that the environment asks for; one that could end a line or is no ASCII is left out."""
    pairs = [pair.partition("=") for name in _HEADERS for pair in environ.get(name, "").split(",")]
    known = {name.strip(): unquote(value.strip()) for name, equals, value in pairs if equals and name.strip()}
    return {
        name: value for name, value in known.items() if (name + value).isascii() and (name + value).isprintable()
    }


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class _NoRedirects(HTTPRedirectHandler):
    """Follows none: what is sent would be asked for at the other place."""

    def redirect_request(self, *_: object) -> None:
        """Have the redirect be an error."""


def _posted(opener: OpenerDirector, target: Target, body: bytes) -> str | None:
    """Send a part, and return what the collector says besides taking it."""
    headers = dict(target.headers)
    if len(body) >= _GZIP_FROM:
        body, headers["Content-Encoding"] = gzip.compress(body, 6), "gzip"
    try:
        with opener.open(Request(target.url, body, headers), timeout=TIMEOUT_S) as reply:
            return _judged(target, reply.status, reply.read(_REPLY))
    except HTTPError as error:
        with error:
            said = _elsewhere(error.headers.get("Location")) or _text(error.read(_REPLY))
            raise NotSent(target.name, said, _remedy(error.code), error.code) from None
    except (URLError, HTTPException, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise NotSent(target.name, clean(str(reason) or type(reason).__name__), THERE_REMEDY) from None


def _judged(target: Target, status: int, reply: bytes) -> str | None:
    """Return what a collector says that took a part; one that left spans out did not take it."""
    try:
        said = json.loads(reply or b"{}")
        partial = said.get("partialSuccess") or said.get("partial_success") or {}
        rejected, message = int(partial.get("rejectedSpans") or 0), str(partial.get("errorMessage") or "")
    except (ValueError, TypeError, AttributeError):
        return None  # taken, and answered in another way: some answer with no JSON at all
    if rejected:
        raise NotSent(target.name, clean(message)[:_SHOWN], LOG_REMEDY, status, rejected)
    return clean(message)[:_SHOWN] or None


def _elsewhere(location: str | None) -> str:
    """Return where a redirect leads, as its header says it, with nothing secret in it."""
    if not location:
        return ""
    try:
        there = urlsplit(location)
    except ValueError:
        return ""
    bare = there._replace(netloc=there.netloc.rpartition("@")[2], query="", fragment="")
    return clean(f"Location: {urlunsplit(bare)}")[:_SHOWN]


def _text(reply: bytes) -> str:
    """Return the beginning of a reply; of an error in JSON its message, of a page its title or some words."""
    text = reply.decode("utf-8", "replace")
    if text.lstrip()[:1] == "<":
        title = _TITLE.search(text)
        told = title[1] if title else _TAG.sub(" ", text)
        return clean(" ".join(unescape(told).split()))[:_SHOWN_OF_PAGE]
    try:
        text = str(json.loads(text)["message"])
    except (ValueError, TypeError, KeyError):
        pass
    return clean(text.strip())[:_SHOWN]


def _remedy(status: int) -> str:
    if status in (401, 403, 407):
        return RIGHTS_REMEDY
    if status in (404, 405) or 300 <= status < 400:
        return PATH_REMEDY
    return AGAIN_REMEDY if status in (429, 502, 503, 504) else LOG_REMEDY
