"""
OpenTelemetry's current context, by the shortest way.

The public functions take 0.5 µs a call through a registry of runtimes. The
stock runtime is one ContextVar: where it is in use we go to it directly, and
elsewhere (another runtime is configured) through the public functions.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Any, Final, cast

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context.context import Context
from opentelemetry.context.contextvars_context import ContextVarsRuntimeContext


def _span_key() -> str:
    """Learn the key of the current span from the public function that sets it."""
    (key,) = trace.set_span_in_context(trace.INVALID_SPAN, Context())
    return key


def _variable() -> ContextVar[Context] | None:
    runtime = getattr(otel_context, "_RUNTIME_CONTEXT", None)
    variable = getattr(runtime, "_current_context", None)
    stock = type(runtime) is ContextVarsRuntimeContext and isinstance(variable, ContextVar)
    return variable if stock else None


SPAN_KEY: Final = _span_key()
_stock: Final = _variable()

current: Callable[[], Context]
attach: Callable[[Context], Token[Context]]

if _stock is not None:
    current, attach = _stock.get, _stock.set
    _reset: Callable[[Token[Context]], Any] = _stock.reset
else:
    current, attach, _reset = otel_context.get_current, otel_context.attach, otel_context.detach


def detach(token: Token[Context]) -> None:
    """Restore what was current before; nothing happens in another task's context, where it never was."""
    try:
        _reset(token)
    except (ValueError, RuntimeError):
        pass


def with_span(context: Context, span: object) -> Context:
    """
    Return a copy of *context* with *span* as the current one.

    A plain dict: everything that reads a context reads it as one, and making a `Context` costs four times as much.
    """
    copy = context.copy()
    copy[SPAN_KEY] = span
    return cast(Context, copy)
