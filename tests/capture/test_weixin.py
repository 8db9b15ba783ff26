"""Calls of WeChat's API: named by their path, without secrets, with the errcode of the reply."""

from __future__ import annotations

import asyncio
import gzip
import json
from types import SimpleNamespace
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.trace import SpanKind

from wxtrace.capture import weixin
from wxtrace.capture.light import LightTracer
from wxtrace.capture.urls import api_path, clean_query, clean_url, host_of, is_weixin
from wxtrace.capture.weixin import MAX_REPLY

API = "https://api.weixin.qq.com"
HTTPX = "opentelemetry.instrumentation.httpx"
SECRET = "S3cr3tS3cr3t"
NAMES = [
    *("access_token", "component_access_token", "authorizer_access_token", "suite_access_token", "refresh_token"),
    *("secret", "appsecret", "corpsecret", "component_appsecret", "js_code", "code", "auth_code", "ticket"),
    *(
        "authorization_code",
        "pre_auth_code",
        "signature",
        "session_key",
        "ACCESS_TOKEN",
        "Access-Token",
        "key",
        "openid",
    ),
]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.weixin.qq.com/x", "api.weixin.qq.com"),
        ("https://API.Weixin.QQ.com:443/x", "api.weixin.qq.com"),
        ("https://api.weixin.qq.com.", "api.weixin.qq.com"),
        ("https://api.weixin.qq.com@evil.example/x", "evil.example"),
        ("https://evil.example\\@api.weixin.qq.com/x", "evil.example"),
        ("https://evil.example?@api.weixin.qq.com", "evil.example"),
        ("https://evil.example#@api.weixin.qq.com", "evil.example"),
        ("http://[::1]:80/x", "::1"),
        ("/x", ""),
        ("", ""),
    ],
)
def test_hosts(url, expected):
    """The host is what a client connects to, whatever stands around it."""
    assert expected == host_of(url)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("api.weixin.qq.com", True),
        ("sh.api.weixin.qq.com", True),
        ("api.mch.weixin.qq.com", True),
        ("weixin.qq.com", True),
        ("evilweixin.qq.com", False),
        ("api.weixin.qq.com.evil.example", False),
        ("", False),
    ],
)
def test_sisters(host, expected):
    """WeChat's own hosts, and none that only look so."""
    assert expected == is_weixin(host)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{API}/cgi-bin/token?secret=a", "/cgi-bin/token"),
        (f"{API}/cgi-bin/message/custom/send", "/cgi-bin/message/custom/send"),
        (f"{API}/v3/pay/transactions/id/1217752501201407033233368018", "/v3/pay/transactions/id/{id}"),
        (f"{API}/a/{'b' * 41}", "/a/{id}"),
        (f"{API}/a b", "/a"),
        (API, ""),
        ("no url", ""),
    ],
)
def test_paths(url, expected):
    """A name has the path of the API, without ids."""
    assert expected == api_path(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            f"{API}/cgi-bin/token?grant_type=client_credential&appid=wx1&secret=A",
            f"{API}/cgi-bin/token?grant_type=client_credential&appid=wx1&secret=[redacted]",
        ),
        (f"{API}/x?new=A&openid=oA&A", f"{API}/x?new=[redacted]&openid=[redacted]&[redacted]"),
        (f"{API}/x?appid=a%26secret%3DA", f"{API}/x?appid=[redacted]"),
        ("https://a.example/x?b=1&c=2", "https://a.example/x?b=1&c=2"),
        (
            "https://a.example/x?openid=oA&next_openid=oA&b=2",
            "https://a.example/x?openid=[redacted]&next_openid=[redacted]&b=2",
        ),
        ("https://user:pass@a.example/x", "https://a.example/x"),
        ("https://a.example/x#access_token=A", "https://a.example/x"),
        ("https://a.example/x;token=A?b=1", "https://a.example/x?b=1"),
        ("https://a.example/x%3Ftoken=A", "https://a.example/[redacted]"),
        ("https://a.example/x?next=%2Fy%3Fcode%3DA&b=1", "https://a.example/x?next=[redacted]&b=1"),
        (f"https://a.example/x?a=%{'25' * 12}41", "https://a.example/x?a=[redacted]"),
        ("https://a.example/x?a=100%&b=%25", "https://a.example/x?a=100%&b=%25"),
        ("https://a.example/x?postcode=1&monkey=2", "https://a.example/x?postcode=1&monkey=2"),
    ],
)
def test_urls(url, expected):
    """Secrets go, what tells one call from another stays."""
    assert expected == clean_url(url)
    assert expected == clean_url(clean_url(url))


def hostile(name):
    """Return ways to write the parameter *name*."""
    encoded = "".join(f"%{ord(letter):02x}" for letter in name)
    return st.sampled_from([name, name.upper(), name.title(), encoded, encoded.replace("%", "%25"), quote(name)])


hosts = st.sampled_from(["api.weixin.qq.com", "sh.api.weixin.qq.com", "API.WEIXIN.QQ.COM:443", "crm.example"])
urls = (
    st.sampled_from(NAMES)
    .flatmap(hostile)
    .flatmap(
        lambda name: hosts.flatmap(
            lambda host: st.sampled_from(
                [
                    f"https://{host}/x?a=1&{name}={SECRET}",
                    f"https://{host}/x?a=1;{name}={SECRET};b=2",
                    f"https://{host}/x?{name}={SECRET}#{name}={SECRET}",
                    f"https://{host}/x?a={quote(f'?{name}={SECRET}', safe='')}",
                    f"https://{host}/x?a={quote(quote(f'https://b/?{name}={SECRET}', safe=''), safe='')}",
                    f"https://u:{SECRET}@{host}/x?&&{name}={SECRET}&{name}={SECRET}",
                ]
            )
        )
    )
)
keys = st.sampled_from(["http.url", "url.full", "http.target"])


@given(urls, keys)
def test_no_secret_of_a_url_survives(url, key):
    """However a secret is written into a URL, no attribute has it, by old names or new."""
    from wxtrace.capture.attributes import encode
    from wxtrace.capture.stable import stable

    query = url.partition("?")[2]
    host = {"server.address": host_of(url)}

    assert SECRET.encode() not in encode(stable({key: url}))
    assert SECRET.encode() not in encode(stable({"url.query": query, **host}))
    assert SECRET not in clean_query(query)


@given(st.text(max_size=200))
def test_any_text_is_a_url(text):
    """Whatever stands where a URL is expected: nothing raises, and what is clean stays."""
    clean_url(text)
    api_path(text)
    host_of(text)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"errcode":40001,"errmsg":"invalid"}', (40001, "ERROR", "errcode 40001")),
        (b'{"errcode":-1}', (-1, "ERROR", "errcode -1")),
        (b'{"errcode":0,"errmsg":"ok"}', (0, "UNSET", None)),
        (b' \n{"errcode": 0}', (0, "UNSET", None)),
        (b'{"access_token":"A"}', (None, "UNSET", None)),
        (b'{"errcode":"40001"}', (None, "UNSET", None)),
        (b'{"errcode":true}', (None, "UNSET", None)),
        (b'[{"errcode":1}]', (None, "UNSET", None)),
        (b"{" * 9000, (None, "UNSET", None)),
        (b'{"errcode":1', (None, "UNSET", None)),
        (b"<xml/>", (None, "UNSET", None)),
        (b"\xff\xfe{", (None, "UNSET", None)),
        (b'{"errcode":1}' + b" " * MAX_REPLY, (None, "UNSET", None)),
        (b"", (None, "UNSET", None)),
    ],
)
def test_errcodes(captured, body, expected):
    """The errcode of a JSON object is told, and other than 0 an error; all else is no reply of WeChat's."""
    span = LightTracer(HTTPX).start_span("GET", kind=SpanKind.CLIENT)
    weixin.tell_errcode(span, body)
    span.end()
    (row,) = captured.spans

    assert expected == (row.attributes.get("wechat.errcode"), row.status_code, row.status_message)


def test_a_packed_errcode(captured):
    """A reply that is compressed is unpacked, and no more of it than a reply may have."""
    span = LightTracer(HTTPX).start_span("GET")
    weixin.tell_errcode(span, gzip.compress(b'{"errcode":0}'), "gzip")
    bomb = LightTracer(HTTPX).start_span("GET")
    weixin.tell_errcode(bomb, gzip.compress(b'{"errcode":0, "a":"' + b" " * (1 << 20) + b'"}'), "gzip")

    assert ({"wechat.errcode": 0}, None) == (span.attributes, bomb.attributes)


class Stream:
    """A body that comes in parts, perhaps not to its end; as httpx and httpcore have it, in one."""

    def __init__(self, parts, error=None):
        self.parts, self.error, self.closed = parts, error, False
        self._httpcore_stream = self.inner = SimpleNamespace()

    def __iter__(self):
        yield from self.parts
        if self.error:
            raise self.error

    async def __aiter__(self):
        for part in self.parts:
            yield part
        if self.error:
            raise self.error

    def close(self):
        """Be closed."""
        self.closed = True

    async def aclose(self):
        """Be closed."""
        self.closed = True


def reply_of(inner, length, host="api.weixin.qq.com", kind="application/json; encoding=utf-8"):
    """Return request and reply as contrib hands them to a hook."""
    headers = httpx.Headers({"content-length": str(length), "content-type": kind})
    return (
        SimpleNamespace(url=httpx.URL(f"https://{host}/cgi-bin/token")),
        SimpleNamespace(headers=headers, stream=SimpleNamespace(_httpcore_stream=inner)),
    )


def test_a_body_is_given_to_the_app(captured):
    """A short reply of WeChat's is read ahead: the app gets the same bytes, and closes the same stream."""
    inner = Stream([b'{"err', b'code":7}'])
    request, response = reply_of(inner, 13)
    span = LightTracer(HTTPX).start_span("GET")
    weixin.on_httpx_reply(span, request, response)
    given_ = b"".join(response.stream._httpcore_stream)
    response.stream._httpcore_stream.close()

    assert ({"wechat.errcode": 7}, b'{"errcode":7}', True) == (span.attributes, given_, inner.closed)


def test_a_body_is_given_to_an_asynchronous_app(captured):
    """It is the same with httpx's asynchronous client."""
    inner = Stream([b'{"err', b'code":7}'])
    request, response = reply_of(inner, 13)
    span = LightTracer(HTTPX).start_span("GET")

    async def read():
        """Be the app."""
        await weixin.on_async_httpx_reply(span, request, response)
        got = b"".join([part async for part in response.stream._httpcore_stream])
        await response.stream._httpcore_stream.aclose()
        return got

    assert (b'{"errcode":7}', {"wechat.errcode": 7}, True) == (asyncio.run(read()), span.attributes, inner.closed)


def test_a_body_that_breaks(captured):
    """What fails while it is read ahead, fails in the app, after the same bytes."""
    inner = Stream([b'{"err'], httpx.ReadError("gone"))
    request, response = reply_of(inner, 13)
    weixin.on_httpx_reply(LightTracer(HTTPX).start_span("GET"), request, response)
    parts = iter(response.stream._httpcore_stream)

    assert b'{"err' == next(parts)
    with pytest.raises(httpx.ReadError, match="gone"):
        next(parts)


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "crm.example"},
        {"length": MAX_REPLY + 1},
        {"length": "many"},
        {"length": 0},
        {"kind": "image/jpeg"},
        {"kind": "text/event-stream"},
    ],
)
def test_other_bodies_are_left_alone(captured, changes):
    """A reply of another host, a long one, one of unknown length, a picture: nobody touches the stream."""
    inner = Stream([])
    request, response = reply_of(**{"inner": inner, "length": 13, **changes})
    weixin.on_httpx_reply(LightTracer(HTTPX).start_span("GET"), request, response)
    asyncio.run(weixin.on_async_httpx_reply(LightTracer(HTTPX).start_span("GET"), request, response))

    assert inner is response.stream._httpcore_stream


@pytest.mark.parametrize(
    ("content", "url", "expected"),
    [
        (b'{"errcode":7}', f"{API}/x", {"wechat.errcode": 7}),
        (False, f"{API}/x", None),
        (b'{"errcode":7}', "https://crm.example", None),
    ],
)
def test_requests(captured, content, url, expected):
    """A body that requests has read is looked at; one that the app streams is not."""
    span = LightTracer("requests").start_span("GET")
    weixin.on_requests_reply(span, SimpleNamespace(url=url), SimpleNamespace(_content=content))
    weixin.on_requests_reply(span, None, None)

    assert expected == span.attributes


def test_urllib3(captured):
    """A body that urllib3 has preloaded is looked at; whose it is, the span says, for the pool may be a proxy's."""
    span = LightTracer("urllib3").start_span("GET", attributes={"http.url": f"{API}/x"})
    weixin.on_urllib3_reply(span, None, SimpleNamespace(_body=b'{"errcode":7}'))
    weixin.on_urllib3_reply(span, None, None)

    assert 7 == span.attributes["wechat.errcode"]


@pytest.mark.parametrize("key", ["http.url", "url.full"])
@pytest.mark.parametrize("name", ["POST", "HTTP POST"])
def test_a_call_as_it_is_kept(captured, key, name):
    """From its first moment it has the API's path in its name, and at its end no secret."""
    url = f"{API}/cgi-bin/message/custom/send?access_token={SECRET}"
    span = LightTracer(HTTPX).start_span(name, kind=SpanKind.CLIENT, attributes={key: url, "http.method": "POST"})
    (seen,) = captured.open
    span.end()
    (row,) = captured.spans

    assert "POST /cgi-bin/message/custom/send" == seen.name == row.name
    assert ("remote", "api.weixin.qq.com") == (row.layer, row.module)
    assert {
        "url.full": f"{API}/cgi-bin/message/custom/send?access_token=[redacted]",
        "http.request.method": "POST",
        "server.address": "api.weixin.qq.com",
    } == row.attributes
    assert SECRET not in json.dumps([seen.attributes, row.attributes]) + repr(captured.packed)
