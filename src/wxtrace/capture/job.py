"""
The tag carried to another process by hand: `carry()` where a job is handed on, `job()` where it is done.

OpenTelemetry's instrumentations of HTTP clients, Celery and aio-pika do the same by themselves (`propagator.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from contextvars import Token
from types import TracebackType
from typing import Any, Final, cast

from opentelemetry.context.context import Context
from opentelemetry.trace import INVALID_SPAN, NonRecordingSpan, Span

from wxtrace.capture import context as ctx
from wxtrace.capture.carried import (
    BAGGAGE,
    NOWHERE,
    TRACEPARENT,
    Remote,
    due_in,
    member_of,
    read_baggage,
    read_parent,
    text_of,
    traceparent_of,
    without_member,
)
from wxtrace.capture.deadline import remaining
from wxtrace.capture.layers import record_failure
from wxtrace.capture.provider import origin, parent_in, recorded
from wxtrace.capture.recorder import recorder
from wxtrace.capture.shapes import Shape, shape_of
from wxtrace.capture.spans import LightSpan
from wxtrace.row import CARRIED
from wxtrace.tag import Request, bind, current_request, unbind

_CONSUMER: Final = 4
_log = logging.getLogger("wxtrace")


def carry(headers: Mapping[str, str] | None = None, *, deadline: bool = False) -> dict[str, str]:
    """
    Return *headers* with those that carry the tag on: ``traceparent``, and a member of ``baggage``.

    For whatever hands work on to another process of yours: a message, a job, an HTTP request. Not for services
    of others: an openid is personal data.

    Args:
        headers: Those that there are; they are copied. None: none.
        deadline: Carry too when WeChat hangs up, so that `remaining()` counts down over there.

    Returns:
        A new dictionary; outside a tagged request just the copy.
    """
    told = dict(headers or {})
    request = current_request() if recorder.enabled else None
    if request is None or request.stamp is None:
        return told
    left = remaining() if deadline else None
    names = {name.lower(): name for name in told}
    before = told.pop(names.get(BAGGAGE, BAGGAGE), "")
    due_ms = due_in(text_of(before), request) if left is None else (request.now_ns() + round(left * 10**9)) // 10**6
    put = [member_of(request, due_ms)]
    if kept := without_member(before):
        put.insert(0, kept)
    told[BAGGAGE] = ",".join(put)
    parent = parent_in(ctx.current(), request)
    if isinstance(parent, Span) and (context := parent.get_span_context()).is_valid:
        told.pop(names.get(TRACEPARENT, TRACEPARENT), None)
        told[TRACEPARENT] = traceparent_of(context)
    return told


class Job:
    """The block in which a job is done; `job` makes it."""

    __slots__ = ("_attached", "_attributes", "_bound", "_remote", "_request", "_shape", "_span")

    def __init__(self, shape: Shape, remote: Remote, attributes: dict[str, Any] | None = None) -> None:
        self._shape, self._remote, self._attributes = shape, remote, attributes
        self._request = Request() if remote.carried is None else remote.carried.hold()
        self._span: Span | None = None
        self._bound: Token[Request | None] | None = None
        self._attached: Token[Context] | None = None

    def __enter__(self) -> Span | None:
        if not recorder.enabled:
            return None
        recorder.has_tagged = recorder.has_tagged or self._request.is_named
        self._bound = bind(self._request)
        here = ctx.with_span(ctx.current(), self._parent())
        here.pop(CARRIED, None)  # what the headers say holds
        self._attached = ctx.attach(here)
        self._span = span = origin.begin(self._shape, dict(self._attributes) if self._attributes else None)
        if self._attributes and isinstance(own := recorded(span), LightSpan):
            own.refresh()  # who is killed has said it
        ctx.detach(self._attached)
        self._attached = ctx.attach(ctx.with_span(here, span))
        return span

    def _parent(self) -> Span:
        """Return the span above: the one that handed it on, or the current one if that is of its trace already."""
        here, parent = ctx.current().get(ctx.SPAN_KEY), self._remote.parent
        if isinstance(here, Span) and _trace_id(here) == _trace_id(parent):
            return here
        return INVALID_SPAN if parent is None else parent

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        attached, bound, span = self._attached, self._bound, self._span
        self._attached = self._bound = self._span = None
        if attached is not None:
            ctx.detach(attached)
        if span is not None:
            if error is not None:
                record_failure(span, error)
            span.end()
        if bound is not None:
            unbind(bound)


def job(
    name: str,
    headers: Mapping[Any, object] | Iterable[tuple[Any, object]] | None,
    *,
    module: str | None = None,
    message_id: str | int | None = None,
) -> Job:
    """
    Record a block as a job that another process has handed on with `carry()`.

    All in it has the tag of the push that the job is for, and is found under it, after the reply. For ``with``,
    in coroutines too.

    Args:
        name: What is done, such as ``reply_later``.
        headers: Those of the message, by names in any case, or pairs of name and value; all may be `str` or
            `bytes`. None: it has none.
        module: The named part inside the layer ``logic``; *name* if left out.
        message_id: What the broker calls the message, alike at each delivery: so that one that comes again after it
            was done is told from another of the same name.

    Returns:
        A context manager that gives the span. Without a tag in *headers* the span has none.
    """
    told = None if message_id is None else {"messaging.message.id": str(message_id)}
    return Job(shape_of("logic", module or name, name, _CONSUMER), remote_in(headers), told)


def remote_in(headers: object) -> Remote:
    """Return what *headers* say of where a job comes from: nothing, where they are no headers. Never raises."""
    told: dict[str, list[str]] = {}
    try:
        for name, value in _pairs(headers):
            told.setdefault(text_of(name).lower(), []).append(text_of(value))
    except Exception:  # a message's headers are of any type
        _log.debug("wxtrace: the headers of a job do not read as headers", exc_info=True)
    parent = read_parent(",".join(told.get(TRACEPARENT, ())))
    carried = read_baggage(",".join(told.get(BAGGAGE, ())))
    return NOWHERE if parent is None and carried is None else Remote(parent, carried)


def _pairs(headers: Any) -> Iterable[Any]:
    if headers is None:
        return ()
    if hasattr(headers, "items"):
        return cast("Iterable[Any]", headers.items())
    return (pair for pair in headers if isinstance(pair, list | tuple) and len(pair) == 2)


def _trace_id(span: Span | NonRecordingSpan | None) -> int | None:
    return None if span is None else span.get_span_context().trace_id or None
