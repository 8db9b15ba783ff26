"""`@logic`, `@storage`, `@layer`, `span()`: what the app writes itself."""

from __future__ import annotations

import asyncio
import inspect

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import NonRecordingSpan, StatusCode

import wxtrace
from wxtrace import layer, logic, span, storage
from wxtrace.capture.context import SPAN_KEY, current
from wxtrace.capture.layers import record_failure


def here():
    """Return the module of the current span, None outside of any."""
    found = current().get(SPAN_KEY)
    return None if found is None else found.shape.module


def told(captured):
    """Return module, status and parent's module of every ended span, in the order of their starts."""
    modules = {row.span_id: row.module for row in captured.spans}
    return [(row.module, row.status_code, modules.get(row.parent_span_id)) for row in captured.spans]


def test_a_function(captured):
    """A decorated function is a span for the time of the call; what it calls is below it."""

    @logic("reply.menu")
    def reply(to, *, text):
        return here(), read(to) + text

    @storage("mysql")
    def read(key):
        return f"{here()} {key} "

    assert ("reply.menu", "mysql oA hi") == reply("oA", text="hi")
    assert [("reply.menu", "UNSET", None), ("mysql", "UNSET", "reply.menu")] == told(captured)
    assert ("logic", "reply") == (captured.span("reply.menu").layer, captured.span("reply.menu").name)


@pytest.mark.parametrize(
    ("decorator", "expected"),
    [
        (logic, ("logic", "test_layers", "f")),
        (logic(), ("logic", "test_layers", "f")),
        (logic("menu"), ("logic", "menu", "f")),
        (storage, ("storage", "test_layers", "f")),
        (storage(), ("storage", "test_layers", "f")),
        (storage("mysql"), ("storage", "mysql", "f")),
        (layer("remote"), ("remote", "test_layers", "f")),
        (layer("remote", "crm"), ("remote", "crm", "f")),
    ],
)
def test_the_forms_of_a_decorator(captured, decorator, expected):
    """With and without brackets and module, the place is what was said, or else where the function is written."""

    @decorator
    def f():
        """Do nothing."""

    f()
    (row,) = captured.spans

    assert expected == (row.layer, row.module, row.name)


def test_a_decorated_function_is_still_itself(captured):
    """Name, docstring, signature and kind of the function stay."""

    async def reply(to: str, *, text: str = "") -> str:
        """Reply."""
        return to + text

    wrapped = logic(reply)

    assert ("reply", "Reply.", reply) == (wrapped.__name__, wrapped.__doc__, wrapped.__wrapped__)
    assert inspect.signature(reply) == inspect.signature(wrapped)
    assert inspect.iscoroutinefunction(wrapped)


def test_methods(captured):
    """Methods, class methods and static methods are spans named with their class."""

    class Menu:
        @logic
        def reply(self):
            return self

        @classmethod
        @logic
        def make(cls):
            return cls

        @staticmethod
        @logic
        def check():
            return 1

    menu = Menu()

    assert (menu, Menu, 1) == (menu.reply(), Menu.make(), Menu.check())
    assert ["Menu.reply", "Menu.make", "Menu.check"] == [row.name for row in captured.spans]


def test_what_a_function_raises(captured):
    """An exception goes on as it is, and the span has failed with it."""

    @logic("menu")
    def reply():
        raise LookupError("no menu")

    with pytest.raises(LookupError, match="no menu"):
        reply()
    row = captured.span("menu")

    assert ("ERROR", "LookupError: no menu") == (row.status_code, row.status_message)
    assert "LookupError" == row.attributes["error.type"]
    assert None is here()


def test_a_coroutine(captured):
    """A decorated coroutine is a span from its first step to its last; tasks begun in it are below it."""

    @storage("mysql")
    async def read():
        """Tell where it runs, a turn of the loop later."""
        await asyncio.sleep(0)
        return here()

    @logic("menu")
    async def reply():
        """Read twice at once, and in a thread."""
        return await asyncio.gather(read(), asyncio.create_task(read()), asyncio.to_thread(here)), here()

    assert (["mysql", "mysql", "menu"], "menu") == asyncio.run(reply())
    assert [("menu", "UNSET", None), ("mysql", "UNSET", "menu"), ("mysql", "UNSET", "menu")] == told(captured)


@pytest.mark.parametrize("error", [LookupError("no menu"), SystemExit(3), KeyboardInterrupt()])
def test_what_a_coroutine_raises(captured, error):
    """Whatever a coroutine raises goes on, and the span has failed with it."""

    @logic("menu")
    async def reply():
        """Fail."""
        raise error

    with pytest.raises(type(error)) as caught:
        reply().send(None)

    assert caught.value is error
    assert ["ERROR"] == [row.status_code for row in captured.spans]


def test_a_cancelled_coroutine(captured):
    """A coroutine that is cancelled is told as such, without a traceback."""

    @logic("menu")
    async def reply():
        """Wait for ever."""
        await asyncio.Event().wait()

    async def main():
        """Cancel it while it waits."""
        task = asyncio.create_task(reply())
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    row = captured.span("menu")

    assert ("ERROR", "cancelled", []) == (row.status_code, row.status_message, captured.logs)


@logic("pages")
def pages(log):
    """Yield what is current and what is sent, until thrown out."""
    got = None
    try:
        while got != "stop":
            with span("storage", "mysql", "SELECT"):
                log.append(here())
            try:
                got = yield here(), got
            except ValueError as error:
                got = repr(error)
    finally:
        log.append("closed")
    return "all"


def test_a_generator(captured):
    """A generator's span is current in each of its steps and never between them; values, sends and throws pass."""
    steps = pages(log := [])

    assert ("pages", None) == next(steps)
    assert None is here()
    assert ("pages", "a") == steps.send("a")
    assert ("pages", "ValueError('b')") == steps.throw(ValueError("b"))
    with pytest.raises(StopIteration) as stop:
        steps.send("stop")

    assert ("all", None) == (stop.value.value, here())
    assert ["mysql", "mysql", "mysql", "closed"] == log
    assert [("pages", "UNSET", None)] + [("mysql", "UNSET", "pages")] * 3 == told(captured)


def test_a_generator_that_is_left(captured):
    """A generator that is closed in the middle cleans up inside its span, which has not failed."""
    steps = pages(log := [])
    next(steps)
    steps.close()

    assert ["mysql", "closed"] == log
    assert [("pages", "UNSET", None), ("mysql", "UNSET", "pages")] == told(captured)


def test_a_generator_that_fails(captured):
    """What is thrown into a generator and not caught ends its span as failed."""
    steps = pages([])
    next(steps)
    with pytest.raises(LookupError, match="no page"):
        steps.throw(LookupError("no page"))

    assert ("pages", "ERROR", None) == told(captured)[0]


def test_a_generator_within_a_generator(captured):
    """`yield from` passes values, sends and the result through."""

    @logic("outer")
    def outer():
        return (yield from pages([]))

    steps = outer()

    assert ("pages", None) == next(steps)
    assert ("pages", "a") == steps.send("a")
    with pytest.raises(StopIteration, match="all"):
        steps.send("stop")
    assert ("pages", "UNSET", "outer") == told(captured)[1]


def test_two_generators_by_turns(captured):
    """Generators that are taken from by turns do not become each other's children."""
    first, second = pages([]), pages([])
    for steps in (first, second, first, second):
        next(steps)
    first.close()
    second.close()

    assert [("pages", "UNSET", None)] * 2 == [row for row in told(captured) if row[0] == "pages"]


@logic("stream")
async def stream(log):
    """The same as `pages`, asynchronous."""
    got = None
    try:
        while got != "stop":
            await asyncio.sleep(0)
            with span("storage", "mysql", "SELECT"):
                log.append(here())
            try:
                got = yield here(), got
            except ValueError as error:
                got = repr(error)
    finally:
        await asyncio.sleep(0)
        log.append(here())


def test_an_async_generator(captured):
    """The same holds for an asynchronous generator."""

    async def main():
        """Take, send, throw and stop."""
        steps = stream(log := [])
        assert ("stream", None) == await anext(steps)
        assert None is here()
        assert ("stream", "a") == await steps.asend("a")
        assert ("stream", "ValueError('b')") == await steps.athrow(ValueError("b"))
        with pytest.raises(StopAsyncIteration):
            await steps.asend("stop")
        return log, here()

    assert (["mysql", "mysql", "mysql", "stream"], None) == asyncio.run(main())
    assert [("stream", "UNSET", None)] + [("mysql", "UNSET", "stream")] * 3 == told(captured)


def test_an_async_generator_that_is_left(captured):
    """An asynchronous generator that is closed in the middle cleans up inside its span."""

    async def main():
        """Leave after the first value."""
        steps = stream(log := [])
        async for _ in steps:
            break
        await steps.aclose()
        return log

    assert ["mysql", "stream"] == asyncio.run(main())
    assert ("stream", "UNSET", None) == told(captured)[0]


def test_an_async_generator_that_fails(captured):
    """What is thrown into an asynchronous generator and not caught ends its span as failed."""

    async def main():
        """Throw what is not caught."""
        steps = stream([])
        await anext(steps)
        await steps.athrow(LookupError("no page"))

    with pytest.raises(LookupError, match="no page"):
        asyncio.run(main())

    assert ("stream", "ERROR", None) == told(captured)[0]


def test_a_block(captured):
    """A block is a span; it gives the span for attributes."""
    with span("storage", "redis", "GET token", key="a", token="ABC") as inside:
        inside.set_attribute("hit", True)
        seen = here()
    row = captured.span("redis")

    assert ("redis", None) == (seen, here())
    assert ("storage", "GET token", {"key": "a", "token": "[redacted]", "hit": True}) == (
        row.layer,
        row.name,
        row.attributes,
    )


def test_what_a_block_raises(captured):
    """What a block raises goes on, and the span has failed with it."""
    with pytest.raises(OSError, match="gone"), span("storage", "redis", "GET"):
        raise OSError("gone")

    assert ("ERROR", "OSError: gone") == (captured.spans[0].status_code, captured.spans[0].status_message)


def test_a_closed_generator_s_exit_is_no_failure(captured):
    """A block that is left because its generator is closed has not failed."""

    def steps():
        with span("storage", "redis", "SCAN"):
            yield 1

    running = steps()
    next(running)
    running.close()

    assert [("redis", "UNSET", None)] == told(captured)


def test_the_failure_of_an_sdk_s_span():
    """A span of an SDK gets the exception by OpenTelemetry's API."""
    tracer = TracerProvider().get_tracer("app")
    failed = tracer.start_span("GET")
    record_failure(failed, LookupError("no menu"))
    record_failure(NonRecordingSpan(failed.get_span_context()), LookupError("no menu"))

    assert (StatusCode.ERROR, "LookupError: no menu") == (failed.status.status_code, failed.status.description)
    assert ["exception"] == [event.name for event in failed.events]


def test_disabled():
    """When switched off every form runs what it wraps and nothing else."""

    @logic
    def call():
        return here()

    @logic
    async def coroutine():
        """Tell where it runs."""
        return here()

    with span("storage", "redis", "GET") as inside:
        assert None is inside
    assert (None, None) == (call(), asyncio.run(coroutine()))
    assert [(None, None)] == list(pages_until_stop())
    assert None is wxtrace.current_tag()


@logic
def pages_until_stop():
    """Yield once."""
    yield here(), None
