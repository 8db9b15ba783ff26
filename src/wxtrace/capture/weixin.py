"""
What WeChat's API answered: the ``errcode`` of its replies, read beside the app and never instead of it.

A reply counts where it is short and its length is told. A body that the client library has read already is
looked at; one that is still to come is read here and then given to the app, bytes, errors and all.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

from opentelemetry.trace import Span, Status, StatusCode

from wxtrace.capture.urls import host_of, is_weixin

ERRCODE: Final = "wechat.errcode"
MAX_REPLY: Final = 16 << 10
"""Of a longer reply, the errcode is not looked for; bytes."""
_TEXTUAL: Final = re.compile(r"(?:application/json|text/(?:plain|json))\b", re.IGNORECASE)


def tell_errcode(span: Span, body: bytes, encoding: str = "") -> None:
    """
    Put the errcode of a reply to *span*; other than 0 it is an error.

    Args:
        span: The span of the call, which has not ended.
        body: The reply, as it came.
        encoding: Its ``Content-Encoding``.
    """
    code = _errcode(body, encoding)
    if code is not None:
        span.set_attribute(ERRCODE, code)
        if code:
            span.set_status(Status(StatusCode.ERROR, f"errcode {code}"))


def _errcode(body: bytes, encoding: str) -> int | None:
    if len(body) > MAX_REPLY or not (encoding or b"{" in body[:16]):
        return None
    try:
        if encoding in ("gzip", "deflate"):
            body = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, MAX_REPLY)
        reply = json.loads(body)
    except (ValueError, zlib.error, RecursionError):
        return None
    code = reply.get("errcode") if isinstance(reply, dict) else None
    return code if type(code) is int and -(1 << 31) <= code < 1 << 31 else None


def on_requests_reply(span: Span, request: Any, response: Any) -> None:
    """Hear of a reply that requests has got: its body is there unless the app streams it."""
    try:
        body = response._content
        if isinstance(body, bytes) and is_weixin(host_of(request.url)):
            tell_errcode(span, body)  # decoded by requests
    except Exception:  # what the app has put there may be anything
        return


def on_urllib3_reply(span: Span, pool: Any, response: Any) -> None:
    """Hear of a reply that urllib3 has got: its body is there if it was asked to preload it."""
    try:
        body, told = response._body, getattr(span, "attributes", None) or {}  # the pool may be a proxy's
        if isinstance(body, bytes) and is_weixin(host_of(str(told.get("http.url") or told.get("url.full")))):
            tell_errcode(span, body)
    except Exception:
        return


def on_httpx_reply(span: Span, request: Any, response: Any) -> None:
    """Hear of a reply of which httpx has the head; a short body is read for the app."""
    if not span.is_recording() or not _is_read(request, response):
        return
    one = Ahead(response.stream._httpcore_stream)
    one.read()
    response.stream._httpcore_stream = one
    tell_errcode(span, b"".join(one.parts), response.headers.get("content-encoding", ""))


async def on_async_httpx_reply(span: Span, request: Any, response: Any) -> None:
    """Do the same for httpx's asynchronous client."""
    if not span.is_recording() or not _is_read(request, response):
        return
    one = Ahead(response.stream._httpcore_stream)
    await one.aread()
    response.stream._httpcore_stream = one
    tell_errcode(span, b"".join(one.parts), response.headers.get("content-encoding", ""))


def _is_read(request: Any, response: Any) -> bool:
    """Say whether a reply is WeChat's, short, textual, and in a stream that can be put back."""
    try:
        headers = response.headers
        return (
            is_weixin(request.url.host)
            and 0 < int(headers.get("content-length", "0")) <= MAX_REPLY
            and _TEXTUAL.match(headers.get("content-type", "")) is not None
            and hasattr(response.stream, "_httpcore_stream")
        )
    except Exception:
        return False


class Ahead:
    """
    A stream that was read before the app asks for it; what failed then, fails when the app gets there.

    Args:
        stream: Of httpcore.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._error: Exception | None = None
        self.parts: list[bytes] = []

    def read(self) -> None:
        """Read it all."""
        try:
            self.parts.extend(self._stream)
        except Exception as error:
            self._error = error

    async def aread(self) -> None:
        """Read it all."""
        try:
            async for part in self._stream:
                self.parts.append(part)
        except Exception as error:
            self._error = error

    def __iter__(self) -> Iterator[bytes]:
        yield from self.parts
        if self._error is not None:
            raise self._error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            yield part
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Close the stream."""
        if hasattr(self._stream, "close"):
            self._stream.close()

    async def aclose(self) -> None:
        """Close the stream."""
        if hasattr(self._stream, "aclose"):
            await self._stream.aclose()
