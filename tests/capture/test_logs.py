"""Log lines: from structlog and from the standard library, with the tag, once each."""

from __future__ import annotations

import io
import json
import logging
import sys
import weakref

import pytest
import structlog
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
from serving import OPENID, STAMP

import wxtrace
from wxtrace import LogFilter, LogHandler, span, structlog_processor
from wxtrace.capture import context
from wxtrace.capture.lines import places
from wxtrace.tag import Request, bind, unbind
from wxtrace.testing import START_NS, capture_records

TAG = (OPENID, STAMP, "77")
FOREIGN = NonRecordingSpan(SpanContext(5, 6, is_remote=True, trace_flags=TraceFlags(1)))
IDS = {"trace_id": f"{1:032x}", "span_id": f"{1:016x}"}


@pytest.fixture(name="request_")
def in_a_request(captured):
    """The holder of the request in which the test runs, with a tag."""
    holder = Request()
    holder.learn(*TAG)
    token = bind(holder)
    yield holder
    unbind(token)


@pytest.fixture(name="untagged")
def in_an_untagged_request(captured):
    """The same before anything is known."""
    token = bind(holder := Request())
    yield holder
    unbind(token)


@pytest.fixture(name="lines")
def rendered():
    """A structlog configuration that ends in a list of rendered events."""
    lines: list[dict[str, object]] = []

    def keep(logger, method, event):
        lines.append(event)
        raise structlog.DropEvent

    structlog.configure(processors=[structlog_processor, keep], cache_logger_on_first_use=True)
    return lines


@pytest.fixture(name="handler")
def on_the_root():
    """Our handler on the root logger, which lets everything pass."""
    handler, root = LogHandler(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


def told(captured):
    """Return event, severity, logger and attributes of every line."""
    return [(line.event, line.severity, line.logger, line.attributes) for line in captured.logs]


def test_a_structlog_line(captured, request_, lines):
    """An event is recorded with its tag and place, and the rendered line gets them too."""
    with span("logic", "menu", "reply"):
        structlog.get_logger().info("menu.clicked", key="a", token="ABC")
    (line,) = captured.logs

    assert [("menu.clicked", "info", None, {"key": "a", "token": "[redacted]"})] == told(captured)
    assert TAG == (line.openid, line.stamp, line.nonce)
    assert (IDS["trace_id"], IDS["span_id"], "logic", "menu") == (
        line.trace_id,
        line.span_id,
        line.layer,
        line.module,
    )
    assert START_NS < line.time_ns < START_NS + 100_000
    assert [
        {
            "openid": OPENID,
            "stamp": STAMP,
            **IDS,
            "layer": "logic",
            "module": "menu",
            "event": "menu.clicked",
            "key": "a",
            "token": "ABC",
        }
    ] == lines


def test_what_the_event_has_itself_stays(captured, request_, lines):
    """A key of the app's own is not written over."""
    structlog.get_logger().info("x", openid="mine", stamp=1)
    with span("logic", "menu", "reply"):
        structlog.get_logger().info("x", openid="mine", module=1)

    assert [{"openid": "mine", "stamp": 1, "event": "x"}, "mine"] == [lines[0], lines[1]["openid"]]
    assert ({"openid": "mine", "stamp": 1}, {"openid": "mine", "module": 1}) == tuple(
        line.attributes for line in captured.logs
    )


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        *(("debug", "debug"), ("info", "info"), ("warning", "warning"), ("error", "error")),
        *(("critical", "critical"), ("msg", "info"), ("warn", "warning"), ("exception", "error")),
        *(("fatal", "critical"), ("log", "info"), ("notice", "notice")),
    ],
)
def test_severities(captured, request_, method, expected):
    """Every method of a logger has a severity of one name."""
    structlog_processor(None, method, {"event": "x"})

    assert [expected] == [line.severity for line in captured.logs]


def test_a_cached_logger(captured, request_, lines):
    """A logger that was cached before a push still records each line with the tag of now."""
    log = structlog.get_logger().bind(a=1)
    log.info("first")
    wxtrace.identify(openid="oB")
    log.info("second")

    assert [("first", OPENID), ("second", "oB")] == [(line.event, line.openid) for line in captured.logs]
    assert [OPENID, "oB"] == [line["openid"] for line in lines]


@pytest.mark.parametrize("form", ["true", "error", "tuple"])
def test_a_structlog_exception(captured, request_, form):
    """An exception in any form that structlog takes is recorded as its traceback, and handed on as it was."""
    try:
        raise LookupError("no menu")
    except LookupError as error:
        exc_info = {"true": True, "error": error, "tuple": sys.exc_info()}[form]
        event = structlog_processor(None, "exception", {"event": "x", "exc_info": exc_info})
    (line,) = captured.logs

    assert exc_info is event["exc_info"]
    assert line.attributes["exception"].startswith("Traceback (most recent call last):\n")
    assert line.attributes["exception"].endswith("LookupError: no menu")


def test_no_exception(captured, request_):
    """`exc_info` that says there is none adds nothing."""
    structlog_processor(None, "info", {"event": "x", "exc_info": None})
    structlog_processor(None, "info", {"event": "x", "exc_info": False})

    assert [{}, {}] == [line.attributes for line in captured.logs]


class Named:
    """An event that is an object."""


class Rude:
    """An event that cannot be named."""

    def __str__(self):
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"a": [1]}, "{'a': [1]}"),
        (["a"], "['a']"),
        (7, "7"),
        (None, "None"),
        ("?secret=ABC", "?secret=[redacted]"),
        ("\ud800", "?"),
        (Rude(), "<Rude: RuntimeError>"),
    ],
)
def test_odd_events(captured, request_, event, expected):
    """An event may be anything; what is recorded is its text, redacted."""
    with span("logic", "menu", "reply"):
        structlog_processor(None, "info", {"event": event})

    assert [expected] == [line.event for line in captured.logs]


def test_no_event(captured, request_):
    """A line without an event is recorded with what it has."""
    structlog_processor(None, "info", {"a": 1})

    assert [("", "info", None, {"a": 1})] == told(captured)


def test_the_logger_s_name(captured, request_, lines):
    """The name that `add_logger_name` put into the event, or that the stdlib logger has, is the line's logger."""
    structlog_processor(None, "info", {"event": "x", "logger": "app.menu"})
    structlog_processor(logging.getLogger("app.mail"), "info", {"event": "y"})

    assert [("x", "info", "app.menu", {}), ("y", "info", "app.mail", {})] == told(captured)


def test_lines_outside_a_request(captured, lines, handler):
    """Outside any request nothing is recorded, and the line passes as it is."""
    structlog.get_logger().info("started")
    logging.getLogger("app").warning("started")

    assert ([], [{"event": "started"}]) == (captured.logs, lines)


def test_untagged_logs(lines, handler):
    """With `untagged_logs` they are."""
    with capture_records(untagged_logs=True) as captured:
        structlog.get_logger().info("started", a=1)
        logging.getLogger("app").warning("ready")

    assert [("started", "info", None, {"a": 1}), ("ready", "warning", "app", {})] == told(captured)
    assert [(None, None, None)] * 2 == [(line.openid, line.stamp, line.trace_id) for line in captured.logs]


def test_lines_wait_for_a_late_tag(captured, untagged, lines, handler):
    """Lines before the tag are recorded when it is learned, with the times they were made at."""
    structlog.get_logger().info("first")
    captured.clock.advance(1)
    logging.getLogger("app").info("second")
    assert [] == captured.logs

    wxtrace.identify(openid=OPENID)
    assert [] == captured.logs

    wxtrace.identify(stamp=STAMP)
    assert [("first", OPENID, STAMP), ("second", OPENID, STAMP)] == [
        (line.event, line.openid, line.stamp) for line in captured.logs
    ]
    assert 10**9 <= captured.logs[1].time_ns - captured.logs[0].time_ns < 10**9 + 100_000


def test_the_64_newest_lines_wait(captured, untagged, lines):
    """A request that logs without end before its tag keeps the 64 newest lines."""
    for number in range(1000):
        structlog.get_logger().info(f"line {number}")
    wxtrace.identify(stamp=STAMP)

    assert [f"line {number}" for number in range(936, 1000)] == [line.event for line in captured.logs]


def test_a_line_under_a_foreign_span(captured, request_, lines):
    """Under a span that is not ours the line has its ids, and no layer."""
    token = context.attach(context.with_span(context.current(), FOREIGN))
    structlog.get_logger().info("x")
    context.detach(token)

    assert [
        {"openid": OPENID, "stamp": STAMP, "trace_id": f"{5:032x}", "span_id": f"{6:016x}", "event": "x"}
    ] == lines
    assert [(f"{5:032x}", f"{6:016x}", None)] == [
        (line.trace_id, line.span_id, line.layer) for line in captured.logs
    ]


def test_a_stdlib_line(captured, request_, handler):
    """A stdlib record is recorded with its message, level, logger and extras."""
    logging.getLogger("app.menu").warning("menu %s of %d", "a", 2, extra={"key": "a", "secret": "ABC"})

    assert [("menu a of 2", "warning", "app.menu", {"key": "a", "secret": "[redacted]"})] == told(captured)
    assert [TAG] == [(line.openid, line.stamp, line.nonce) for line in captured.logs]


def test_a_stdlib_exception(captured, request_, handler):
    """An exception is recorded as its traceback."""
    try:
        raise LookupError("no menu")
    except LookupError:
        logging.getLogger("app").exception("failed")
    (line,) = captured.logs

    assert ("failed", "error") == (line.event, line.severity)
    assert line.attributes["exception"].endswith("LookupError: no menu")


def test_a_stdlib_line_that_cannot_be_formatted(captured, request_, handler):
    """A wrong number of arguments is the app's mistake; the line is kept as it was written."""
    handler.handle(logging.makeLogRecord({"msg": "%s %s", "args": ("a",), "name": "app"}))
    handler.handle(logging.makeLogRecord({"msg": Rude(), "name": "app"}))

    assert "%s %s % ('a',)" == captured.logs[0].event
    assert 2 == len(captured.logs)


def test_a_stdlib_line_that_is_a_dict(captured, request_, handler):
    """A stdlib message may be a dict; only structlog's own are recorded elsewhere."""
    logging.getLogger("app").info({"a": 1})

    assert [("{'a': 1}", "info", "app", {})] == told(captured)


def test_our_own_warnings_are_not_recorded(captured, request_, handler):
    """What wxtrace itself says is for the app's log file."""
    logging.getLogger("wxtrace").warning("no further segment")

    assert [] == captured.logs


@pytest.fixture(name="stream", params=["json", "formatter"])
def through_the_stdlib(request, handler):
    """Structlog lines that go on to the standard library, rendered there or before; what is written."""
    stream = io.StringIO()
    written = logging.StreamHandler(stream)
    last: list[object] = [structlog.processors.JSONRenderer()]
    if request.param == "formatter":
        written.setFormatter(structlog.stdlib.ProcessorFormatter(processors=last))
        last = [structlog.stdlib.ProcessorFormatter.wrap_for_formatter]
    structlog.configure(
        processors=[structlog.stdlib.add_logger_name, structlog_processor, *last],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    logging.getLogger().addHandler(written)
    yield stream
    logging.getLogger().removeHandler(written)


def test_a_line_through_both_is_recorded_once(captured, request_, stream):
    """A structlog line that goes on through the standard library is recorded once, and written with its tag."""
    structlog.get_logger("app").info("菜单", a=1)
    logging.getLogger("app").info("other")

    assert [("菜单", "info", "app", {"a": 1}), ("other", "info", "app", {})] == told(captured)
    assert OPENID == json.loads(stream.getvalue().splitlines()[0])["openid"]


def test_a_stdlib_line_through_a_formatter_s_processors(captured, request_, handler):
    """Our processor may also stand in the chains of formatters: each line is recorded once, without their keys."""
    last = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()]
    formatter = structlog.stdlib.ProcessorFormatter(foreign_pre_chain=[structlog_processor], processors=last)
    streams, log = [io.StringIO(), io.StringIO()], logging.getLogger("app")
    for stream in streams:
        log.addHandler(logging.StreamHandler(stream))
        log.handlers[-1].setFormatter(formatter)
    log.warning("cold")
    log.warning("cold")
    log.handlers.clear()

    assert [("cold", "warning", "app", {})] * 2 == told(captured)
    assert [[OPENID] * 2] * 2 == [
        [json.loads(line)["openid"] for line in stream.getvalue().splitlines()] for stream in streams
    ]


def test_a_stdlib_line_through_two_handlers(captured, request_, handler):
    """A handler of ours on a logger and another on the root record a line once."""
    log = logging.getLogger("app")
    log.addHandler(LogHandler())
    log.warning("cold")
    log.handlers.clear()

    assert [("cold", "warning", "app", {})] == told(captured)


def test_what_the_filter_puts_is_no_attribute(captured, request_, handler):
    """What our filter puts on a record for formats is not recorded a second time; the app's own extras are."""
    handler.addFilter(LogFilter())
    logging.getLogger("app").warning("cold", extra={"key": "a"})
    handler.filters.clear()
    logging.getLogger("app").warning("own", extra={"stamp": "mine"})

    assert [{"key": "a"}, {"stamp": "mine"}] == [line.attributes for line in captured.logs]


def test_a_line_that_structlog_does_not_hand_on(captured, request_, handler):
    """Where a structlog line is dropped on its way, the next stdlib line of that logger is still recorded."""
    structlog.configure(
        processors=[structlog_processor, structlog.processors.JSONRenderer()],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    logging.getLogger("quiet").setLevel(logging.ERROR)
    structlog.get_logger("quiet").info("dropped by level")
    logging.getLogger("quiet").error("failed")

    assert ["dropped by level", "failed"] == [line.event for line in captured.logs]


def format_of(record):
    """Return what our filter has put on a record."""
    assert LogFilter().filter(record)
    return record.openid, record.stamp, record.trace_id


def test_the_filter(captured, request_):
    """A stdlib format may name the tag and the trace."""
    with span("logic", "menu", "reply"):
        assert (OPENID, STAMP, IDS["trace_id"]) == format_of(logging.makeLogRecord({}))


def test_the_filter_where_nothing_is_known(untagged):
    """Where there is no tag and no span the format finds a dash."""
    assert ("-", "-", "-") == format_of(logging.makeLogRecord({}))
    untagged.learn(None, 0, None)
    assert ("-", 0, "-") == format_of(logging.makeLogRecord({}))


def test_the_filter_outside_a_request():
    """Outside a request too, and when switched off."""
    assert ("-", "-", "-") == format_of(logging.makeLogRecord({}))


def test_places_are_bounded(captured, request_, lines):
    """Events that differ every time do not fill the memory."""
    for number in range(5000):
        structlog.get_logger().info(f"order {number}")

    assert len(places) <= 2048
    assert 5000 == len(captured.logs)


def test_no_object_of_the_app_is_kept(captured, request_):
    """An event that is an object dies with the line, and one that is very long too."""
    event = Named()
    gone = weakref.ref(event)
    with span("logic", "menu", "reply"):
        structlog_processor(None, "error", {"event": event})
        structlog_processor(None, "error", {"event": "x" * 100_000})
    del event

    assert None is gone()
    assert [] == [event for _, event, *_ in places if len(event) > 256]


def test_disabled(lines, handler):
    """When switched off a line passes as it is."""
    token = bind(Request())
    structlog.get_logger().info("x")
    logging.getLogger("app").info("x")
    unbind(token)

    assert [{"event": "x"}] == lines
