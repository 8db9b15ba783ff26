"""A job over NATS is found under the push that left it: by hand, or with `instrument=["nats"]`."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial

import pytest
from message_kit import NAME, attempt_of, configure_logs, jobs_of, lines_of, push, way_of, work
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from waiting import needs, until

import wxtrace
from wxtrace.capture.instruments import instruments

nats = pytest.importorskip("nats")

pytestmark = needs("NATS")
URL = "nats://127.0.0.1:4222"
OPENID = "oNats-1"
SUBJECT = f"{NAME}.reply"
LEFT = [("access", "asgi", "POST /wechat", None), ("logic", "reply.later", "leave it", "asgi")]
PUBLISHED = ("remote", "nats", f"{SUBJECT} publish", "reply.later")


@pytest.fixture(name="store")
def _store(tmp_path):
    """A store into which is recorded, NATS left alone."""
    wxtrace.start(store=tmp_path, sealer=False, watch=())
    configure_logs()
    return tmp_path


@pytest.fixture(name="hooked", params=["light", "sdk"])
def _hooked(request, tmp_path):
    """A store into which is recorded, NATS switched on."""
    if request.param == "sdk":
        trace.set_tracer_provider(TracerProvider())
    wxtrace.start(store=tmp_path, sealer=False, watch=(), instrument=["nats"])
    configure_logs()
    return tmp_path


@asynccontextmanager
async def connected():
    """A connection for the length of a block."""
    connection = await nats.connect(URL)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def stream():
    """JetStream with a stream of its own, which is gone afterwards."""
    async with connected() as connection:
        context = connection.jetstream(timeout=60)
        await context.add_stream(name=NAME, subjects=[f"{NAME}.*"])
        try:
            yield context
        finally:
            await context.delete_stream(NAME)


async def do(message):
    """Do the job that a message is about."""
    await work(message.data.decode())


async def do_by_hand(message):
    """Do the job that a message is about, and say that it is one."""
    with wxtrace.job("reply_later", message.headers or {}):
        await do(message)


def test_by_hand(store):
    """`carry()` where it is published, `job()` where it is done: found under the push, its lines tagged."""

    async def play():
        """Leave a message to a subscription."""
        async with connected() as mine:
            await mine.subscribe(SUBJECT, cb=do_by_hand)
            publish = partial(mine.publish, SUBJECT, OPENID.encode())
            await push(OPENID, lambda: publish(headers=wxtrace.carry({"priority": "low"})))
            return await jobs_of(store, OPENID, 1)

    assert [(1, 1, "reply_later", "reply_later", "UNSET")] == asyncio.run(play())
    assert [
        *LEFT,
        ("logic", "reply_later", "reply_later", "reply.later"),
        ("storage", "redis", "GET menu", "reply_later"),
    ] == way_of(store, OPENID)
    assert [(OPENID, "redis", OPENID)] == lines_of(store, OPENID)


def test_a_message_without_a_tag(store):
    """A job that no push has left is recorded, and is nobody's."""
    done = asyncio.Event()

    async def do_and_tell(message):
        """Do it."""
        await do_by_hand(message)
        done.set()

    async def play():
        """Leave a message outside of any push."""
        async with connected() as mine:
            await mine.subscribe(SUBJECT, cb=do_and_tell)
            await mine.publish(SUBJECT, b"nobody", headers=wxtrace.carry() or None)
            await asyncio.wait_for(done.wait(), 60)
            await push(OPENID, lambda: asyncio.sleep(0))

    asyncio.run(play())

    assert LEFT == way_of(store, OPENID)


def test_a_pull_consumer_by_hand(store):
    """With JetStream a job that failed and is delivered again is a second attempt at the same job."""
    delivered = []

    async def fail_first(message):
        """Fail at the first delivery."""
        delivered.append(message.metadata.num_delivered)
        try:
            with wxtrace.job("reply_later", message.headers or {}):
                await do(message)
                if message.metadata.num_delivered == 1:
                    raise ConnectionError("crm")
        except ConnectionError:
            await message.nak()
        else:
            await message.ack()

    async def play():
        """Leave a message, and fail once."""
        async with stream() as mine:
            pulled = await mine.pull_subscribe(SUBJECT, durable="workers", stream=NAME)
            await push(OPENID, lambda: mine.publish(SUBJECT, OPENID.encode(), headers=wxtrace.carry()))
            while len(delivered) < 2:
                for message in await pulled.fetch(1, timeout=60):
                    await fail_first(message)
            return await jobs_of(store, OPENID, 2)

    expected = [(1, 1, "reply_later", "reply_later", "ERROR"), (1, 2, "reply_later", "reply_later", "UNSET")]
    assert expected == asyncio.run(play())
    assert [1, 2] == delivered
    assert [(OPENID, "redis", OPENID), (OPENID, "reply_later", None), (OPENID, "redis", OPENID)] == lines_of(
        store, OPENID
    )


@pytest.mark.parametrize(
    ("name_it", "expected"),
    [
        (lambda message: message.metadata.sequence.stream, [(1, 1), (1, 2)]),
        (lambda message: None, [(1, 1), (2, 1)]),
    ],
    ids=["named", "unnamed"],
)
def test_a_message_that_comes_again_after_it_was_done(store, name_it, expected):
    """Which message it is tells a second delivery from a second message: done twice, it is one job."""

    async def play():
        """Leave a message, do it, and do it again when it comes again."""
        async with stream() as mine:
            pulled = await mine.pull_subscribe(SUBJECT, durable="workers", stream=NAME)
            await push(OPENID, lambda: mine.publish(SUBJECT, OPENID.encode(), headers=wxtrace.carry()))
            for _ in range(2):
                (message,) = await pulled.fetch(1, timeout=60)
                with wxtrace.job("reply_later", message.headers, message_id=name_it(message)):
                    await do(message)
                await message.nak()
            return [(number, attempt) for number, attempt, *_ in await jobs_of(store, OPENID, 2)]

    assert expected == asyncio.run(play())


# ------------------------------------------------------------ start(instrument=["nats"])


@pytest.mark.parametrize("way", ["core", "partial", "stream", "async"])
def test_a_callback(hooked, way):
    """Publishing is a span, and a subscription's callback a job below it: with NATS itself and with JetStream."""

    async def play():
        """Leave a message to a callback."""
        async with stream() as more, connected() as mine:
            callback = partial(_second, "first") if way == "partial" else do
            subscriber = more if way in ("stream", "async") else mine
            await subscriber.subscribe(SUBJECT, cb=callback)
            publisher = {"stream": more.publish, "async": more.publish_async}.get(way, mine.publish)
            await push(OPENID, lambda: publisher(SUBJECT, OPENID.encode()))
            return await jobs_of(hooked, OPENID, 1)

    assert [(1, 1, SUBJECT, SUBJECT, "UNSET")] == asyncio.run(play())
    done = [("logic", SUBJECT, SUBJECT, "nats"), ("storage", "redis", "GET menu", SUBJECT)]
    assert [*LEFT, PUBLISHED, *done] == way_of(hooked, OPENID)
    assert [(OPENID, "redis", OPENID)] == lines_of(hooked, OPENID)


async def _second(first, message):
    """Do the job, as a function that has more arguments."""
    await do(message)


def test_a_request(hooked):
    """A request is a call; what answers it is found below it, within the push."""

    async def respond(message):
        """Do it, and answer."""
        await do(message)
        await message.respond(b"noodles")

    got = []

    async def play():
        """Ask, and wait for the answer."""
        async with connected() as mine:
            await mine.subscribe(SUBJECT, cb=respond)

            async def ask():
                """Ask."""
                got.append((await mine.request(SUBJECT, OPENID.encode(), 60, headers={"a": "b"})).data)

            await push(OPENID, ask)
            return await jobs_of(hooked, OPENID, 1)

    assert [(1, 1, SUBJECT, SUBJECT, "UNSET")] == asyncio.run(play())
    assert [
        *LEFT,
        ("remote", "nats", f"{SUBJECT} request", "reply.later"),
        ("logic", SUBJECT, SUBJECT, "nats"),
        ("storage", "redis", "GET menu", SUBJECT),
    ] == way_of(hooked, OPENID)
    assert [b"noodles"] == got


def test_a_service(hooked):
    """What an endpoint of a service does is found below the request."""
    micro = pytest.importorskip("nats.micro")

    async def handle(request):
        """Do it, and answer."""
        await work(request.data.decode())
        await request.respond(b"noodles")

    async def play():
        """Ask a service, and wait for its answer."""
        async with connected() as mine:
            service = await micro.add_service(mine, name="menus", version="1.0.0")
            await service.add_endpoint(name="menu", subject=SUBJECT, handler=handle)
            await push(OPENID, lambda: mine.request(SUBJECT, OPENID.encode(), 60))
            found = await jobs_of(hooked, OPENID, 1)
            await service.stop()
            return found

    assert [(1, 1, SUBJECT, SUBJECT, "UNSET")] == asyncio.run(play())
    assert [(OPENID, "redis", OPENID)] == lines_of(hooked, OPENID)


def test_messages_that_are_pulled(hooked):
    """Publishing is a span also for who pulls; the job is named by hand, and headers by place are kept."""

    async def play():
        """Leave a message, and pull it."""
        async with stream() as mine:
            pulled = await mine.pull_subscribe(SUBJECT, durable="workers", stream=NAME)
            await push(OPENID, lambda: mine.publish(SUBJECT, OPENID.encode(), 60, NAME, {"priority": "low"}))
            (message,) = await pulled.fetch(1, timeout=60)
            await do_by_hand(message)
            await message.ack()
            return message.headers["priority"], await jobs_of(hooked, OPENID, 1)

    assert ("low", [(1, 1, "reply_later", "reply_later", "UNSET")]) == asyncio.run(play())
    assert [
        *LEFT,
        PUBLISHED,
        ("logic", "reply_later", "reply_later", "nats"),
        ("storage", "redis", "GET menu", "reply_later"),
    ] == way_of(hooked, OPENID)


def test_headers_that_the_app_carries_itself(hooked):
    """Where the app has called `carry()` itself, the call has its span all the same, and the deadline stays."""
    seen = []

    async def do_and_see(message):
        """Do the job, and look at the clock."""
        seen.append(wxtrace.remaining() is not None)
        await do_by_hand(message)

    async def play():
        """Leave a message to a callback that names its job."""
        async with connected() as mine:
            await mine.subscribe(SUBJECT, cb=do_and_see)
            await push(OPENID, lambda: mine.publish(SUBJECT, OPENID.encode(), headers=wxtrace.carry(deadline=True)))
            return await jobs_of(hooked, OPENID, 1)

    assert [(1, 1, SUBJECT, SUBJECT, "UNSET")] == asyncio.run(play())
    assert [*LEFT, PUBLISHED, ("logic", SUBJECT, SUBJECT, "nats")] == way_of(hooked, OPENID)[:4]
    assert [True] == seen


def test_a_failure_of_a_job(hooked):
    """What a callback raises is the job's error, and comes to NATS' own handler as before."""
    told = []

    async def fail(message):
        """Fail."""
        raise ConnectionError("crm")

    async def hear(error):
        """Hear of errors."""
        told.append(error)

    async def play():
        """Leave a message to a callback that fails."""
        mine = await nats.connect(URL, error_cb=hear)
        await mine.subscribe(SUBJECT, cb=fail)
        await push(OPENID, lambda: mine.publish(SUBJECT, OPENID.encode()))
        await until(lambda: told)
        await mine.close()
        return await jobs_of(hooked, OPENID, 1)

    assert [(1, 1, SUBJECT, SUBJECT, "ERROR")] == asyncio.run(play())
    assert [ConnectionError] == [type(error) for error in told]


def test_outside_of_a_push(hooked):
    """What belongs to no push goes on its way without a header or a span."""
    got = []

    async def play():
        """Leave a message outside of any push, and one in a push that leaves nothing."""
        async with connected() as mine:
            await mine.subscribe(SUBJECT, cb=got_into(got))
            await mine.publish(SUBJECT, b"nobody")
            await until(lambda: got)
            await push(OPENID, lambda: asyncio.sleep(0))

    asyncio.run(play())

    assert ([None], LEFT) == ([message.headers for message in got], way_of(hooked, OPENID))
    assert () == attempt_of(hooked, OPENID).jobs


def got_into(messages):
    """Return a callback that keeps what comes."""

    async def keep(message):
        """Keep it."""
        messages.append(message)

    return keep


def test_a_callback_that_nats_refuses(hooked):
    """One that is no coroutine function is refused as it is without us."""

    async def play():
        """Subscribe with a plain function."""
        async with connected() as mine:
            await mine.subscribe(SUBJECT, cb=print)

    with pytest.raises(nats.errors.Error, match="coroutine"):
        asyncio.run(play())


def test_all_is_put_back():
    """`stop()` leaves NATS as it was; it is switched on once."""
    from nats.aio.client import Client
    from nats.js.client import JetStreamContext

    def methods():
        """Return what is replaced."""
        core = [vars(Client)[name] for name in ("publish", "request", "subscribe")]
        return [*core, JetStreamContext.publish, JetStreamContext.publish_async]

    before = methods()
    wxtrace.start(sealer=False, watch=(), instrument=["nats"])
    placed, names = methods(), instruments.names
    instruments.switch_on(["nats"])
    wxtrace.stop()

    assert ("nats",) == names
    assert before == methods()
    assert set() == {*before} & {*placed}
