"""The WSGI middleware: what it tags, what it times, and what it leaves alone."""

from __future__ import annotations

import gc
import io
import json
import logging
from contextvars import copy_context
from wsgiref.util import FileWrapper
from wsgiref.validate import validator

import pytest
import serving
import structlog
from hypothesis import given
from hypothesis import strategies as st
from serving import OF_THE_PUSH, OF_THE_REPLY, OF_THE_REQUEST, OPENID, QUERY, STAMP, TAG, TEXT, tag_of
from strategies import push_bodies
from wsgi_serving import Server, environ, replying, serve

import wxtrace
from wxtrace import AccessMiddleware, WSGIAccessMiddleware
from wxtrace.capture.inflight import in_flight
from wxtrace.show import document as show
from wxtrace.testing import START_NS, capture_records

ALL = {**OF_THE_REQUEST, **OF_THE_PUSH, **OF_THE_REPLY}
PAYMENT = b"<xml><appid>wx1</appid><transaction_id>420000</transaction_id></xml>"
COMPONENT = b"<xml><AppId>wx1</AppId><InfoType>component_verify_ticket</InfoType></xml>"
WITHOUT_OPENID = QUERY.partition(b"&openid")[0]


def answering(reply, *headers, status="200 OK", read=True):
    """Return an app that reads the body and returns what *reply* makes."""

    def app(request, start_response):
        """Read, and reply."""
        if read:
            request["wsgi.input"].read(int(request["CONTENT_LENGTH"]))
        start_response(status, [("Content-Type", "text/plain"), *headers])
        return reply()

    return app


def told(captured):
    """Return the attributes of the one access span."""
    return captured.span("wsgi").attributes


class Closable:
    """Chunks with a `close` that counts its calls, and looks at the tag in each of its methods."""

    def __init__(self, *chunks, failing=None):
        self.chunks, self.failing = iter(chunks), failing
        self.closed, self.tags = 0, []

    def __iter__(self):
        self.tags.append(wxtrace.current_tag())
        return self

    def __next__(self):
        self.tags.append(wxtrace.current_tag())
        return next(self.chunks)

    def close(self):
        """Count."""
        self.closed += 1
        self.tags.append(wxtrace.current_tag())
        if self.failing:
            raise self.failing


# ---------------------------------------------------------------- the push


def test_a_push(captured):
    """A push becomes an access span with the tag and all that the request, the body and the reply say."""
    assert [b"success"] == serve(WSGIAccessMiddleware(replying()))
    (span,) = captured.spans

    assert TAG == tag_of(span)
    assert ("access", "wsgi", "POST /wechat", "SERVER") == (span.layer, span.module, span.name, span.kind)
    assert ("UNSET", None, None) == (span.status_code, span.status_message, span.parent_span_id)
    assert ALL == span.attributes


@pytest.mark.parametrize(
    ("query", "body", "reply", "status"),
    [
        pytest.param(QUERY, TEXT, b"success", 200, id="plain"),
        pytest.param(QUERY + b"&encrypt_type=aes&msg_signature=0", b"<xml></xml>", b"<xml/>", 200, id="safe mode"),
        pytest.param(WITHOUT_OPENID, TEXT, b"success", 200, id="openid in the body"),
        pytest.param(WITHOUT_OPENID, COMPONENT, b"success", 200, id="component"),
        pytest.param(b"", PAYMENT, b"<xml></xml>", 200, id="payment"),
        pytest.param(QUERY, TEXT, b"<html>" + b"x" * 1000, 502, id="refused"),
        pytest.param(b"page=1", b"", b"", 404, id="no push"),
    ],
)
def test_the_same_through_asgi(captured, query, body, reply, status):
    """The same request through ASGI and WSGI is recorded alike but for ids, times and the module's name."""
    serve(WSGIAccessMiddleware(replying(reply, status=f"{status} X")), environ(query, body))
    serving.serve(AccessMiddleware(serving.replying(reply, status=status)), serving.scope(query), body)
    wsgi, asgi = captured.spans

    def of(span):
        """Return all of it but ids, times and module."""
        return tag_of(span), span.layer, span.name, span.kind, span.state, span.status_code, span.attributes

    assert of(asgi) == of(wsgi)
    assert ("asgi", "wsgi") == (asgi.module, wsgi.module)


def test_both_sides_keep_to_the_protocol(captured):
    """To the app it is a server, and to the server an app, as PEP 3333 has them."""
    inside = validator(answering(lambda: [b"success"], ("Content-Length", "7")))
    sent = serve(validator(WSGIAccessMiddleware(inside)), environ(HTTP_X_REQUEST_START="1"))

    assert [b"success"] == sent
    assert ALL == told(captured)


def test_paths_and_queries_of_other_alphabets(captured):
    """A path is text where its bytes are; a query that is no ASCII breaks nothing."""
    path = "/微信".encode().decode("latin-1")
    serve(WSGIAccessMiddleware(replying()), environ(QUERY + b"&x=\xff", SCRIPT_NAME="/a", PATH_INFO=path))

    assert ("POST /a/微信", "/a/微信") == (captured.span("wsgi").name, told(captured)["url.path"])


def test_an_environ_that_says_the_least(captured):
    """What a server may leave out is missed by nobody."""

    def app(request, start_response):
        """Reply."""
        start_response("200 OK", [])
        return [b"success"]

    serve(WSGIAccessMiddleware(app), {"REQUEST_METHOD": "POST"})

    assert {"http.request.method": "POST", "wechat.request.body_bytes": 0} | {
        key: value for key, value in OF_THE_REPLY.items() if key != "wechat.reply.acceptable"
    } == told(captured)


def test_what_the_app_identifies(captured):
    """What the app learns after decrypting stands at the access span, and before the body's own word."""

    def app(request, start_response):
        """Identify the push as after decrypting."""
        wxtrace.identify(openid="oNew", msg_id=5, event="VIEW")
        return replying()(request, start_response)

    serve(WSGIAccessMiddleware(app))

    assert ("oNew", STAMP, "77") == tag_of(captured.span("wsgi"))
    assert {"wechat.event": "VIEW", "wechat.msg_id": "5"}.items() <= told(captured).items()


def test_the_appid_of_the_path(captured):
    """The appid of a third-party platform's path is a fact of the push."""
    app = WSGIAccessMiddleware(replying(), appid_path="/{appid}/callback")
    serve(app, environ(PATH_INFO="/wx9/callback"))

    assert "wx9" == told(captured)["wechat.appid"]


# ---------------------------------------------------------------- the body of the request


def by_iteration(stream):
    """Read by iterating."""
    return b"".join(stream)


def by_readinto(stream):
    """Read through a buffer."""
    return io.BufferedReader(Raw(stream)).read()


class Raw(io.RawIOBase):
    """A raw stream over `wsgi.input`, as frameworks make one."""

    def __init__(self, stream):
        self.stream = stream

    def readable(self):
        """It is."""
        return True

    def readinto(self, buffer):
        """Read into *buffer*."""
        return self.stream.readinto(buffer)


READERS = [
    pytest.param(lambda stream: stream.read(), id="read all"),
    pytest.param(lambda stream: stream.read(-1), id="read -1"),
    pytest.param(lambda stream: b"".join(iter(lambda: stream.read(7), b"")), id="read by pieces"),
    pytest.param(lambda stream: b"".join(iter(stream.readline, b"")), id="readline"),
    pytest.param(lambda stream: b"".join(iter(lambda: stream.readline(5), b"")), id="readline, cut"),
    pytest.param(lambda stream: b"".join(stream.readlines()), id="readlines"),
    pytest.param(by_iteration, id="iteration"),
    pytest.param(lambda stream: b"".join(iter(lambda: stream.read1(50), b"")), id="read1"),
    pytest.param(by_readinto, id="readinto"),
]
PARTLY = [
    # who reads as much as there is has not seen the end
    pytest.param(lambda stream: stream.read(len(TEXT)), id="read as declared"),
    pytest.param(lambda stream: b"".join(stream.readlines(10) + stream.readlines(9999)), id="readlines, hinted"),
    pytest.param(lambda stream: b"".join(iter(lambda: next(stream, b""), b"")), id="next"),
]


@pytest.mark.parametrize("reader", READERS + PARTLY)
def test_the_body_by_any_method(captured, reader):
    """However the app reads the body, it gets the same bytes and the span the same facts."""
    assert TEXT == read_through(reader, environ())
    assert OF_THE_PUSH.items() <= told(captured).items()


@pytest.mark.parametrize("reader", READERS)
def test_a_chunked_body_by_any_method(captured, reader):
    """Where no length is declared, the body is whole once its end was read."""
    assert TEXT == read_through(reader, environ(CONTENT_LENGTH=None))
    assert OF_THE_PUSH.items() <= told(captured).items()


def read_through(reader, request):
    """Let an app read the body by *reader*, and return what it got."""
    got = []

    def app(environ_, start_response):
        """Keep the body, and reply."""
        got.append(reader(environ_["wsgi.input"]))
        start_response("200 OK", [])
        return [b"success"]

    serve(WSGIAccessMiddleware(app), request)
    return b"".join(got)


@pytest.mark.parametrize("declared", ["", "-5", "many", "9" * 9999, "٣"])
def test_a_length_that_is_none(captured, declared):
    """An absurd CONTENT_LENGTH is none: the body is whole once its end was read."""
    assert TEXT == read_through(lambda stream: stream.read(), environ(CONTENT_LENGTH=declared))
    assert OF_THE_PUSH.items() <= told(captured).items()


def test_a_size_that_is_named(captured):
    """Where the server's stream takes its size by name, so does ours."""

    class Named(io.BytesIO):
        """As gunicorn's."""

        def read(self, size=None):
            """Read."""
            return super().read(size)

    request = environ(**{"wsgi.input": Named(TEXT)}, CONTENT_LENGTH=None)
    assert TEXT[:9] + TEXT[9:] == read_through(lambda stream: stream.read(size=9) + stream.read(size=None), request)
    assert OF_THE_PUSH.items() <= told(captured).items()


def test_the_body_is_not_read_ahead(captured):
    """What the app leaves is left in the server's stream, and says nothing."""
    stream = io.BytesIO(TEXT)

    def app(request, start_response):
        """Read four bytes."""
        request["wsgi.input"].read(4)
        start_response("200 OK", [])
        return [b"success"]

    serve(WSGIAccessMiddleware(app), environ(**{"wsgi.input": stream}))

    assert TEXT[4:] == stream.read()
    assert {**OF_THE_REQUEST, **OF_THE_REPLY, "wechat.request.body_bytes": 4} == told(captured)


def test_a_body_that_is_never_read(captured):
    """An app that replies at once leaves the body's facts unknown."""
    serve(WSGIAccessMiddleware(answering(lambda: [b"success"], read=False)))

    assert {**OF_THE_REQUEST, **OF_THE_REPLY, "wechat.request.body_bytes": 0} == told(captured)


def test_no_more_than_64_kib_of_a_body_are_looked_at(captured):
    """A huge body passes whole; what is behind its first 64 KiB says nothing."""
    body = b"<xml>" + b" " * (1 << 20) + TEXT[5:]
    got = []

    def app(request, start_response):
        """Read by pieces."""
        got.extend(iter(lambda: request["wsgi.input"].read(4096), b""))
        start_response("200 OK", [])
        return []

    serve(WSGIAccessMiddleware(app), environ(body=body))

    assert body == b"".join(got)
    assert {
        **OF_THE_REQUEST,
        "wechat.request.body_bytes": len(body),
        **OF_THE_REPLY,
        "wechat.reply.length": 0,
    } == told(captured)


def test_an_openid_from_the_body(captured):
    """Where the query has no openid, the body's FromUserName is it, for all that runs from then on."""
    tags = []

    def app(request, start_response):
        """Look at the tag before the body and after it."""
        tags.append(wxtrace.current_tag())
        request["wsgi.input"].read()
        tags.append(wxtrace.current_tag())
        return replying()(request, start_response)

    serve(WSGIAccessMiddleware(app), environ(WITHOUT_OPENID))

    assert [(None, STAMP, "77"), TAG] == tags
    assert TAG == tag_of(captured.span("wsgi"))


def test_what_the_stream_has_beside(captured):
    """What the server's stream can do beside reading the app can ask of ours."""
    asked = []

    def app(request, start_response):
        """Ask for this and that."""
        stream = request["wsgi.input"]
        asked.extend([stream.seekable(), stream.tell(), hasattr(stream, "fly")])
        return replying()(request, start_response)

    serve(WSGIAccessMiddleware(app))

    assert [True, 0, False] == asked


# ---------------------------------------------------------------- the reply


@pytest.mark.parametrize("declared", [True, False])
def test_the_last_byte_ends_the_attempt(captured, declared):
    """
    The span ends when the server has taken the last byte, not when the app's iterable or its `close` is over.

    Without a Content-Length the end of the iterable is the end of the reply.
    """

    def chunks():
        """Reply, and work on."""
        yield b"succ"
        captured.clock.advance(1)
        yield b"ess"
        captured.clock.advance(2)
        with wxtrace.span("logic", "mail", "mail"):
            pass

    headers = [("Content-Length", "7")] if declared else []
    serve(WSGIAccessMiddleware(answering(chunks, *headers)))
    access = captured.span("wsgi")

    assert (1 if declared else 3) == (access.end_ns - START_NS) // 10**9
    after = [span for span in captured.spans if span.module == "after_reply"]
    assert (after[0] if declared else access).span_id == captured.span("mail").parent_span_id
    assert [access.span_id][: len(after)] == [span.parent_span_id for span in after]
    assert declared is bool(after)
    assert ALL == access.attributes


def test_what_runs_in_close_is_below_after_reply(captured):
    """Closing what was returned comes after the reply: its spans are children of `after_reply`."""

    class Body(Closable):
        """Works while it is closed."""

        def close(self):
            """Work for two seconds."""
            captured.clock.advance(2)
            with wxtrace.span("storage", "mysql", "SELECT"):
                pass

    serve(WSGIAccessMiddleware(answering(lambda: Body(b"success"), ("Content-Length", "7"))))
    access, after, query = captured.spans

    assert (access.span_id, after.span_id) == (after.parent_span_id, query.parent_span_id)
    assert access.end_ns - START_NS < 10**9 < after.end_ns - access.end_ns
    assert {TAG} == {tag_of(span) for span in captured.spans}


def test_a_slow_close_without_spans(captured):
    """A `close` that takes noticeably long leaves a span of it; a prompt one leaves none."""

    class Slow(Closable):
        """Takes a second to close."""

        def close(self):
            """Wait."""
            captured.clock.advance(1)

    serve(WSGIAccessMiddleware(answering(lambda: Slow(b"success"))))
    serve(WSGIAccessMiddleware(answering(lambda: Closable(b"success"))))

    assert ["wsgi", "after_reply", "wsgi"] == [span.module for span in captured.spans]


def test_the_tag_is_bound_at_each_step_and_never_between(captured):
    """Call, steps and `close` know the push; the server's thread in between does not."""
    body, between = Closable(b"succ", b"ess"), []

    def look(chunk):
        """Look at the tag while the server sends."""
        between.append((wxtrace.current_tag(), dict(copy_context()).keys() - before))

    before = set(copy_context())
    serve(WSGIAccessMiddleware(answering(lambda: body)), on_write=look)

    assert [TAG] * 5 == body.tags
    assert [None, None] == [tag for tag, _ in between]
    assert wxtrace.current_tag() is None


def test_spans_of_the_steps(captured):
    """What a generator does at each step stands below the access span."""

    def chunks():
        """Look something up for each chunk."""
        for part in (b"succ", b"ess"):
            with wxtrace.span("storage", part.decode(), "GET"):
                pass
            yield part

    serve(WSGIAccessMiddleware(answering(chunks)))
    access, *below = captured.spans

    assert {"succ": access.span_id, "ess": access.span_id} == {span.module: span.parent_span_id for span in below}


def test_an_app_that_is_a_generator(captured):
    """An app may begin its reply as late as at the first step."""

    def app(request, start_response):
        """Begin, and reply."""
        start_response("201 Created", [])
        yield b"success"

    assert [b"success"] == serve(WSGIAccessMiddleware(app))
    assert 201 == told(captured)["http.response.status_code"]


def test_write(captured):
    """What an app of the old kind writes passes at once; the last declared byte ends the attempt."""

    def app(request, start_response):
        """Write, and work on."""
        request["wsgi.input"].read()
        write = start_response("200 OK", [("Content-Length", "7")])
        write(b"succ")
        captured.clock.advance(1)
        write(b"ess")
        captured.clock.advance(2)
        return []

    assert [b"succ", b"ess"] == serve(WSGIAccessMiddleware(app))
    assert ALL == told(captured)
    assert 1 == (captured.span("wsgi").end_ns - START_NS) // 10**9


def test_write_and_then_more(captured):
    """What is written and what is returned are one reply."""

    def app(request, start_response):
        """Write the beginning."""
        request["wsgi.input"].read()
        start_response("200 OK", [])(b"succ")
        return [b"ess"]

    assert [b"succ", b"ess"] == serve(WSGIAccessMiddleware(app))
    assert ALL == told(captured)


def test_a_reply_that_is_begun_again(captured):
    """An app that thinks better of it before the first byte replies with what it said last."""
    error = LookupError("no menu")

    def app(request, start_response):
        """Begin well, and fail."""
        start_response("200 OK", [("Content-Length", "7")])
        start_response("500 Oops", [], (LookupError, error, None))
        return [b"sorry"]

    server = Server()
    server.serve(WSGIAccessMiddleware(app))

    assert [("200 OK", [("Content-Length", "7")]), ("500 Oops", [])] == server.begun
    assert (500, 5) == (told(captured)["http.response.status_code"], told(captured)["wechat.reply.length"])


def test_a_reply_that_is_begun_again_too_late(captured):
    """After the first byte the server raises the app's error, and the status stays."""
    error = LookupError("no menu")

    def app(request, start_response):
        """Write, and fail."""
        start_response("200 OK", [])(b"succ")
        start_response("500 Oops", [], (LookupError, error, None))
        return [b"sorry"]

    with pytest.raises(LookupError) as raised:
        serve(WSGIAccessMiddleware(app))

    assert error is raised.value
    assert (200, "LookupError") == (told(captured)["http.response.status_code"], told(captured)["error.type"])


def test_start_response_with_its_argument_named(captured):
    """An app may name `exc_info`."""
    seen = []

    def app(request, start_response):
        """Reply."""
        start_response("200 OK", [], exc_info=None)
        return []

    list(WSGIAccessMiddleware(app)(environ(), lambda *told, **named: seen.append((told, named))))

    assert [(("200 OK", []), {"exc_info": None})] == seen


@pytest.mark.parametrize(
    ("method", "status", "code"), [("HEAD", "200 OK", 200), ("POST", "304 Same", 304), ("POST", "204 None", 204)]
)
@pytest.mark.parametrize("asks", [True, False], ids=["iterates", "only closes"])
def test_a_reply_without_a_body(captured, method, status, code, asks):
    """HEAD, 304 and 204 have no body; a server need not even ask for one."""
    app = WSGIAccessMiddleware(answering(lambda: (), ("Content-Length", "7"), status=status))
    result = app(environ(REQUEST_METHOD=method), Server().start_response)
    sent = list(result) if asks else []
    result.close()

    assert [] == sent
    assert (code, 0) == (told(captured)["http.response.status_code"], told(captured)["wechat.reply.length"])
    assert "wechat.disconnected" not in told(captured)


@pytest.mark.parametrize(("result", "length"), [([b"a"], 1), ((b"a", b"b"), 2), ([], 0)])
def test_the_number_of_chunks_is_not_hidden(captured, result, length):
    """A server may ask a list for its length, to declare that of the reply; a generator has none."""
    sized = WSGIAccessMiddleware(answering(lambda: result))(environ(), Server().start_response)
    unsized = WSGIAccessMiddleware(answering(lambda: iter(result)))(environ(), Server().start_response)

    assert (length, False) == (len(sized), hasattr(unsized, "__len__"))


def test_a_file_stays_a_file(captured):
    """The server's own file wrapper comes through as it is, so that the server may use sendfile."""
    file = io.BytesIO(b"success")
    made = []

    def app(request, start_response):
        """Reply with a file."""
        request["wsgi.input"].read()
        start_response("200 OK", [("Content-Length", "7")])
        made.append(request["wsgi.file_wrapper"](file))
        return made[0]

    result = WSGIAccessMiddleware(app)(environ(), Server().start_response)
    captured.clock.advance(1)
    assert result is made[0]
    result.close()
    result.close()

    assert file.closed
    assert 1 == (captured.span("wsgi").end_ns - START_NS) // 10**9
    assert (200, 7) == (told(captured)["http.response.status_code"], told(captured)["wechat.reply.length"])


def test_a_file_wrapper_that_takes_no_close(captured):
    """Where the wrapper cannot tell its end, the file passes chunk by chunk."""

    class Fixed(FileWrapper):
        """Lets nobody put a `close`."""

        def __setattr__(self, name, value):
            """Take what `__init__` puts, and no more."""
            if name == "close" and "close" in vars(self):
                raise AttributeError(name)
            super().__setattr__(name, value)

    def app(request, start_response):
        """Reply with a file."""
        request["wsgi.input"].read()
        start_response("200 OK", [])
        return request["wsgi.file_wrapper"](io.BytesIO(b"success"))

    assert [b"success"] == serve(WSGIAccessMiddleware(app), environ(**{"wsgi.file_wrapper": Fixed}))
    assert ALL == told(captured)


def test_closed_once(captured):
    """However often the server closes, the app's `close` is called once; what has none is closed by nobody."""
    body = Closable(b"success")
    result = WSGIAccessMiddleware(answering(lambda: body))(environ(), Server().start_response)
    list(result)
    result.close()
    result.close()

    assert 1 == body.closed
    assert 1 == len(captured.spans)


@pytest.mark.parametrize(("asked", "cut"), [(0, True), (1, True), (2, None)])
def test_a_reply_that_nobody_closes(captured, asked, cut):
    """Where somebody outside forgets to close, the attempt ends all the same, and is in flight no more."""
    in_flight.watch(lambda: None)
    body = Closable(b"success")
    result = WSGIAccessMiddleware(answering(lambda: body))(environ(), Server().start_response)
    for _ in range(asked):
        next(result, None)
    del result
    left = len(in_flight)
    in_flight.watch(None)

    assert (0, 0, []) == (left, body.closed, captured.open)
    assert cut is told(captured).get("wechat.disconnected")


# ---------------------------------------------------------------- what goes wrong


def test_an_exception_before_the_reply(captured):
    """What the app raises goes on, and the span says so and assumes status 500."""

    def app(request, start_response):
        """Fail at once."""
        raise LookupError("no menu")

    with pytest.raises(LookupError, match="no menu"):
        serve(WSGIAccessMiddleware(app))
    span = captured.span("wsgi")

    assert ("ERROR", "LookupError: no menu") == (span.status_code, span.status_message)
    assert {
        "error.type": "LookupError",
        "http.response.status_code": 500,
        "wechat.status.assumed": True,
    }.items() <= span.attributes.items()
    assert [("exception", "error", TAG)] == [(line.event, line.severity, tag_of(line)) for line in captured.logs]
    assert wxtrace.current_tag() is None


def failing_at_once():
    """Fail before the first chunk."""
    raise LookupError("no menu")
    yield


def failing_later():
    """Fail after the first chunk."""
    yield b"succ"
    raise LookupError("no menu")


@pytest.mark.parametrize(
    ("chunks", "expected"), [(failing_at_once, (500, True)), (failing_later, (200, None))], ids=["before", "within"]
)
def test_an_exception_at_a_step(captured, chunks, expected):
    """Before the first byte the server replies with 500, whatever the app had begun; after it the status is out."""
    with pytest.raises(LookupError, match="no menu"):
        serve(WSGIAccessMiddleware(answering(chunks)))
    span = captured.span("wsgi")

    assert ("ERROR", "LookupError: no menu") == (span.status_code, span.status_message)
    assert expected == tuple(map(span.attributes.get, ("http.response.status_code", "wechat.status.assumed")))
    assert "wechat.disconnected" not in span.attributes


def test_an_exception_in_close(captured):
    """What `close` raises goes on; the attempt stays good."""
    body = Closable(b"success", failing=OSError("no mail"))

    with pytest.raises(OSError, match="no mail"):
        serve(WSGIAccessMiddleware(answering(lambda: body)))

    assert ["UNSET"] == [span.status_code for span in captured.spans]
    assert [] == captured.open


def test_an_exit(captured):
    """A worker that is told to exit within a request leaves a span that says so."""

    def app(request, start_response):
        """Be told to exit."""
        raise SystemExit(1)

    with pytest.raises(SystemExit):
        serve(WSGIAccessMiddleware(app))

    assert ("ERROR", "SystemExit: 1") == (captured.span("wsgi").status_code, captured.span("wsgi").status_message)


def test_the_client_has_gone(captured):
    """Where the server cannot send a chunk it closes without asking on: the client has hung up."""

    def broken(chunk):
        """Fail to send."""
        raise BrokenPipeError("gone")

    body = Closable(b"succ", b"ess")
    with pytest.raises(BrokenPipeError, match="gone"):
        serve(WSGIAccessMiddleware(answering(lambda: body)), on_write=broken)

    assert (1, True, 4) == (
        body.closed,
        told(captured)["wechat.disconnected"],
        told(captured)["wechat.reply.length"],
    )
    assert "UNSET" == captured.span("wsgi").status_code


def test_a_generator_of_a_client_that_has_gone(captured):
    """A generator that is closed in the middle cleans up under its tag, and nothing has failed."""
    seen = []

    def chunks():
        """Clean up at the end."""
        try:
            yield b"succ"
            yield b"ess"
        finally:
            seen.append(wxtrace.current_tag())

    result = WSGIAccessMiddleware(answering(chunks))(environ(), Server().start_response)
    next(iter(result))
    result.close()

    assert [TAG] == seen
    assert (True, "UNSET") == (told(captured)["wechat.disconnected"], captured.span("wsgi").status_code)


def test_a_result_that_is_none_of_it(captured):
    """An app that returns nothing fails in the server's hands, as without us."""
    with pytest.raises(TypeError, match="not iterable"):
        serve(WSGIAccessMiddleware(answering(lambda: None)))

    assert "ERROR" == captured.span("wsgi").status_code


@pytest.mark.parametrize(
    ("status", "headers"), [(None, []), ("200 OK", None), ("200 OK", [("X",)]), ("2", [(5, 6)]), (200, [])]
)
def test_a_beginning_that_is_none_of_it(captured, status, headers):
    """What the server takes as a status and headers we take too."""

    def app(request, start_response):
        """Begin somehow."""
        start_response(status, headers)
        return [b"success"]

    assert [b"success"] == serve(WSGIAccessMiddleware(app))


def test_chunks_that_are_no_bytes(captured):
    """What the server will refuse passes as it is."""
    result = WSGIAccessMiddleware(answering(lambda: ["success", None, 5]))(environ(), Server().start_response)

    assert ["success", None, 5] == list(result)
    assert 0 == told(captured)["wechat.reply.length"]


# ---------------------------------------------------------------- what it leaves alone


@given(st.lists(push_bodies() | st.binary(max_size=60), max_size=3), st.data())
def test_the_app_does_not_notice(bodies, data):
    """Whatever comes in and goes out, app and server see the same with the middleware as without it."""
    replies = data.draw(st.lists(st.binary(max_size=40) | st.just(b"success"), max_size=3))
    status = data.draw(st.sampled_from(["200 OK", "201 Created", "500 Oops", "nonsense"]))
    make = data.draw(st.sampled_from([list, tuple, iter]))
    query, seen = data.draw(st.binary(max_size=60) | st.just(QUERY)), []

    def app(request, start_response):
        """Keep what comes, and reply."""
        body = request["wsgi.input"].read()
        seen.append({key: value for key, value in request.items() if not key.startswith("wsgi.")} | {"": body})
        start_response(status, [("X", "y")])
        return make(replies)

    def run(it):
        """Serve one request; return all that was sent."""
        server = Server()
        return server.serve(it, environ(query, b"".join(bodies))), server.begun

    with capture_records():
        inside = run(WSGIAccessMiddleware(app))

    assert run(app) == inside
    assert seen[0] == seen[1]


def test_requests_at_once_do_not_mix(captured):
    """Two requests whose steps alternate in one thread have each their own tag, status and reply."""
    inside = []

    def app(request, start_response):
        """Reply by the path, and look at the tag at each step."""
        start_response("200 OK" if request["PATH_INFO"] == "/a" else "500 Oops", [])
        for _ in range(3):
            inside.append((request["PATH_INFO"], wxtrace.current_tag().openid))
            yield request["PATH_INFO"].encode()

    served = WSGIAccessMiddleware(app)
    before = dict(vars(served))
    queries = {"/a": QUERY, "/b": QUERY.replace(b"oA-1_b", b"oB")}
    both = [served(environ(query, PATH_INFO=path), Server().start_response) for path, query in queries.items()]
    for chunks in zip(*both, strict=True):
        assert (b"/a", b"/b") == chunks
    for result in both:
        result.close()

    assert before == vars(served)
    assert {("/a", OPENID), ("/b", "oB")} == set(inside)
    assert {"/a": (OPENID, 200), "/b": ("oB", 500)} == {
        span.attributes["url.path"]: (span.openid, span.attributes["http.response.status_code"])
        for span in captured.spans
    }


def test_an_open_request_is_visible(captured):
    """While the app works, the access span stands in the table of open spans, tag included."""
    seen = []

    def app(request, start_response):
        """Look at what is open, then reply."""
        seen.extend(captured.open)
        return replying()(request, start_response)

    serve(WSGIAccessMiddleware(app))

    assert [("wsgi", "open", TAG)] == [(span.module, span.state, tag_of(span)) for span in seen]
    assert [] == captured.open


def test_a_request_in_flight(captured):
    """From its arrival to its last byte the request is in flight, in the thread that serves it."""
    flights = []

    def app(request, start_response):
        """Look at what is in flight."""
        flights.extend(in_flight)
        return replying()(request, start_response)

    in_flight.watch(lambda: None)
    try:
        serve(WSGIAccessMiddleware(app), environ(HTTP_X_REQUEST_START=str(START_NS // 10**9 - 2)))
    finally:
        (flight,) = flights
        left = len(in_flight)
        in_flight.watch(None)

    assert (OPENID, None, None) == (flight.request.openid, flight.loop, flight.task)
    assert (2, 0) == (flight.queued_ns // 10**9, left)


def test_nothing_of_a_request_is_left(captured):
    """A request that is over is freed at once: it leaves no cycle to the garbage collector."""
    gc.collect()
    gc.disable()
    try:
        for app in (replying(), answering(lambda: Closable(b"success")), answering(lambda: iter([b"success"]))):
            serve(WSGIAccessMiddleware(app))
        assert 0 == gc.collect()
    finally:
        gc.enable()


def test_a_hundred_requests_without_a_tag_are_worth_one_warning(captured, caplog):
    """Somebody whose proxy strips the query is told so once."""
    app = WSGIAccessMiddleware(replying())
    for _ in range(201):
        serve(app, environ(b"", PATH_INFO="/cb"))

    (warning,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "(the last: /cb)" in warning.getMessage()


@pytest.mark.parametrize("contrib", [False, True])
def test_disabled(contrib):
    """Before `start`, and when switched off, the app is called with what the server gave."""
    request, calls, result = environ(), [], [b"x"]

    def app(*given):
        """Keep what comes in."""
        calls.append(given)
        return result

    def start(*told):
        """Never be called."""

    assert (result if not contrib else [b"x"]) == list(WSGIAccessMiddleware(app, contrib=contrib)(request, start))
    assert request is calls[0][0]


# ---------------------------------------------------------------- what is found of it

OF_THE_RUN = {
    *("trace_id", "span_id", "parent_span_id", "seq", "time", "writer", "number", "push"),
    *("share", "ns", "text"),
}


def of_the_push(value):
    """Return a document without ids and times (a text tells times too, an order of modules follows them)."""
    if isinstance(value, dict):
        return {
            key: sorted(of_the_push(kept), key=str) if key == "modules" else of_the_push(kept)
            for key, kept in value.items()
            if key not in OF_THE_RUN and not key.endswith(("_ns", "_iso"))
        }
    if isinstance(value, list):
        return [of_the_push(kept) for kept in value]
    return {"asgi": "wsgi"}.get(value, value) if isinstance(value, str) else value


def handle():
    """Handle a push."""
    with wxtrace.span("logic", "reply.menu", "menu"), wxtrace.span("storage", "redis", "GET menu"):
        structlog.get_logger().info("menu.clicked", key="a")


def test_what_is_found_is_the_same_through_asgi(tmp_path, capsys):
    """The same push through ASGI and WSGI gives equal attempts but for ids and times."""

    def wsgi(request, start_response):
        """Handle the push, reply, and work on."""
        handle()
        yield from replying()(request, start_response)
        handle()

    async def asgi(request, receive, send):
        """Do the same."""
        handle()
        await serving.replying()(request, receive, send)
        handle()

    structlog.configure(processors=[wxtrace.structlog_processor, structlog.processors.JSONRenderer()])
    wxtrace.start(service="same", store=tmp_path, sealer=False)
    headers = [(b"host", b"wx.example.com"), (b"user-agent", b"Mozilla/4.0")]
    serving.serve(AccessMiddleware(asgi), serving.scope(headers=headers))
    serve(WSGIAccessMiddleware(wsgi))
    capsys.readouterr()

    found = wxtrace.find(openid=OPENID, stamp=STAMP, store=str(tmp_path))
    one, other = json.loads(show.render(found))["attempts"]

    assert ["asgi", "wsgi"] == [attempt["spans"][0]["module"] for attempt in (one, other)]
    assert ["wsgi", "reply.menu", "redis", "after_reply", "reply.menu", "redis"] == [
        span["module"] for span in other["spans"]
    ]
    assert of_the_push(one) == of_the_push(other)


def test_a_server_that_closes_late(captured, monkeypatch):
    """Where the server takes its time to close a reply that is out, what is told of it is below the access span."""
    monkeypatch.setattr("wxtrace.capture.access._NOTICEABLE_NS", -1)
    serve(WSGIAccessMiddleware(replying()))
    access, after = captured.span("wsgi"), captured.span("after_reply")

    assert (access.span_id, access.trace_id, OPENID) == (after.parent_span_id, after.trace_id, after.openid)
