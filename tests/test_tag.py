"""The tag: one holder a request, known to all that works for it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import Thread

import pytest
from fastapi import BackgroundTasks, FastAPI, Response
from serving import OPENID, STAMP, read_body, replying, serve

import wxtrace
from wxtrace import AccessMiddleware, Tag, current_tag, identify
from wxtrace.record import NO_STAMP, PackedTag
from wxtrace.tag import Request, bind, current_request, unbind


@pytest.fixture(name="holder")
def bound():
    """A holder that is bound for the test."""
    token = bind(holder := Request())
    yield holder
    unbind(token)


def test_no_tag_outside_a_request():
    """Outside of any request there is no tag, and nothing can be identified."""
    identify(openid="oA", stamp=5)

    assert None is current_tag()


def test_no_tag_without_a_stamp(holder):
    """A request has a tag when its stamp is known; stamp 0 is one."""
    identify(openid="oA", nonce="n")
    assert None is current_tag()

    identify(stamp=0)
    assert Tag("oA", 0, "n") == current_tag()


def test_what_is_learned_joins_what_is_known(holder):
    """None says nothing; anything else replaces what was known."""
    identify(openid="oA", stamp=5, nonce="n")
    identify(openid="oB")
    identify(stamp=None)

    assert Tag("oB", 5, "n") == current_tag()


def test_facts(holder):
    """Other facts wait for the access span, by its attributes' names."""
    identify(appid="wx1", create_time=6, event="VIEW", info_type="x", msg_id=23456, msg_type="event")
    identify(msg_id="7", event=None)

    assert {
        "wechat.appid": "wx1",
        "wechat.create_time": 6,
        "wechat.event": "VIEW",
        "wechat.info_type": "x",
        "wechat.msg_id": "7",
        "wechat.msg_type": "event",
    } == holder.facts
    assert None is current_tag()


def test_a_payment_names_a_request_but_is_no_tag(holder):
    """What waited for a tag is recorded once the payment is known, by which it can be found."""
    recorded = []
    holder.wait_for_tag(lambda: recorded.append("line"))
    assert not holder.is_named

    identify(transaction_id="4200")

    assert holder.is_named
    assert (["line"], {"wechat.transaction_id": "4200"}, None) == (recorded, holder.facts, current_tag())


@pytest.mark.parametrize(
    ("openid", "nonce", "expected"),
    [
        ("oA", "n", PackedTag(b"oA", 5, b"n")),
        ("", "", PackedTag(b"", 5, b"")),
        ("雪" * 999, "n" * 999, PackedTag("雪".encode() * 42 + "雪".encode()[:2], 5, b"n" * 128)),
        ("\ud800", "\ud800", PackedTag(b"?", 5, b"?")),
    ],
    ids=["plain", "empty", "long", "no text"],
)
def test_packed(holder, openid, nonce, expected):
    """A tag is packed once it is learned, cut to what a record holds."""
    identify(openid=openid, stamp=5, nonce=nonce)

    assert (expected.fixed, expected.strings) == (holder.packed.fixed, holder.packed.strings)


@pytest.mark.parametrize("stamp", [10**30, -(10**30), 1 << 63, NO_STAMP])
def test_a_stamp_that_no_record_holds(holder, stamp):
    """A stamp beyond 63 bits is not believed and raises nothing into the app."""
    identify(openid="oA", stamp=5)
    identify(stamp=stamp)

    assert Tag("oA", 5, None) == current_tag()


def test_values_of_another_type(holder):
    """An app that hands on a stamp as text, or an openid that is none, breaks nothing."""
    identify(openid=7, stamp="1745231475", nonce=8)

    assert Tag("7", 1745231475, "8") == current_tag()

    identify(stamp="soon")
    assert Tag("7", 1745231475, "8") == current_tag()


def test_bindings_nest():
    """What was bound before is bound again."""
    outer, inner = Request(), Request()
    first, second = bind(outer), bind(inner)
    unbind(second)
    seen = current_request()
    unbind(first)

    assert (outer, None) == (seen, current_request())


def test_a_binding_of_another_context(holder):
    """A binding that was made in another context is left alone."""
    token = copy_context().run(bind, Request())
    unbind(token)

    assert holder is current_request()


def in_many_ways(learn):
    """Return an app that lets *learn* be called from a task, a thread, an executor and so on, one by one."""

    async def app(request, receive, send):
        """Call *learn* in every way, reply, and call it once more."""
        await read_body(receive)
        loop, context = asyncio.get_running_loop(), copy_context()
        with ThreadPoolExecutor() as pool:
            await asyncio.create_task(learn_soon(learn, "task"))
            await asyncio.gather(learn_soon(learn, "gather"), learn_soon(learn, "gather too"))
            await asyncio.to_thread(learn, "to_thread")
            await loop.run_in_executor(pool, context.run, learn, "executor")
        thread = Thread(target=context.run, args=(learn, "thread"))
        thread.start()
        thread.join()
        await replying()(request, receive, send)
        await learn_soon(learn, "background")

    return app


async def learn_soon(learn, way):
    """Call *learn* a turn of the loop later."""
    await asyncio.sleep(0)
    learn(way)


def test_all_that_works_for_a_request_knows_its_tag(captured):
    """Tasks, threads and executors see the tag, and what each of them learns is known to all."""
    seen = {}

    def learn(way):
        seen[way] = current_tag()
        identify(nonce=way)

    serve(AccessMiddleware(in_many_ways(learn)))
    ways = list(seen)

    assert ["task", "gather", "gather too", "to_thread", "executor", "thread", "background"] == ways
    assert [Tag(OPENID, STAMP, way) for way in ["77", *ways[:-1]]] == list(seen.values())


def test_handlers_in_the_threadpool(captured):
    """A plain function that a framework runs in a thread, and its background task, know the tag."""
    seen = []
    app = FastAPI(openapi_url=None)
    app.add_middleware(AccessMiddleware)

    @app.post("/wechat")
    def reply(tasks: BackgroundTasks) -> Response:
        seen.append(current_tag())
        tasks.add_task(lambda: seen.append(current_tag()))
        return Response("success")

    serve(app)

    assert [Tag(OPENID, STAMP, "77")] * 2 == seen


def test_what_is_recorded_anywhere_has_the_tag(captured):
    """A span made in a task, a thread or an executor has the tag of its request, and its access span's trace."""

    def work(way):
        with wxtrace.span("logic", way, way):
            pass

    serve(AccessMiddleware(in_many_ways(work)))

    assert 9 == len(captured.spans)
    assert {(OPENID, STAMP, captured.span("asgi").trace_id)} == {
        (span.openid, span.stamp, span.trace_id) for span in captured.spans
    }
