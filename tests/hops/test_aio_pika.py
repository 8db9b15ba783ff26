"""A job over RabbitMQ with aio-pika, or pika, is found under the push that left it."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager

import pytest
from message_kit import NAME, attempt_of, configure_logs, jobs_of, lines_of, push, way_of, work
from opentelemetry import trace
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import TracerProvider
from waiting import needs, until

import wxtrace

aio_pika = pytest.importorskip("aio_pika")
pika = pytest.importorskip("pika")

pytestmark = needs("RabbitMQ")
URL = "amqp://guest:guest@127.0.0.1:5672/"
OPENID = "oRabbit-1"
SENT = [
    ("access", "asgi", "POST /wechat", None),
    ("logic", "reply.later", "leave it", "asgi"),
    ("remote", "rabbitmq", f"{NAME} send", "reply.later"),
]
RECEIVED = ("logic", NAME, f"{NAME} receive", "rabbitmq")
PROCESSED = ("logic", NAME, f"{NAME} process", "rabbitmq")
WORKED = ("storage", "redis", "GET menu", NAME)


@pytest.fixture(name="store")
def _store(tmp_path):
    """A store into which is recorded, aio-pika instrumented."""
    wxtrace.start(store=tmp_path, sealer=False, watch=(), instrument=["aio-pika"])
    configure_logs()
    return tmp_path


@pytest.fixture(name="either", params=["light", "sdk"])
def _either(request, tmp_path):
    """A store into which is recorded, with an SDK and without."""
    if request.param == "sdk":
        trace.set_tracer_provider(TracerProvider())
    return request.getfixturevalue("store")


@asynccontextmanager
async def queue(connect=aio_pika.connect):
    """A queue of its own, and what leaves a message in it; both are gone afterwards."""
    async with await connect(URL) as connection:
        channel = await connection.channel()
        declared = await channel.declare_queue(NAME, exclusive=True)

        async def leave(openid, headers=None):
            """Leave the job of an openid."""
            message = aio_pika.Message(openid.encode(), headers=headers)
            await channel.default_exchange.publish(message, NAME)

        yield declared, leave
        await declared.delete(if_unused=False, if_empty=False)


async def on_message(message):
    """Do the job that a message is about."""
    async with message.process():
        await work(message.body.decode())


def test_a_callback(either):
    """The message, the job and what it does stand below each other; its lines have the tag."""

    async def play():
        """Leave a message to a callback."""
        async with queue() as (mine, leave):
            await mine.consume(on_message)
            await push(OPENID, lambda: leave(OPENID))
            return await jobs_of(either, OPENID, 1)

    assert [(1, 1, NAME, f"{NAME} receive", "UNSET")] == asyncio.run(play())
    assert [*SENT, RECEIVED, WORKED] == way_of(either, OPENID)
    assert [(OPENID, "redis", OPENID)] == lines_of(either, OPENID)


async def by_iterator(mine):
    """Take one message of an iterator."""
    async with mine.iterator() as messages:
        async for message in messages:
            await on_message(message)
            return


async def by_get(mine):
    """Take one message without a consumer."""
    await on_message(await mine.get())


@pytest.mark.parametrize("connect", ["connect", "connect_robust"])
@pytest.mark.parametrize("take", [by_iterator, by_get])
def test_a_message_that_is_processed(either, take, connect):
    """Without a callback of the app the job is the block of `message.process()`; there is one span of it."""

    async def play():
        """Leave a message, then take it."""
        async with queue(getattr(aio_pika, connect)) as (mine, leave):
            await push(OPENID, lambda: leave(OPENID))
            await take(mine)
            return await jobs_of(either, OPENID, 1)

    assert [(1, 1, NAME, f"{NAME} process", "UNSET")] == asyncio.run(play())
    assert [*SENT, PROCESSED, WORKED] == way_of(either, OPENID)
    assert [(OPENID, "redis", OPENID)] == lines_of(either, OPENID)


@pytest.mark.parametrize("connect", ["connect", "connect_robust"])
@pytest.mark.parametrize("name", [f"{NAME}-of-a-topic", ""], ids=["named", "unnamed"])
def test_a_queue_of_an_exchange(store, name, connect):
    """A job is named by the queue that it comes from; where that has no name, by the exchange."""
    exchange = f"{NAME}-topics"

    async def play():
        """Leave a message to an exchange."""
        async with await getattr(aio_pika, connect)(URL) as connection:
            channel = await connection.channel()
            topics = await channel.declare_exchange(exchange, "topic", auto_delete=True)
            mine = await channel.declare_queue(name or None, exclusive=True)
            await mine.bind(topics, "menu.*")
            await mine.consume(on_message)
            await push(OPENID, lambda: topics.publish(aio_pika.Message(OPENID.encode()), "menu.asked"))
            found = await jobs_of(store, OPENID, 1)
            await mine.delete(if_unused=False, if_empty=False)
            return found

    assert [(1, 1, name or exchange, f"{exchange} receive", "UNSET")] == asyncio.run(play())


def test_a_job_by_hand(store):
    """Whoever acknowledges by hand says where the job begins and ends, and gives it its name."""

    async def play():
        """Leave a message, take it, and do its job."""
        async with queue() as (mine, leave):
            await push(OPENID, lambda: leave(OPENID))
            async with mine.iterator() as messages:
                message = await anext(messages)
                with wxtrace.job("reply_later", message.headers):
                    await work(OPENID)
                await message.ack()
            return await jobs_of(store, OPENID, 1)

    assert [(1, 1, "reply_later", "reply_later", "UNSET")] == asyncio.run(play())
    assert [
        *SENT,
        ("logic", "reply_later", "reply_later", "rabbitmq"),
        ("storage", "redis", "GET menu", "reply_later"),
    ] == way_of(store, OPENID)


@pytest.mark.parametrize("take", ["callback", "iterator"])
def test_a_message_that_comes_again(store, take):
    """A job that failed and went back into the queue is shown as a second attempt at the same job."""
    came = []

    async def fail_first(message):
        """Fail at the first delivery."""
        async with message.process(requeue=True):
            came.append(message.redelivered)
            if not message.redelivered:
                raise ConnectionError("crm")

    async def play():
        """Leave a message, and fail once."""
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)  # aio-pika raises it on
        async with queue() as (mine, leave):
            await push(OPENID, lambda: leave(OPENID))
            if take == "callback":
                await mine.consume(fail_first)
                await until(lambda: len(came) == 2)
            else:
                async with mine.iterator() as messages:
                    with pytest.raises(ConnectionError):
                        await fail_first(await anext(messages))
                    await fail_first(await anext(messages))
            return await jobs_of(store, OPENID, 2)

    word = "receive" if take == "callback" else "process"
    expected = [(1, 1, NAME, f"{NAME} {word}", "ERROR"), (1, 2, NAME, f"{NAME} {word}", "UNSET")]
    assert expected == asyncio.run(play())
    assert [False, True] == came


def test_a_sender_that_is_not_instrumented(store):
    """`carry()` puts into the headers what the worker's instrumentation reads."""

    async def play():
        """Leave a message by hand to a callback."""
        async with queue() as (mine, leave):
            await mine.consume(on_message)

            async def by_hand():
                """Let no instrumentation help."""
                with suppress_instrumentation():
                    await leave(OPENID, wxtrace.carry())

            await push(OPENID, by_hand)
            return await jobs_of(store, OPENID, 1)

    assert [(1, 1, NAME, f"{NAME} receive", "UNSET")] == asyncio.run(play())
    assert [*SENT[:2], ("logic", NAME, f"{NAME} receive", "reply.later"), WORKED] == way_of(store, OPENID)


def test_many_at_once(store):
    """Of twenty pushes at once, each has its own job and its own line, and nobody else's."""
    openids = [f"oRabbit-{number}" for number in range(20)]
    done = []

    async def do(message):
        """Do the job of one."""
        await on_message(message)
        done.append(message.body.decode())

    async def play():
        """Leave all, and do all at the same time."""
        async with queue() as (mine, leave):
            await mine.consume(do)
            await asyncio.gather(*(push(openid, lambda openid=openid: leave(openid)) for openid in openids))
            await until(lambda: sorted(openids) == sorted(done))
            return {openid: await jobs_of(store, openid, 1) for openid in openids}

    assert {openid: [(1, 1, NAME, f"{NAME} receive", "UNSET")] for openid in openids} == asyncio.run(play())
    assert {openid: [(openid, "redis", openid)] for openid in openids} == {
        openid: lines_of(store, openid) for openid in openids
    }


def test_a_message_that_nobody_left_for_a_push(store):
    """A message that says nothing of where it comes from is processed without a span."""

    async def play():
        """Leave a message outside of any push, and take it."""
        async with queue() as (mine, leave):
            with suppress_instrumentation():
                await leave("nobody")
            await by_get(mine)
            await push(OPENID, lambda: asyncio.sleep(0))

    asyncio.run(play())

    assert SENT[:2] == way_of(store, OPENID)
    assert () == attempt_of(store, OPENID).jobs


def test_all_is_put_back():
    """`stop()` leaves aio-pika as it was."""
    from aio_pika.message import ProcessContext
    from opentelemetry.instrumentation.aio_pika.callback_decorator import CallbackDecorator

    def methods():
        """Return what is replaced."""
        processing = [vars(ProcessContext)[name] for name in ("__aenter__", "__aexit__")]
        return [*processing, CallbackDecorator.decorate, CallbackDecorator._get_span]

    before = methods()
    wxtrace.start(sealer=False, watch=(), instrument=["aio-pika"])
    placed = methods()
    wxtrace.stop()

    assert before == methods()
    assert set() == {*before} & {*placed}


def test_pika(tmp_path):
    """With pika, which blocks, a job in a consumer's thread is found all the same."""
    pytest.importorskip("opentelemetry.instrumentation.pika")
    wxtrace.start(store=tmp_path, sealer=False, watch=(), instrument=["pika"])
    configure_logs()
    ready = threading.Event()

    def consume():
        """Do one job."""
        with pika.BlockingConnection(pika.URLParameters(URL)) as connection:
            channel = connection.channel()
            channel.queue_declare(NAME)

            def on_message(channel, method, properties, body):
                """Do it, and consume no more."""
                with wxtrace.span("storage", "redis", "GET menu"):
                    channel.basic_ack(method.delivery_tag)
                channel.stop_consuming()

            channel.basic_consume(NAME, on_message)
            ready.set()
            channel.start_consuming()
            channel.queue_delete(NAME)

    async def leave():
        """Leave a message."""
        with pika.BlockingConnection(pika.URLParameters(URL)) as connection:
            connection.channel().basic_publish("", NAME, OPENID.encode())

    worker = threading.Thread(target=consume)
    worker.start()
    ready.wait(60)
    asyncio.run(push(OPENID, leave))
    worker.join(60)

    assert [(1, 1, NAME, f"{NAME} receive", "UNSET")] == asyncio.run(jobs_of(tmp_path, OPENID, 1))
    sent, again = (("remote", "rabbitmq", f"{NAME} send", above) for above in ("reply.later", "rabbitmq"))
    way = [step for step in way_of(tmp_path, OPENID) if step != again]  # contrib tells of both of pika's channels
    assert [*SENT[:2], sent, RECEIVED, WORKED] == way
