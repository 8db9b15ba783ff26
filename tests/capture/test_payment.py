"""Payment notifications: recorded without a stamp, found by their transaction, judged by rules of their own."""

from __future__ import annotations

import logging
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serving import QUERY, read_body, replying, scope, serve

import wxtrace
from wxtrace import AccessMiddleware
from wxtrace.capture.payment import read_payment
from wxtrace.testing import capture_records

OPENID = "o" + "Ab0" * 9
PAID = "4200000000202001010000000001"
SECOND = (
    f"<xml><appid><![CDATA[wx1]]></appid>\n<attach><![CDATA[<transaction_id>1</transaction_id>]]></attach>\n"
    f"<openid><![CDATA[{OPENID}]]></openid>\n<return_code><![CDATA[SUCCESS]]></return_code>\n"
    f"<transaction_id><![CDATA[{PAID}]]></transaction_id></xml>"
).encode()
THIRD = (
    b'{"id":"1","event_type":"TRANSACTION.SUCCESS","resource_type":"encrypt-resource",'
    b'"resource":{"algorithm":"AEAD_AES_256_GCM","ciphertext":"QUJD","nonce":"n"}}'
)
TAKEN = b"<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>"
OF_SECOND = {
    "wechat.event": "payment",
    "wechat.pay_version": 2,
    "wechat.transaction_id": PAID,
    "wechat.appid": "wx1",
}
OF_THIRD = {"wechat.event": "payment", "wechat.pay_version": 3, "wechat.transaction_id": PAID}
REPLY = ("wechat.reply.acceptable", "wechat.reply.reason")


def told(span, *names):
    """Return what an access span tells under *names*; without any, all that it tells of what came in."""
    told = {key: value for key, value in span.attributes.items() if key.startswith("wechat.")}
    left_out = ("wechat.request", "wechat.reply", "wechat.status")
    return [told.get(name) for name in names] or {k: v for k, v in told.items() if not k.startswith(left_out)}


async def reply(send, body: bytes = TAKEN, status: int = 200) -> None:
    """Send a reply."""
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": body})


def identifying(transaction_id: str, body: bytes = b"", status: int = 200):
    """Return an app that learns late which payment it is told of."""

    async def app(request, receive, send):
        """Decrypt, so to speak, and reply."""
        await read_body(receive)
        wxtrace.identify(transaction_id=transaction_id)
        await reply(send, body, status)

    return app


def test_version_2(captured):
    """A notification in plain XML is told by its transaction; it has no tag, and the payer's openid is none."""
    serve(AccessMiddleware(replying(TAKEN)), scope(b""), SECOND)
    (span,) = captured.spans

    assert OF_SECOND == told(span)
    assert [True, None] == told(span, *REPLY)
    assert (None, None, None) == (span.openid, span.stamp, span.nonce)


def test_version_3(captured):
    """A notification that is encrypted is told by what the app has decrypted."""
    serve(AccessMiddleware(identifying(PAID, status=204)), scope(b""), THIRD)
    (span,) = captured.spans

    assert OF_THIRD == told(span)
    assert [True, None] == told(span, *REPLY)


def test_any_request_that_the_app_identifies(captured):
    """What the app says to be a payment is one, though nothing of the body shows it."""
    serve(AccessMiddleware(identifying(PAID)), scope(b""), b"?")

    assert OF_THIRD == told(captured.span("asgi"))


def test_a_push_that_names_a_payment_stays_a_push(captured):
    """A push of which the app says that it is about a payment is judged as a push."""
    serve(AccessMiddleware(identifying(PAID, b"success")), scope(QUERY))
    span = captured.span("asgi")

    assert [PAID, None, True] == told(span, "wechat.transaction_id", "wechat.pay_version", REPLY[0])


@pytest.mark.parametrize(
    ("body", "reply", "status", "reason"),
    [
        (SECOND, b"success", 200, "not return_code SUCCESS: bare success"),
        (SECOND, TAKEN.replace(b"SUCCESS", b"FAIL"), 200, "not return_code SUCCESS: FAIL"),
        (SECOND, TAKEN, 201, "HTTP status 201"),
        (THIRD, b'{"code":"FAIL"}', 200, "not code SUCCESS: FAIL"),
        (THIRD, b"", 500, "HTTP status 500"),
    ],
)
def test_a_refused_reply(captured, body, reply, status, reason):
    """The reply to a notification is judged by the rules of its version."""
    serve(AccessMiddleware(replying(reply, status=status)), scope(b""), body)

    assert [False, reason] == told(captured.span("asgi"), *REPLY)


def test_what_runs_under_it_is_found_by_its_trace(captured):
    """Spans and log lines of a notification are recorded in its trace, those before it was known too."""
    log = logging.Logger("app")
    log.addHandler(wxtrace.LogHandler())

    async def app(request, receive, send):
        """Work in a step before and after the payment is known."""
        log.info("before")
        await read_body(receive)
        with wxtrace.span("storage", "mysql", "UPDATE orders"):
            log.info("after")
        await reply(send)

    serve(AccessMiddleware(app), scope(b""), SECOND)
    access, inner = captured.spans

    assert ["asgi", "mysql"] == [access.module, inner.module]
    assert (access.trace_id, access.span_id) == (inner.trace_id, inner.parent_span_id)
    assert [("before", access.trace_id), ("after", access.trace_id)] == [
        (line.event, line.trace_id) for line in captured.logs
    ]


@pytest.mark.parametrize(("body", "facts"), [(SECOND, OF_SECOND), (THIRD, OF_THIRD)])
def test_an_open_one_shows_its_transaction(captured, body, facts):
    """A reader that comes before it ends, or after its process died, sees which payment it was."""
    shown = []

    async def app(request, receive, send):
        """Look at what is shown while it runs."""
        await read_body(receive)
        wxtrace.identify(transaction_id=PAID)
        shown.extend(captured.open)

    serve(AccessMiddleware(app), scope(b""), body)

    assert [facts] == [told(span) for span in shown]


def test_what_is_learned_after_the_end_changes_nothing(captured):
    """A background task that identifies a payment does not touch what was recorded."""

    async def app(request, receive, send):
        """Identify after the reply."""
        await replying(b"ok")(request, receive, send)
        wxtrace.identify(transaction_id=PAID)

    serve(AccessMiddleware(app), scope(b""), b"?")

    assert {} == told(captured.span("asgi"))
    assert [] == captured.open


@pytest.mark.parametrize(
    ("method", "body"),
    [
        pytest.param("PUT", SECOND, id="no POST"),
        pytest.param("POST", SECOND.replace(b"transaction_id", b"out_refund_no"), id="a refund"),
        pytest.param("POST", SECOND.replace(PAID.encode(), b"a b"), id="no number"),
        pytest.param("POST", b"<xml><a><![CDATA[<transaction_id>1</transaction_id>]]></a></xml>", id="in a text"),
        pytest.param("POST", THIRD.replace(b"TRANSACTION.", b"REFUND."), id="a refund of version 3"),
        pytest.param("POST", THIRD[:-1], id="half json"),
        pytest.param("POST", b'{"event_type":"TRANSACTION.SUCCESS"}', id="other json"),
        pytest.param("POST", b'{"event_type":["encrypt-resource"]}', id="a list for a kind"),
        pytest.param("POST", b"transaction_id=1", id="a form"),
        pytest.param("POST", b"", id="nothing"),
    ],
)
def test_what_is_no_payment(captured, method, body):
    """Other requests are recorded as they were, and their replies are not judged."""
    serve(AccessMiddleware(replying(b"x")), scope(b"", method=method), body)
    span = captured.span("asgi")

    assert {} == told(span)
    assert [None, None] == told(span, *REPLY)


@pytest.mark.parametrize("query", [b"", QUERY], ids=["no push", "push"])
@pytest.mark.parametrize("status", [101, 204, 304, 404, 499, 599, 999, HTTPStatus.NO_CONTENT])
def test_any_status(captured, query, status):
    """A request is recorded whatever its status is, with that status."""
    serve(AccessMiddleware(replying(b"", status=status)), scope(query))

    assert [int(status)] == [span.attributes["http.response.status_code"] for span in captured.spans]


@given(st.binary(max_size=200), st.sampled_from([b"", b"<", b"{", SECOND[:60], SECOND, THIRD[:60], THIRD]))
def test_no_body_raises(body, head):
    """Any bytes may be posted: what is read of them are the facts of a payment, or none."""
    with capture_records() as captured:
        serve(AccessMiddleware(replying(b"")), scope(b""), head + body)

    assert set(read_payment(head + body)) <= OF_SECOND.keys()
    assert 1 == len(captured.spans)


@pytest.mark.parametrize("piece", [b"<transaction_id>", b"<![CDATA[", b" ", b"{", b'"encrypt-resource"', b"]]>"])
def test_a_hostile_body_is_read_in_one_pass(piece):
    """However a body is made, reading it takes no more than its length: this would not end else."""
    for head in (b"", b"<transaction_id>", b"{", b'{"encrypt-resource"'):
        assert {} == read_payment((head + piece * (64 << 10))[: 64 << 10])
