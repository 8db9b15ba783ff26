"""Where an exception was raised."""

from __future__ import annotations

import traceback
from dataclasses import replace

import pytest
from answers import answer
from hypothesis import given
from strategies import BASE_NS, SECOND, hostile_text, make_log, make_span

from wxtrace.notebook.draw import draw
from wxtrace.show.raised import place_of, raised_text
from wxtrace.show.style import Style
from wxtrace.show.terminal import width
from wxtrace.show.text import below_verdict, render
from wxtrace.show.words import Words

STACK = """Traceback (most recent call last):
  File "/srv/callback/app.py", line 51, in callback
    return await reply(push)
KeyError: 'MENU'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/venv/lib/python3.12/site-packages/starlette/routing.py", line 73, in app
    response = await f(request)
  File "/srv/callback/handlers.py", line 34, in on_click
    return json.loads(menu)
  File "/usr/lib/python3.12/json/__init__.py", line 339, in loads
    raise TypeError(f'the JSON object must be str')
TypeError: the JSON object must be str
"""
ERROR = {
    "exception.type": "TypeError",
    "exception.message": "the JSON object must be str",
    "exception.stacktrace": STACK,
}


def raised(language="en", columns=100):
    """Return the text of a push that ended in an exception."""
    refused = {"wechat.reply.acceptable": False, "http.response.status_code": 500, "error.type": "TypeError"}
    spans = [make_span(0, end_ns=BASE_NS + SECOND, status_code="ERROR", attributes=refused)]
    return render(
        answer(spans, [make_log(1, event="exception", severity="error", attributes=ERROR)]),
        Style(Words(language), columns),
    )


def test_the_innermost_line_of_the_app_is_the_place():
    """Neither the library that called it nor the one that it called, nor the exception before that one."""
    assert ("callback/handlers.py", 34, "on_click") == place_of({"exception.stacktrace": STACK})


def test_a_traceback_of_this_python_is_read():
    """What the running interpreter writes is understood, also of a group of exceptions."""
    try:
        raise ExceptionGroup("some", [ValueError("one")])
    except ExceptionGroup as error:
        told = "".join(traceback.format_exception(error))

    place = place_of({"exception": told})

    assert ("show/test_raised.py", "test_a_traceback_of_this_python_is_read") == (place[0], place[2])


@given(hostile_text)
def test_any_text_is_borne(text):
    """What is no traceback has no place."""
    assert place_of({"exception": text.replace("File", "")}) is None


def test_a_line_tells_the_place_in_place_of_the_traceback():
    """A line of the log has room for one line of code, and that is the one that counts."""
    told = "at callback/handlers.py:34 in on_click: TypeError: the JSON object must be str"

    assert [f"  {told}", f"    · 18:31:15.000 error exception {told}"] == [
        line for line in raised(columns=120).splitlines() if "handlers.py" in line
    ]


def test_the_place_is_told_in_chinese():
    """Under the verdict and in the log line."""
    told = "在 callback/handlers.py:34 的 on_click：TypeError: the JSON object must be str"

    assert 2 == raised("zh", 120).count(told)


def test_values_are_not_cut_in_their_name():
    """A name without a value tells nothing: it is left out."""
    line = make_log(1, attributes={"a": "x" * 40, "exception.message": "y"})

    shown = render(answer([make_span(0)], [line]), Style(columns=90))

    assert f"event 1 a={'x' * 40} …\n" in shown
    assert all(width(one) <= 90 for one in shown.splitlines()[1:])


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (ValueError("one\ntwo"), "ValueError: one"),
        (KeyError(), "KeyError"),
        (ExceptionGroup("some", [ValueError("one")]), "ExceptionGroup: some (1 sub-exception)"),
    ],
)
def test_a_traceback_alone_tells_type_and_message(error, told):
    """A line of `logging` or of structlog with `exc_info` has nothing else; it is what one looks for."""
    try:
        raise error
    except Exception as caught:
        caught.add_note("Seen: by a test")
        stack = "".join(traceback.format_exception(caught)).rstrip()

    assert raised_text({"exception": stack}, Words("en")).endswith(
        f" in test_a_traceback_alone_tells_type_and_message: {told}"
    )


def stack_of(line, error):
    """Return a traceback that ends in *line* of the app."""
    return f'Traceback (most recent call last):\n  File "/srv/app.py", line {line}, in cb\n    go()\n{error}'


def failed_push(logs, **attributes):
    """Return the place below the verdict of a push that was answered with 500, of which *logs* were recorded."""
    refused = {"wechat.reply.acceptable": False, "http.response.status_code": 500, **attributes}
    spans = [make_span(0, end_ns=BASE_NS + SECOND, attributes=refused), make_span(1, 0)]
    style = Style(Words("en"), 100)
    return [line.strip() for line in below_verdict(answer(spans, logs), style) if "app.py" in line]


HANDLED = make_log(1, 1, severity="warning", attributes={"exception": stack_of(17, "KeyError: 'cached'")})
CAUGHT = make_log(2, 1, severity="error", attributes={"exception": stack_of(18, "OSError: caught")})


def raised_at(seq, line, span=0):
    """Return the line of an exception that was recorded of a span."""
    stack = {"exception.stacktrace": stack_of(line, "ValueError: bad reply")}
    told = {"exception.type": "ValueError", "exception.message": "bad reply"}
    return make_log(seq, span, severity="error", event="exception", attributes=told | stack)


def test_the_place_is_that_of_the_exception_which_failed_the_request():
    """What was handled before it, and logged with its traceback, is not to blame; nor what came earlier."""
    logs = [HANDLED, CAUGHT, raised_at(3, 9), raised_at(4, 19), raised_at(5, 30, span=1)]

    assert ["at srv/app.py:19 in cb: ValueError: bad reply"] == failed_push(logs, **{"error.type": "ValueError"})


def test_a_log_line_tells_the_place_where_the_access_span_does_not():
    """Where a framework answers 500 for the app and logs what was raised, its line is all there is."""
    own = make_log(3, 1, severity="error", attributes={"exception": stack_of(19, "app.BadReply: none")})

    assert ["at srv/app.py:19 in cb: app.BadReply: none"] == failed_push([HANDLED, CAUGHT, own])
    assert ["at srv/app.py:19 in cb: app.BadReply: none"] == failed_push(
        [own, replace(CAUGHT, seq=9)], **{"error.type": "BadReply"}
    )


def test_what_was_handled_is_never_the_place():
    """A 500 that the app chose itself has no place; nor has an exception of which no line was recorded."""
    assert [] == failed_push([HANDLED])
    assert [] == failed_push([HANDLED, CAUGHT], **{"error.type": "ValueError"})


def test_an_error_is_cut_and_never_left_out():
    """Its text may hold a `=`, which makes it no attribute's value."""
    stack = stack_of(14, "ConnectionError: db away token=[redacted] and more of it that is long")
    line = make_log(1, event="failed", attributes={"exception": stack})

    shown = render(answer([make_span(0)], [line]), Style(columns=90))

    assert "failed at srv/app.py:14 in cb: ConnectionError: db away" in shown


def test_what_ends_an_event_is_not_shown():
    """Uvicorn ends its line of an exception with a newline, which tells nobody anything."""
    shown = answer([make_span(0)], [make_log(1, event="Exception in ASGI application\n")])

    assert "info Exception in ASGI application\n" in render(shown, Style())
    assert (True, False) == ("ASGI application" in (drawn := draw(shown, Words("en"))), "application\\x0a" in drawn)
