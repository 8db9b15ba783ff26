"""Where an exception was raised."""

from __future__ import annotations

import traceback

from answers import answer
from hypothesis import given
from strategies import BASE_NS, SECOND, hostile_text, make_log, make_span

from wxtrace.show.raised import place_of
from wxtrace.show.style import Style
from wxtrace.show.terminal import width
from wxtrace.show.text import render
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
        answer(spans, [make_log(1, event="exception", attributes=ERROR)]), Style(Words(language), columns)
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

    assert [f"  {told}", f"    · 18:31:15.000 info exception {told}"] == [
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
