"""Odd lines: exceptions of all kinds, arguments that do not fit, huge ones, handlers that log, loguru's."""

from __future__ import annotations

import io
import logging
import logging.handlers
import subprocess
import sys
from pathlib import Path

import loguru
import pytest
from serving import OPENID, STAMP
from survival_kit import environment_of
from survival_ledger import rows

import wxtrace
from wxtrace import LogFilter, LogHandler, structlog_processor
from wxtrace.capture.recorder import recorder
from wxtrace.tag import Request, bind, unbind


@pytest.fixture(name="log")
def a_logger(captured, request_, logging_):
    """A logger with our handler on the root."""
    logging_.handlers[:] = [LogHandler()]
    return logging.getLogger("app")


def raised(kind):
    """Return an exception of a kind, as it was raised."""
    try:
        try:
            raise LookupError("no menu")
        except LookupError as error:
            if kind == "chained":
                raise OSError("no mail") from error
            if kind == "group":
                raise ExceptionGroup("both", [error, ValueError("no key")]) from None
            raise
    except Exception as error:
        return error


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("plain", ["LookupError: no menu"]),
        ("chained", ["LookupError: no menu", "The above exception was the direct cause", "OSError: no mail"]),
        ("group", ["ExceptionGroup: both (2 sub-exceptions)", "LookupError: no menu", "ValueError: no key"]),
    ],
)
def test_exceptions(captured, log, kind, expected):
    """A traceback has the exceptions that led to it, and those that a group holds."""
    log.error("failed", exc_info=raised(kind))
    (line,) = captured.logs

    assert [] == [text for text in expected if text not in line.attributes["exception"]]
    assert ("failed", "error") == (line.event, line.severity)


def test_a_very_long_traceback(captured, log):
    """Of a traceback without end the end is kept, which says what was raised."""

    log.error("failed", exc_info=LookupError("x" * 50_000 + " no menu"))
    (line,) = captured.logs

    assert line.attributes["exception"].endswith("x no menu")
    assert len(line.attributes["exception"]) <= 16384


def test_a_stack(captured, log):
    """The stack that a line asks for is recorded."""
    log.info("here", stack_info=True)
    (line,) = captured.logs

    assert line.attributes["stack"].startswith("Stack (most recent call last):\n")
    assert "test_a_stack" in line.attributes["stack"]


@pytest.mark.parametrize(
    "told",
    [
        {"exc_info": True},
        {"exc_info": (1, 2)},
        {"args": 7},
        {"args": object(), "msg": "%s %s"},
        {"levelname": None},
        {"levelname": 7},
        {"name": None},
        {"exc_text": 7},
        {"msg": b"bytes"},
    ],
    ids=lambda told: "-".join(told),
)
def test_a_record_of_anything(captured, request_, told):
    """Whatever somebody has put on a record, neither filter nor handler raises; what is not recorded is counted."""
    record = logging.makeLogRecord({"name": "app", "msg": "odd"} | told)
    LogFilter().filter(record)
    LogHandler().handle(record)

    assert 1 == len(captured.logs) + recorder.sink.dropped


@pytest.mark.parametrize(
    "told",
    [{"exc_info": (1, 2)}, {"exc_info": 7}, {"_record": "mine"}, {"logger": Path()}, {"event": {}}, {1: 2}],
    ids=str,
)
def test_an_event_of_anything(captured, request_, told):
    """Whatever an event of structlog holds, the processor raises nothing; what is not recorded is counted."""
    event = structlog_processor(None, "info", {"event": "odd"} | told)

    assert OPENID == event["openid"]
    assert 1 == len(captured.logs) + recorder.sink.dropped


def test_lines_that_are_kept_for_later(captured, request_, logging_):
    """What a `MemoryHandler` keeps, and gives to our handler while another push is served, is of its own push."""
    kept = logging.handlers.MemoryHandler(100, target=LogHandler())
    kept.addFilter(LogFilter())
    logging_.handlers[:] = [kept]
    logging.getLogger("app").info("first")
    other = Request()
    other.learn("oB", STAMP, None)
    token = bind(other)
    logging.getLogger("app").error("flushes")
    unbind(token)

    assert [("first", OPENID), ("flushes", "oB")] == [(line.event, line.openid) for line in captured.logs]


def test_a_huge_line(captured, log):
    """A line of megabytes is recorded in part, and the next one whole."""
    log.info("x" * 5_000_000, extra={"all": "y" * 5_000_000})
    log.info("next")

    assert ["xxx", "nex"] == [line.event[:3] for line in captured.logs]
    assert len(captured.packed[0]) < 200_000


def test_a_handler_that_logs(captured, log, logging_):
    """A handler that logs by itself, before and behind ours, neither loses a line nor doubles one."""

    class Talker(logging.Handler):
        """Says that it has seen a line."""

        def emit(self, record):
            """Say so, but not of what it says itself."""
            if record.name != "talker":
                logging.getLogger("talker").info("seen: %s", record.getMessage())

    logging_.handlers.insert(0, Talker())
    logging_.addHandler(Talker())
    log.info("cold")
    log.info("warm")

    assert {"seen: cold": 2, "cold": 1, "seen: warm": 2, "warm": 1} == {
        event: [line.event for line in captured.logs].count(event)
        for event in {line.event for line in captured.logs}
    }


def test_an_object_that_logs_as_it_is_written(captured, log):
    """A value whose text is made with a log line of its own is recorded, and so is that line."""

    class Talker:
        """Says that it is asked for its text."""

        def __str__(self):
            """Say so, and return it."""
            log.debug("asked")
            return "text"

    log.info("value", extra={"value": Talker()})

    assert {"asked", "value"} == {line.event for line in captured.logs}
    assert ["text"] == [line.attributes["value"] for line in captured.logs if line.event == "value"]


@pytest.fixture(name="loguru")
def loguru_s_logger(captured, request_):
    """loguru's logger without its own sink; after the test nothing is left of it."""
    loguru.logger.remove()
    yield loguru.logger
    loguru.logger.remove()
    loguru.logger.configure(patcher=lambda record: None, extra={})


def tagged(record):
    """Put the tag into what loguru writes."""
    tag = wxtrace.current_tag()
    record["extra"]["openid"], record["extra"]["stamp"] = (tag.openid, tag.stamp) if tag else ("-", "-")


def test_loguru(captured, loguru):
    """Our handler is a sink of loguru: message, level, module, what is bound, and exceptions are recorded once."""
    loguru.add(LogHandler(), format=lambda record: "{message}")
    log = loguru.bind(key="a")
    log.success("menu {}", 7)
    log.opt(exception=raised("plain")).error("failed")
    first, second = captured.logs

    assert [("menu 7", "success"), ("failed", "error")] == [(first.event, first.severity), (second.event, "error")]
    assert {"key": "a"} == first.attributes
    assert {"key", "exception"} == set(second.attributes)
    assert second.attributes["exception"].endswith("LookupError: no menu")
    assert [(OPENID, STAMP, "77")] * 2 == [(line.openid, line.stamp, line.nonce) for line in captured.logs]
    assert [__name__.rpartition(".")[2]] * 2 == [line.logger.rpartition(".")[2] for line in captured.logs]


def test_the_tag_in_what_loguru_writes(captured, loguru):
    """A patcher puts the tag into loguru's own lines, in a request and outside."""
    stream = io.StringIO()
    loguru.configure(patcher=tagged)
    loguru.add(stream, format="{extra[openid]} {extra[stamp]} {message}")
    loguru.info("cold")

    assert f"{OPENID} {STAMP} cold\n" == stream.getvalue()


AT_EXIT = """
import atexit, logging, os, sys, threading
from survival_acts import STAMP
import wxtrace
from wxtrace.tag import Request, bind

wxtrace.start(service="act", sealer=False)
request = Request()
request.learn("oA", STAMP, None)
bind(request)
log = logging.getLogger("app")
logging.basicConfig(level="INFO", handlers=[wxtrace.LogHandler()])

class Late:
    def __del__(self):
        log.info("finalized")

def late():
    for number in range(3):
        log.info("atexit %d", number)

atexit.register(late)
kept = Late()
log.info("main")
"""


def test_lines_as_the_interpreter_exits(tmp_path):
    """What is said by `atexit` is recorded, what is said later does no harm, and nothing is written to stderr."""
    store = tmp_path / "store"
    done = subprocess.run(
        [sys.executable, "-c", AT_EXIT],
        env=environment_of(store),
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    events = {row.event for row in rows(store).logs}

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
    assert {"main", "atexit 0", "atexit 1", "atexit 2"} <= events
