"""The ASGI middleware: what it tags, what it times, and what it leaves alone."""

from __future__ import annotations

import asyncio
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serving import (
    OF_THE_PUSH,
    OF_THE_REPLY,
    OF_THE_REQUEST,
    OPENID,
    QUERY,
    STAMP,
    TAG,
    TEXT,
    body_messages,
    exchange,
    read_body,
    replying,
    scope,
    serve,
    tag_of,
)
from strategies import http_scopes, push_bodies

import wxtrace
from wxtrace import AccessMiddleware
from wxtrace.capture import doors
from wxtrace.capture.doors import Doors
from wxtrace.testing import START_NS, capture_records


def test_a_push(captured):
    """A push becomes an access span with the tag and all that the request, the body and the reply say."""
    sent = serve(AccessMiddleware(replying()))
    (span,) = captured.spans

    assert [b"success"] == [message["body"] for message in sent[1:]]
    assert TAG == tag_of(span)
    assert ("access", "asgi", "POST /wechat", "SERVER") == (span.layer, span.module, span.name, span.kind)
    assert ("UNSET", None, None) == (span.status_code, span.status_message, span.parent_span_id)
    assert {**OF_THE_REQUEST, **OF_THE_PUSH, **OF_THE_REPLY} == span.attributes


def test_an_unusual_reply_tells_the_same(captured):
    """The commonest exchange is written down from parts; any other one is written down in full, and alike."""
    serve(AccessMiddleware(replying(b"succ", b"ess")))
    serve(AccessMiddleware(replying(b"")))
    in_parts, empty = captured.spans

    assert {**OF_THE_REQUEST, **OF_THE_PUSH, **OF_THE_REPLY} == in_parts.attributes
    assert {**in_parts.attributes, "wechat.reply.length": 0} == empty.attributes


def test_a_refused_reply_is_kept(captured):
    """Of a reply that WeChat refuses the first 700 bytes are kept, and why."""
    serve(AccessMiddleware(replying(b"<html>" + b"x" * 1000, status=502)))

    assert {
        "http.response.status_code": 502,
        "wechat.reply.length": 1006,
        "wechat.reply.acceptable": False,
        "wechat.reply.reason": "HTTP status 502",
        "wechat.reply.text": "<html>" + "x" * 694,
    }.items() <= captured.span("asgi").attributes.items()


@pytest.mark.parametrize(
    "chunks",
    [
        (TEXT,),
        (TEXT[:100], TEXT[100:]),
        tuple(TEXT[at : at + 1] for at in range(len(TEXT))),
        (TEXT, b""),
        (b"", TEXT),
    ],
    ids=["whole", "two", "bytes", "empty end", "empty start"],
)
def test_the_body_in_chunks(captured, chunks):
    """However the body is cut, the app gets the same chunks and the span the same facts."""
    seen = []

    async def app(request, receive, send):
        """Keep each chunk as it comes."""
        seen.extend([await receive() for _ in chunks])
        await replying()(request, receive, send)

    serve(AccessMiddleware(app), scope(), *chunks)

    assert body_messages(chunks) == seen
    assert OF_THE_PUSH.items() <= captured.span("asgi").attributes.items()


def test_the_body_is_not_held_back(captured):
    """The app has a chunk before the next one is asked for."""
    order = []

    async def receive():
        """Give three chunks."""
        order.append("asked")
        return {"type": "http.request", "body": b"x", "more_body": len(order) < 3}

    async def app(request, receive, send):
        """Ask for one chunk after the other."""
        while (await receive())["more_body"]:
            order.append("handed on")

    async def send(message):
        """Nothing is sent."""

    asyncio.run(AccessMiddleware(app)(scope(), receive, send))

    assert ["asked", "handed on", "asked"] == order


def test_no_more_than_64_kib_of_a_body_are_looked_at(captured):
    """A huge body passes whole; what is behind its first 64 KiB says nothing."""
    body = b"<xml>" + b" " * (1 << 20) + TEXT[5:]
    got = []

    async def app(request, receive, send):
        """Keep the body, and begin a reply."""
        got.append(await read_body(receive))
        await send({"type": "http.response.start", "status": 200, "headers": []})

    serve(AccessMiddleware(app), scope(), *(body[at : at + 4096] for at in range(0, len(body), 4096)))

    assert [body] == got
    assert {
        **OF_THE_REQUEST,
        "wechat.request.body_bytes": len(body),
        **OF_THE_REPLY,
        "wechat.reply.length": 0,
    } == captured.span("asgi").attributes


def test_an_openid_from_the_body(captured):
    """Where the query has no openid, the body's FromUserName is it, for all that runs from then on."""
    tags = []

    async def app(request, receive, send):
        """Look at the tag before the body and after it."""
        tags.append(wxtrace.current_tag())
        await read_body(receive)
        tags.append(wxtrace.current_tag())
        await replying()(request, receive, send)

    serve(AccessMiddleware(app), scope(QUERY.partition(b"&openid")[0]))

    assert [(None, STAMP, "77"), TAG] == tags
    assert TAG == tag_of(captured.span("asgi"))


def test_the_path_and_the_query_say_more(captured):
    """The appid of a third-party platform's path and the encryption are facts of the push."""
    app = AccessMiddleware(replying(), appid_path="/{appid}/callback")
    serve(app, scope(QUERY + b"&encrypt_type=aes&msg_signature=0", path="/wx9/callback"), b"<xml></xml>")

    told = captured.span("asgi").attributes

    assert ("wx9", "aes") == (told["wechat.appid"], told["wechat.encrypt_type"])


def test_what_the_app_identifies(captured):
    """What the app learns after decrypting stands at the access span, and before the body's own word."""

    async def app(request, receive, send):
        """Identify the push as after decrypting."""
        await read_body(receive)
        wxtrace.identify(openid="oNew", msg_id=5, event="VIEW")
        await replying()(request, receive, send)

    serve(AccessMiddleware(app))
    span = captured.span("asgi")

    assert ("oNew", STAMP, "77") == tag_of(span)
    assert {"wechat.event": "VIEW", "wechat.msg_id": "5"}.items() <= span.attributes.items()


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(scope(method="GET", query=QUERY + b"&echostr=1"), id="verification"),
        pytest.param(scope(method="GET"), id="get"),
        pytest.param(scope(b"page=1", path="/admin"), id="another route"),
        pytest.param(scope(b""), id="no query"),
    ],
)
def test_what_is_no_push_has_a_span_without_a_tag(captured, request_):
    """A verification and other routes are recorded, but neither tagged nor judged."""
    serve(AccessMiddleware(replying(b"1234")), request_)
    span = captured.span("asgi")

    assert (None, None, None) == tag_of(span)
    assert {
        **OF_THE_REQUEST,
        "http.request.method": request_["method"],
        "url.path": request_["path"],
        "wechat.request.body_bytes": len(TEXT),
        "http.response.status_code": 200,
        "wechat.reply.length": 4,
    } == span.attributes


def test_a_websocket_passes(captured):
    """A websocket has a span without a tag, and its messages pass as they are."""
    request = {key: value for key, value in scope().items() if key != "method"} | {"type": "websocket"}
    received = []

    async def app(request, receive, send):
        """Take one message, and accept."""
        received.append(await receive())
        await send({"type": "websocket.accept"})

    sent = asyncio.run(exchange(AccessMiddleware(app), request, [{"type": "websocket.connect"}]))
    span = captured.span("asgi")

    assert ([{"type": "websocket.connect"}], [{"type": "websocket.accept"}]) == (received, sent)
    assert ("WEBSOCKET /wechat", (None, None, None)) == (span.name, tag_of(span))


def test_lifespan_passes(captured):
    """The app gets the very lifespan scope and receive channel, and nothing of it is recorded."""
    request, seen = {"type": "lifespan"}, []

    async def app(scope, receive, send):
        """Start up."""
        seen.append((scope, await receive()))
        await send({"type": "lifespan.startup.complete"})

    sent = asyncio.run(exchange(AccessMiddleware(app), request, [{"type": "lifespan.startup"}]))

    assert seen[0][0] is request
    assert [({"type": "lifespan"}, {"type": "lifespan.startup"})] == seen
    assert [{"type": "lifespan.startup.complete"}] == sent
    assert [] == captured.records


def test_the_reply_ends_the_attempt(captured):
    """The span ends when the last body byte is sent, not when the app returns."""
    times = {}

    def on_send(message):
        captured.clock.advance(1)
        times["sent"] = captured.clock.now_ns

    async def app(request, receive, send):
        """Work on for two seconds after the reply."""
        await replying(b"succ", b"ess")(request, receive, send)
        captured.clock.advance(2)

    serve(AccessMiddleware(app), on_send=on_send)
    access, after = captured.spans

    assert 0 <= access.end_ns - times["sent"] < 20_000
    assert 3_000_000_000 <= access.end_ns - START_NS < 3_000_100_000
    assert ("access", "after_reply", "after_reply", "INTERNAL") == (
        after.layer,
        after.module,
        after.name,
        after.kind,
    )
    assert (access.span_id, access.trace_id, TAG) == (after.parent_span_id, after.trace_id, tag_of(after))
    assert 2_000_000_000 <= after.end_ns - access.end_ns < 2_000_100_000


def test_what_runs_after_the_reply_is_below_after_reply(captured):
    """Spans of a background task are children of `after_reply`, however short; it is begun once."""

    async def app(request, receive, send):
        """Do two things after the reply."""
        await replying()(request, receive, send)
        for name in ("mail", "count"):
            with wxtrace.span("logic", name, name):
                pass

    serve(AccessMiddleware(app))
    parents = {span.module: span.parent_span_id for span in captured.spans}
    ids = {span.module: span.span_id for span in captured.spans}

    assert {
        "asgi": None,
        "after_reply": ids["asgi"],
        "mail": ids["after_reply"],
        "count": ids["after_reply"],
    } == parents


def test_a_span_that_outlives_the_reply_keeps_its_parent(captured):
    """What was begun before the reply goes on below the access span, and so do its children."""

    async def app(request, receive, send):
        """Reply from within a span, which goes on."""
        with wxtrace.span("logic", "handler", "handler"):
            await replying()(request, receive, send)
            with wxtrace.span("storage", "redis", "GET"):
                pass

    serve(AccessMiddleware(app))
    parents = {span.module: span.parent_span_id for span in captured.spans}

    assert captured.span("handler").span_id == parents["redis"]
    assert captured.span("asgi").span_id == parents["handler"]


def test_no_after_reply_where_nothing_runs_after(captured):
    """An app that returns at once leaves one span."""
    serve(AccessMiddleware(replying()))

    assert ["asgi"] == [span.module for span in captured.spans]


def test_an_exception_before_the_reply(captured):
    """What the app raises goes on, and the span says so and assumes status 500."""

    async def app(request, receive, send):
        """Fail at once."""
        raise LookupError("no menu")

    with pytest.raises(LookupError, match="no menu"):
        serve(AccessMiddleware(app))
    span = captured.span("asgi")

    assert ("ERROR", "LookupError: no menu") == (span.status_code, span.status_message)
    assert {
        "error.type": "LookupError",
        "http.response.status_code": 500,
        "wechat.status.assumed": True,
    }.items() <= span.attributes.items()
    assert [("exception", "error", TAG)] == [(line.event, line.severity, tag_of(line)) for line in captured.logs]


def test_an_exception_within_the_reply(captured):
    """An exception after the status was sent leaves the status as it is."""

    async def app(request, receive, send):
        """Fail after the status."""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise LookupError("no menu")

    with pytest.raises(LookupError, match="no menu"):
        serve(AccessMiddleware(app))
    span = captured.span("asgi")

    assert "ERROR" == span.status_code
    assert (200, 0) == (span.attributes["http.response.status_code"], span.attributes["wechat.reply.length"])
    assert "wechat.status.assumed" not in span.attributes


def test_a_reply_that_cannot_be_sent(captured):
    """Where the server cannot send the reply the app gets that error, and the span has failed with it."""

    def on_send(message):
        if message["type"] == "http.response.body":
            raise BrokenPipeError("gone")

    with pytest.raises(BrokenPipeError, match="gone"):
        serve(AccessMiddleware(replying()), on_send=on_send)
    span = captured.span("asgi")

    assert ("ERROR", "BrokenPipeError: gone", 200) == (
        span.status_code,
        span.status_message,
        span.attributes["http.response.status_code"],
    )


def test_an_app_that_replies_twice(captured):
    """What an app sends after the end of its reply passes, and changes nothing of what was recorded."""

    async def app(request, receive, send):
        """Reply, and reply again."""
        await replying()(request, receive, send)
        await replying(b"again", status=500)(request, receive, send)

    sent = serve(AccessMiddleware(app))

    assert (4, 200) == (len(sent), captured.span("asgi").attributes["http.response.status_code"])
    assert True is captured.span("asgi").attributes["wechat.reply.acceptable"]


def test_an_app_that_does_not_reply(captured):
    """An app that returns without a reply leaves a span without a status."""

    async def app(request, receive, send):
        """Read the body, and no more."""
        await read_body(receive)

    assert [] == serve(AccessMiddleware(app))
    assert {**OF_THE_REQUEST, **OF_THE_PUSH} == captured.span("asgi").attributes


def test_an_app_that_sends_only_the_status(captured):
    """An app that sends no body leaves a span with its status, judged by what was sent."""

    async def app(request, receive, send):
        """Reply without a body."""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    serve(AccessMiddleware(app))

    assert (200, 0, True) == tuple(
        captured.span("asgi").attributes[name]
        for name in ("http.response.status_code", "wechat.reply.length", "wechat.reply.acceptable")
    )


def test_an_exception_after_the_reply(captured):
    """A background task that fails fails `after_reply`; the attempt stays good."""

    async def app(request, receive, send):
        """Reply, then fail."""
        await replying()(request, receive, send)
        with wxtrace.span("logic", "mail", "mail"):
            raise OSError("no mail")

    with pytest.raises(OSError, match="no mail"):
        serve(AccessMiddleware(app))

    assert {"asgi": "UNSET", "after_reply": "ERROR", "mail": "ERROR"} == {
        span.module: span.status_code for span in captured.spans
    }


def test_a_cancelled_request(captured):
    """A task that is cancelled while it serves is recorded as cancelled, without a traceback."""

    async def app(request, receive, send):
        """Wait for ever."""
        await asyncio.Event().wait()

    async def main():
        """Cancel the request while it waits."""
        task = asyncio.create_task(exchange(AccessMiddleware(app), scope()))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    span = captured.span("asgi")

    assert ("ERROR", "cancelled", "CancelledError") == (
        span.status_code,
        span.status_message,
        span.attributes["error.type"],
    )
    assert [] == captured.logs


def test_the_client_hangs_up(captured):
    """A client that hangs up before the reply is told; one that does so after it is not."""

    async def early(request, receive, send):
        """See the client go before the reply."""
        await read_body(receive)
        await receive()
        await replying()(request, receive, send)

    async def late(request, receive, send):
        """See the client go after the reply."""
        await replying()(request, receive, send)
        await receive()

    serve(AccessMiddleware(early))
    serve(AccessMiddleware(late))

    assert [True, None] == [span.attributes.get("wechat.disconnected") for span in captured.spans]


@given(http_scopes(), st.lists(push_bodies() | st.binary(max_size=60), max_size=3), st.data())
def test_the_app_does_not_notice(request_, chunks, data):
    """Whatever comes in and goes out, app and server see the same messages with the middleware as without it."""
    replies = data.draw(st.lists(st.binary(max_size=40) | st.just(b"success"), min_size=1, max_size=3))
    status = data.draw(st.sampled_from([200, 201, 500]))
    seen = []

    async def app(request, receive, send):
        """Keep what comes, and reply."""
        seen.append((dict(request), await read_body(receive)))
        await replying(*replies, status=status)(request, receive, send)

    with capture_records() as captured:
        inside = serve(AccessMiddleware(app), dict(request_), *chunks)

    assert serve(app, dict(request_), *chunks) == inside
    assert seen[0] == seen[1]
    assert status == captured.spans[0].attributes["http.response.status_code"]


def test_requests_at_once_do_not_mix(captured):
    """Two requests held inside the app at once have each their own tag, body, status and reply."""
    inside = []

    async def main():
        """Serve two requests at once."""
        both = asyncio.Event()

        async def app(request, receive, send):
            """Wait until both are inside, then reply by the path."""
            await read_body(receive)
            inside.append(wxtrace.current_tag())
            if len(inside) == 2:
                both.set()
            await both.wait()
            status = 200 if request["path"] == "/a" else 500
            await replying(request["path"].encode() * status, status=status)(request, receive, send)

        served = AccessMiddleware(app)
        before = dict(vars(served))
        queries = {"/a": QUERY, "/b": QUERY.replace(b"oA-1_b", b"oB")}
        await asyncio.gather(
            *(exchange(served, scope(query, path=path), body_messages([TEXT])) for path, query in queries.items())
        )
        assert before == vars(served)

    asyncio.run(main())
    told = {
        span.attributes["url.path"]: (
            span.openid,
            span.attributes["http.response.status_code"],
            span.attributes["wechat.reply.length"],
        )
        for span in captured.spans
    }

    assert {OPENID, "oB"} == {tag.openid for tag in inside}
    assert {"/a": (OPENID, 200, 400), "/b": ("oB", 500, 1000)} == told


def test_nothing_is_bound_after_a_request(captured):
    """What is bound for a request is gone from the task that served it."""

    async def main():
        """Serve a request, and look at the tag."""
        await exchange(AccessMiddleware(replying()), scope())
        return wxtrace.current_tag()

    assert asyncio.run(main()) is None
    assert [] == captured.open


def test_an_open_request_is_visible(captured):
    """While the app works, the access span stands in the table of open spans, tag included."""
    seen = []

    async def app(request, receive, send):
        """Look at what is open, then reply."""
        seen.extend(captured.open)
        await replying()(request, receive, send)

    serve(AccessMiddleware(app))

    assert [("asgi", "open", TAG)] == [(span.module, span.state, tag_of(span)) for span in seen]


def test_a_caller_s_trace_is_not_joined_unasked(captured):
    """A traceparent header begins no trace of ours: nobody has vouched for it."""
    headers = [(b"traceparent", b"00-" + b"ab" * 16 + b"-" + b"cd" * 8 + b"-00")]
    serve(AccessMiddleware(replying()), scope(headers=headers))

    assert None is captured.span("asgi").parent_span_id


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], "81.69.101.1"),
        ([(b"x-real-ip", b"1.2.3.4")], "1.2.3.4"),
        ([(b"x-forwarded-for", b"1.2.3.4, 10.0.0.1")], "1.2.3.4"),
        ([(b"x-forwarded-for", b"\xff" * 200)], "ÿ" * 64),
    ],
)
def test_the_address_of_the_client(captured, headers, expected):
    """The client is who the proxy says it is, cut to what an address may be."""
    serve(AccessMiddleware(replying()), scope(headers=headers))

    assert expected == captured.span("asgi").attributes["client.address"]


def test_a_request_over_a_socket_has_no_client(captured):
    """Behind a unix socket there is no client; the rest is recorded."""
    serve(AccessMiddleware(replying()), scope(client=None, headers=[]))

    told = captured.span("asgi").attributes
    assert ("/wechat", None, None) == (told["url.path"], told.get("client.address"), told.get("server.address"))


def test_a_scope_that_says_the_least(captured):
    """What a server may leave out of a scope is missed by nobody."""
    serve(AccessMiddleware(replying()), {"type": "http", "method": "POST", "path": "/wechat"})

    assert (None, "/wechat") == (captured.span("asgi").stamp, captured.span("asgi").attributes["url.path"])


def test_a_body_without_a_sender(captured):
    """Where neither query nor body has an openid the stamp is all there is."""
    serve(AccessMiddleware(replying()), scope(QUERY.partition(b"&openid")[0]), b"<xml></xml>")

    assert (None, STAMP, "77") == tag_of(captured.span("asgi"))


def test_a_path_of_odd_characters(captured):
    """A path that is no text of Unicode breaks nothing."""
    serve(AccessMiddleware(replying()), scope(path="/\ud800" + "雪" * 999))

    assert "POST /?雪" == captured.span("asgi").name[:8]


def test_a_reply_with_trailers(captured):
    """Messages that are neither start nor body of a reply pass as they are."""
    more = [{"type": "http.response.trailers", "headers": []}, {"type": "http.response.push", "path": "/"}]

    async def app(request, receive, send):
        """Reply, and send more."""
        await replying()(request, receive, send)
        for message in more:
            await send(message)

    assert more == serve(AccessMiddleware(app))[2:]


def test_doors_are_bounded():
    """However many paths are asked for, 512 at most are remembered."""
    doors = Doors(lambda path: None)
    for number in range(2000):
        doors.door(scope(path=f"/{number}"))

    assert len(doors._known) <= 512
    assert doors.door(scope(path="/1999")) is doors.door(scope(path="/1999"))


def test_a_hundred_requests_without_a_tag_are_worth_one_warning(captured, caplog):
    """Somebody whose proxy strips the query is told so once, with what was looked for."""
    app = AccessMiddleware(replying())
    for _ in range(201):
        serve(app, scope(b"", path="/cb"))

    (warning,) = caplog.messages
    assert warning.startswith(
        "wxtrace: none of the first 100 requests had a tag (the last: /cb). Looked for openid"
    )


def test_no_warning_where_pushes_come_in(captured, caplog):
    """After a push, requests without a tag are nothing to warn of."""
    app = AccessMiddleware(replying())
    serve(app)
    for _ in range(101):
        serve(app, scope(b""))

    assert [] == [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("contrib", [False, True])
def test_disabled(contrib):
    """Before `start`, and when switched off, the app is called with what the server gave."""
    request, calls = scope(), []

    async def app(scope, receive, send):
        """Keep what comes in, and send a status."""
        calls.append((scope, await receive()))
        await send({"type": "http.response.start", "status": 200, "headers": []})

    sent = serve(AccessMiddleware(app, contrib=contrib), request, b"x")

    assert [(request, *body_messages([b"x"]))] == calls
    assert [{"type": "http.response.start", "status": 200, "headers": []}] == sent


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("wx.example.com", ("wx.example.com", None)),
        ("127.0.0.1:8000", ("127.0.0.1", 8000)),
        ("[::1]:443", ("[::1]", 443)),
        ("::1", ("::1", None)),
        ("wx.example.com:", ("wx.example.com:", None)),
        (None, (None, None)),
    ],
)
def test_host_and_port(host, expected):
    """A Host header is an address, and a port where it has one."""
    assert expected == doors._address(host)
