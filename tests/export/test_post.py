"""Documents sent to a collector: whole, in parts, with credentials; and what is told where they are not taken."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from answers import answer, slow_push
from collector import collecting
from otlp_reading import by_protobuf, rows
from strategies import make_span

from wxtrace.errors import BadInput, NotSent
from wxtrace.export import otlp, post
from wxtrace.show.error import message
from wxtrace.show.words import Words

DOCUMENT = otlp.render(slow_push())


@pytest.fixture(autouse=True)
def a_bare_environment(monkeypatch):
    """No proxy and no headers of whoever runs the tests."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"):
        monkeypatch.delenv(name, raising=False)


def refused(url: str, document: str = DOCUMENT) -> NotSent:
    """Send a document that is not taken, and return the error."""
    with pytest.raises(NotSent) as caught:
        post.post(url, document)
    return caught.value


def test_a_collector_gets_the_document():
    """The collector reads the same rows, as JSON, and what is small goes as it is."""
    with collecting() as collector:
        assert post.post(collector.url, DOCUMENT) is None

    (taken,) = collector.taken
    assert rows(by_protobuf(DOCUMENT)) == rows(taken)
    (headers,) = collector.headers
    assert ("application/json", "wxtrace", None) == tuple(
        headers.get(name) for name in ("content-type", "user-agent", "content-encoding")
    )


def test_what_is_large_goes_in_parts():
    """Each part is a document that collectors take, compressed, and together they are the whole."""
    spans = [make_span(n, None if n == 0 else 0, attributes={"text": "文" * 40_000}) for n in range(80)]
    document = otlp.render(answer(spans))

    with collecting() as collector:
        post.post(collector.url, document)

    assert rows(by_protobuf(document)) == [row for taken in collector.taken for row in rows(taken)]
    assert (len(document.encode()) > post.MAX_BYTES, max(collector.sizes) < 4 << 20) == (True, True)
    assert {"gzip"} == {headers["content-encoding"] for headers in collector.headers}


def test_a_single_large_span_goes_alone():
    """A span that is larger than a part is sent all the same: the collector may take it."""
    spans = [make_span(0), make_span(1, 0, attributes={"text": "x" * 500}), make_span(2, 0)]
    whole = otlp.render(answer(spans))

    parts = list(post.parts(whole, 400))

    assert rows(by_protobuf(whole)) == [row for part in parts for row in rows(by_protobuf(part))]
    assert 3 == len(parts)


def test_credentials_of_the_environment_are_sent(monkeypatch):
    """OpenTelemetry's settings hold, those of spans before those of all; what could end a line is left out."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-team=wx, authorization=Bearer%20a%3Db,bad=%0d%0ax,none")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-team=traces")

    with collecting() as collector:
        post.post(collector.url, DOCUMENT)

    (headers,) = collector.headers
    assert ("traces", "Bearer a=b", None) == (headers["x-team"], headers["authorization"], headers.get("bad"))


def test_a_password_is_sent_and_never_told():
    """What stands before the host is basic authentication; an error tells neither it nor the query."""
    with collecting(status=401, reply=b"who?") as collector:
        error = refused(collector.url.replace("//", "//user:p%40ss@") + "?token=secret")

    assert "Basic dXNlcjpwQHNz" == collector.headers[0]["authorization"]
    assert "/v1/traces?token=secret" == collector.paths[0]
    assert f"{collector.url}?…: answered 401: who?. {post.RIGHTS_REMEDY}" == str(error)


def test_a_url_without_a_path_is_given_the_usual_one():
    """The address of a collector alone is enough."""
    with collecting() as collector:
        post.post(collector.url.removesuffix("/v1/traces"), DOCUMENT)

    assert ["/v1/traces"] == collector.paths


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (307, post.PATH_REMEDY),
        (400, post.LOG_REMEDY),
        (403, post.RIGHTS_REMEDY),
        (404, post.PATH_REMEDY),
        (503, post.AGAIN_REMEDY),
    ],
)
def test_a_refusal_is_told(status, remedy):
    """Status, the beginning of the answer, harmless, and what to do; the command ends with 3."""
    with collecting(status=status, reply=b'{"message": "no \\u001b[31m' + b"x" * 500 + b'"}') as collector:
        error = refused(collector.url)

    said = "no \\x1b[31m" + "x" * 289
    assert (status, said, remedy, 3) == (error.status, error.said, error.remedy, error.exit_code)
    assert f"{collector.url} did not take it (status {status}): {said}. {remedy}" == message(error, Words())


def test_a_redirect_is_not_followed():
    """What is sent is not asked for at another place; that place is told, without what may be secret in it."""
    with collecting() as other:
        there = other.url.replace("//", "//me:secret@") + "?token=secret"
        with collecting(status=302, reply=b"moved", more={"Location": there}) as collector:
            error = refused(collector.url)

    assert (302, f"Location: {other.url}", []) == (error.status, error.said, other.taken)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (
            b"<!DOCTYPE html><html><head><TITLE>\n502 Bad &amp; Gateway</TITLE></head><body>x</body>",
            "502 Bad & Gateway",
        ),
        (b"\n<html><body><h1>Not here</h1><p>at \x1b[2Jall</p>", "Not here at \\x1b[2Jall"),
        (b"<p>" + b"x " * 200, ("x " * 40)),
    ],
)
def test_of_a_page_the_title_is_told(reply, said):
    """A proxy's page is told by its title, one without by its first words; never by its tags."""
    with collecting(status=502, reply=reply) as collector:
        assert said == refused(collector.url).said


def test_spans_that_are_left_out_are_told():
    """A collector that takes a document but for some spans has not taken it, in both languages."""
    reply = b'{"partialSuccess": {"rejectedSpans": "3", "errorMessage": "too old"}}'
    with collecting(reply=reply) as collector:
        error = refused(collector.url)

    assert 3 == error.rejected
    told = f"{collector.url} took it but for 3 spans (status 200): too old. {post.LOG_REMEDY}"
    assert told == message(error, Words())
    assert "有 3 个 span 未收" in message(error, Words("zh"))


def test_a_warning_is_returned():
    """What a collector says although it took all is handed on."""
    with collecting(reply=b'{"partialSuccess": {"errorMessage": "deprecated"}}') as collector:
        assert "deprecated" == post.post(collector.url, DOCUMENT)


@pytest.mark.parametrize("reply", [b"", b"ok", b"[]", b'{"partialSuccess": 1}'])
def test_any_answer_with_200_is_a_yes(reply):
    """Collectors that answer with something else have taken it."""
    with collecting(reply=reply) as collector:
        assert post.post(collector.url, DOCUMENT) is None


def test_nobody_there_is_told():
    """Where nobody listens, the network's word is told, and what should be there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        error = refused(f"http://127.0.0.1:{port}")

    said = (error.url, error.status, error.remedy, "refused" in error.said)
    assert (f"http://127.0.0.1:{port}/v1/traces", None, post.THERE_REMEDY, True) == said
    assert message(error, Words("zh")).startswith(f"未能发送到 http://127.0.0.1:{port}/v1/traces：")


def test_who_hangs_up_is_told():
    """A server that closes the connection without an answer is an error that is told."""
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:

        def hang_up():
            """Read what is sent, and close."""
            connection, _ = server.accept()
            with connection:
                connection.recv(1 << 20)

        hung_up = pool.submit(hang_up)
        error = refused(f"http://127.0.0.1:{server.getsockname()[1]}", "{}")
        hung_up.result(timeout=60)

    assert (None, post.THERE_REMEDY) == (error.status, error.remedy)


def test_a_proxy_does_not_stand_before_this_machine(monkeypatch):
    """The environment's proxy is used for others only."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    with collecting() as collector:
        post.post(collector.url, DOCUMENT)

    assert 1 == len(collector.taken)


def test_a_proxy_stands_before_others(monkeypatch):
    """A collector elsewhere is asked by way of the environment's proxy."""
    with collecting() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        post.post("http://collector.example:4318", DOCUMENT)

    assert ["http://collector.example:4318/v1/traces"] == proxy.paths


@pytest.mark.parametrize("url", ["ftp://x/v1/traces", "http://", "http://x:y/", "localhost:4318", "http://[::1"])
def test_what_is_no_url_is_said(url):
    """A URL that leads nowhere is wrong usage."""
    with pytest.raises(BadInput, match="Give a collector's URL"):
        post.post(url, DOCUMENT)
