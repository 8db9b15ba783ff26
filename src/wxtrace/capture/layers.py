"""What the app writes itself: `@logic`, `@storage`, `@layer`, `span()`."""

from __future__ import annotations

import inspect
from asyncio import CancelledError
from collections.abc import AsyncGenerator, Callable, Generator
from contextvars import Token
from functools import partial, wraps
from types import TracebackType
from typing import Any, TypeVar, overload

from opentelemetry.context.context import Context
from opentelemetry.trace import Span, Status, StatusCode

from wxtrace.capture import context as ctx
from wxtrace.capture.context import SPAN_KEY, attach, current, detach
from wxtrace.capture.provider import origin, request_in
from wxtrace.capture.recorder import recorder
from wxtrace.capture.shapes import Shape, shape_of
from wxtrace.capture.spans import LightSpan

F = TypeVar("F", bound=Callable[..., Any])


class Block:
    """A span for the length of a block; what the block raises is recorded and raised on."""

    __slots__ = ("attributes", "shape", "span", "token")

    def __init__(self, shape: Shape, attributes: dict[str, Any] | None = None) -> None:
        self.shape, self.attributes = shape, attributes
        self.span: Span | None = None
        self.token: Token[Context] | None = None

    def __enter__(self) -> Span | None:
        if not recorder.enabled:
            return None
        self.span = span = origin.begin(self.shape, self.attributes)
        self.token = ctx.attach(ctx.with_span(ctx.current(), span))
        return span

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.token is not None:
            ctx.detach(self.token)
        if self.span is not None:
            if error is not None:
                record_failure(self.span, error)
            self.span.end()


def span(layer: str, module: str, name: str, **attributes: Any) -> Block:
    """
    Record a block as a span.

    Args:
        layer: ``logic``, ``storage``, ``remote``, ``wait``, …
        module: The named part inside the layer, such as ``redis``.
        name: What is done, such as ``GET token``.
        attributes: More about it; secrets are redacted.

    Returns:
        A context manager that gives the span, for `set_attribute`.
    """
    return Block(shape_of(layer, module, name), attributes or None)


def layer(layer_name: str, module: str | None = None) -> Callable[[F], F]:
    """
    Record every call of a function as a span of *layer_name*.

    Plain and async functions and generators; of a generator, what it runs is
    inside the span, what its consumer does between two values is not.

    Args:
        layer_name: ``logic``, ``storage``, ``remote``, …
        module: The named part inside the layer; the Python module's name if left out.
    """

    def decorate(function: F) -> F:
        place = module or function.__module__.rpartition(".")[2]
        return _traced(function, Shape(layer_name, place, function.__qualname__.rpartition("<locals>.")[2]))

    return decorate


@overload
def logic(module: F) -> F: ...
@overload
def logic(module: str | None = None) -> Callable[[F], F]: ...
def logic(module: Any = None) -> Any:
    """
    Record every call of a function as a span of the logic layer.

    Args:
        module: The named part, such as ``reply.menu``; or the function itself (``@logic``).
    """
    return layer("logic")(module) if callable(module) else layer("logic", module)


@overload
def storage(module: F) -> F: ...
@overload
def storage(module: str | None = None) -> Callable[[F], F]: ...
def storage(module: Any = None) -> Any:
    """
    Record every call of a function as a span of the storage layer.

    Args:
        module: The named part, such as ``mysql``; or the function itself (``@storage``).
    """
    return layer("storage")(module) if callable(module) else layer("storage", module)


def record_failure(span: Span, error: BaseException, is_told: bool = False) -> None:
    """
    Put to *span* that *error* ended it; a cancelled task is named as such, without a traceback.

    Args:
        span: What failed.
        error: Why.
        is_told: An SDK's span has the exception among its events already.
    """
    if isinstance(error, GeneratorExit):
        return
    if isinstance(error, CancelledError):
        span.set_attribute("error.type", "CancelledError")
        span.set_status(Status(StatusCode.ERROR, "cancelled"))
    elif isinstance(span, LightSpan):
        span.failed(error)
    else:
        if not is_told:
            span.record_exception(error)
        span.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {error}"))


def _traced(function: F, shape: Shape) -> F:
    wrapped: Any
    if inspect.isasyncgenfunction(function):
        wrapped = _async_generator(function, shape)
    elif inspect.isgeneratorfunction(function):
        wrapped = _generator(function, shape)
    elif inspect.iscoroutinefunction(function):
        wrapped = _coroutine(function, shape)
    else:
        wrapped = _call(function, shape)
    return wraps(function)(wrapped)  # type: ignore[return-value]


def _call(function: Callable[..., Any], shape: Shape) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        with Block(shape):
            return function(*args, **kwargs)

    return call


def _coroutine(function: Callable[..., Any], shape: Shape) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        # `Block` and `origin.begin` written out: this is the commonest span of all
        if not recorder.enabled:
            return await function(*args, **kwargs)
        here = current()
        above = here.get(SPAN_KEY)
        if type(above) is not LightSpan or (request := above.request) is None:
            request = request_in(here)
        if origin.sdk is None and origin.decided and (request is None or request.stand_in is None):
            span: Span = LightSpan(shape, above, request)
        else:
            span = origin.begin(shape)
        token = attach(ctx.with_span(here, span))
        try:
            return await function(*args, **kwargs)
        except BaseException as error:
            record_failure(span, error)
            raise
        finally:
            detach(token)
            span.end()

    return call


def _generator(function: Callable[..., Any], shape: Shape) -> Callable[..., Generator[Any, Any, Any]]:
    def steps(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        inner, whole = function(*args, **kwargs), _Stepwise(shape)
        step = partial(next, inner)
        try:
            while True:
                with whole:
                    try:
                        value = step()
                    except StopIteration as stop:
                        return stop.value
                try:
                    step = partial(inner.send, (yield value))
                except GeneratorExit:
                    with whole:
                        inner.close()
                    raise
                except BaseException as error:
                    step = partial(inner.throw, error)
        finally:
            whole.end()

    return steps


def _async_generator(function: Callable[..., Any], shape: Shape) -> Callable[..., AsyncGenerator[Any, Any]]:
    async def steps(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        inner, whole = function(*args, **kwargs), _Stepwise(shape)
        step = partial(inner.asend, None)
        try:
            while True:
                with whole:
                    try:
                        value = await step()
                    except StopAsyncIteration:
                        return
                try:
                    step = partial(inner.asend, (yield value))
                except GeneratorExit:
                    with whole:
                        await inner.aclose()
                    raise
                except BaseException as error:
                    step = partial(inner.athrow, error)
        finally:
            whole.end()

    return steps


class _Stepwise:
    """A span that is the current one during each step of a generator, and never across a yield."""

    def __init__(self, shape: Shape) -> None:
        self.span = origin.begin(shape) if recorder.enabled else None
        self.token: Token[Context] | None = None

    def __enter__(self) -> None:
        if self.span is not None:
            self.token = ctx.attach(ctx.with_span(ctx.current(), self.span))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.token is not None:
            ctx.detach(self.token)
        if self.span is not None and error is not None:
            record_failure(self.span, error)

    def end(self) -> None:
        """End the span."""
        if self.span is not None:
            self.span.end()
