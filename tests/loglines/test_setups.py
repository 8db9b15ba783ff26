"""The usual set-ups of logging and structlog: each line is recorded once, and is written with its tag."""

from __future__ import annotations

import asyncio
import configparser
import io
import json
import logging
import logging.config
import logging.handlers
import multiprocessing
import pickle
import queue
import threading
import warnings

import pytest
import structlog
from serving import OPENID, STAMP

from wxtrace import LogFilter, LogHandler, span, structlog_processor
from wxtrace.tag import Request, bind, unbind
from wxtrace.testing import START_NS, capture_records

TAG = (OPENID, STAMP, "77")
LINE = "%(levelname)s %(openid)s %(stamp)s %(message)s"


def told(captured):
    """Return event, severity, logger and attributes of every line, all of which have the tag."""
    assert {TAG} >= {(line.openid, line.stamp, line.nonce) for line in captured.logs}
    return [(line.event, line.severity, line.logger, line.attributes) for line in captured.logs]


def config(handler, **more):
    """Return a configuration of `logging` with our filter and our handler, named in a way of many."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"tag": {"()": "wxtrace.LogFilter"}},
        "formatters": {"line": {"format": LINE}},
        "handlers": {
            "written": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "filters": ["tag"],
                "formatter": "line",
            },
            "wxtrace": handler,
        },
        "root": {"level": "INFO", "handlers": ["written", "wxtrace"]},
        **more,
    }


@pytest.mark.parametrize(
    "handler", [{"class": "wxtrace.LogHandler"}, {"()": "wxtrace.LogHandler"}, {"()": LogHandler}], ids=str
)
def test_dict_config(captured, request_, logging_, capsys, handler):
    """Handler and filter are named as any other class is, though the package loads them when they are asked for."""
    logging.config.dictConfig(config(handler))
    logging.getLogger("app.menu").warning("cold: %s", "a", extra={"key": "a"})

    assert [("cold: a", "warning", "app.menu", {"key": "a"})] == told(captured)
    assert f"WARNING {OPENID} {STAMP} cold: a\n" == capsys.readouterr().out


def test_dict_config_from_json(captured, request_, logging_, capsys):
    """The same from a JSON file, with a level and a filter on our handler."""
    handler = {"class": "wxtrace.LogHandler", "level": "ERROR", "filters": ["tag"]}
    logging.config.dictConfig(json.loads(json.dumps(config(handler))))
    logging.getLogger("app").warning("cold")
    logging.getLogger("app").error("failed")

    assert [("failed", "error", "app", {})] == told(captured)
    assert 2 == len(capsys.readouterr().out.splitlines())


def test_file_config(captured, request_, logging_):
    """An old configuration file names the class by its path."""
    parser = configparser.RawConfigParser()
    parser.read_string(
        "[loggers]\nkeys=root\n[handlers]\nkeys=wxtrace\n[formatters]\nkeys=\n"
        "[logger_root]\nlevel=INFO\nhandlers=wxtrace\n[handler_wxtrace]\nclass=wxtrace.LogHandler\nargs=()\n"
    )
    logging.config.fileConfig(parser, disable_existing_loggers=False)
    logging.getLogger("app").info("warm")

    assert [("warm", "info", "app", {})] == told(captured)


@pytest.fixture(name="streams")
def two_formatted_streams(logging_):
    """structlog's formatter on two handlers, ours between them, and both kinds of lines through it."""
    shared = [structlog.contextvars.merge_contextvars, structlog.stdlib.add_logger_name, structlog_processor]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    )
    streams = [io.StringIO(), io.StringIO()]
    written = [logging.StreamHandler(stream) for stream in streams]
    for handler in written:
        handler.setFormatter(formatter)
    logging_.handlers[:] = [written[0], LogHandler(), written[1]]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    yield streams
    structlog.contextvars.clear_contextvars()


def test_processor_formatter(captured, request_, streams):
    """Lines of structlog and of libraries, by one formatter on two handlers: each is recorded once, and tagged."""
    structlog.contextvars.bind_contextvars(menu="a")
    structlog.get_logger("app").info("own", a=1)
    logging.getLogger("library").warning("foreign %d", 1)
    structlog.get_logger("app").bind(b=2).error("own")
    own, foreign = {"menu": "a", "a": 1}, {"menu": "a"}

    assert [
        ("own", "info", "app", own),
        ("foreign 1", "warning", "library", foreign),
        ("own", "error", "app", {"menu": "a", "b": 2}),
    ] == told(captured)
    for stream in streams:
        assert [OPENID] * 3 == [json.loads(line)["openid"] for line in stream.getvalue().splitlines()]


def test_a_foreign_exception_by_processor_formatter(captured, request_, streams):
    """An exception in a line of a library is recorded as its traceback, its stack as such."""
    try:
        raise LookupError("no menu")
    except LookupError:
        logging.getLogger("library").exception("failed", stack_info=True)
    ((event, severity, logger, attributes),) = told(captured)

    assert ("failed", "error", "library") == (event, severity, logger)
    assert {"exception", "stack"} == set(attributes)
    assert attributes["exception"].endswith("LookupError: no menu")
    assert attributes["stack"].startswith("Stack (most recent call last):\n")


def keep_lines(lines):
    """Return a last processor that keeps what is rendered."""

    def keep(logger, method, event):
        lines.append(event)
        raise structlog.DropEvent

    return keep


@pytest.mark.parametrize(
    "wrapper", [structlog.make_filtering_bound_logger(logging.INFO), structlog.stdlib.BoundLogger], ids=str
)
def test_async_lines(captured, request_, logging_, wrapper):
    """`await log.ainfo(…)`, which works in a thread, is recorded under the span and in the context of its call."""
    lines: list[dict[str, object]] = []
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog_processor, keep_lines(lines)],
        wrapper_class=wrapper,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    log = structlog.get_logger("app")

    async def both():
        """Say something in two tasks, each under a span of its own."""

        async def say(name):
            with structlog.contextvars.bound_contextvars(menu=name), span("logic", name, "reply"):
                await log.ainfo("said")

        await asyncio.gather(say("a"), say("b"))

    asyncio.run(both())
    found = sorted((line.module, line.attributes["menu"], line.openid, line.event) for line in captured.logs)

    assert [("a", "a", OPENID, "said"), ("b", "b", OPENID, "said")] == found
    assert [OPENID, OPENID] == [line["openid"] for line in lines]
    assert ["a", "b"] == sorted(line["module"] for line in lines)


@pytest.fixture(name="behind")
def a_queue(logging_):
    """A queue before the root's handlers; call it to let a listener's thread handle what is in it."""
    lines, stream = queue.SimpleQueue(), io.StringIO()
    into = logging.handlers.QueueHandler(lines)
    into.addFilter(LogFilter())
    logging_.handlers[:] = [into]
    written = logging.StreamHandler(stream)
    written.setFormatter(logging.Formatter(LINE))

    def handle() -> str:
        """Handle all lines in another thread, and return what is written."""
        listener = logging.handlers.QueueListener(lines, written, LogHandler())
        listener.start()
        listener.stop()
        return stream.getvalue()

    return handle


def test_a_line_behind_a_queue(captured, request_, behind):
    """What was said for a push is recorded by the listener's thread with the tag, span and time of its making."""
    with span("logic", "menu", "reply"):
        logging.getLogger("app").warning("cold %s", "a", extra={"key": "a"})
    captured.clock.advance(60)
    logging.getLogger("app").info("warm")
    said_by = captured.span("menu")

    assert f"WARNING {OPENID} {STAMP} cold a\nINFO {OPENID} {STAMP} warm\n" == behind()
    assert [("cold a", "warning", "app", {"key": "a"}), ("warm", "info", "app", {})] == told(captured)
    assert (said_by.span_id, "menu") == (captured.logs[0].span_id, captured.logs[0].module)
    assert said_by.start_ns < captured.logs[0].time_ns < said_by.end_ns
    assert 60 * 10**9 < captured.logs[1].time_ns - START_NS


def test_a_line_outside_of_requests_behind_a_queue(behind):
    """A line of nobody is written, and not recorded; with `untagged_logs` it is."""
    with capture_records() as captured:
        logging.getLogger("app").info("started")
        assert "INFO - - started\n" == behind()
    with capture_records(untagged_logs=True) as more:
        logging.getLogger("app").info("started")
        behind()

    assert ([], [("started", None)]) == (captured.logs, [(line.event, line.openid) for line in more.logs])


def test_a_structlog_line_behind_a_queue(captured, request_, behind):
    """What structlog has recorded is not recorded again behind the queue; what comes next from its logger is."""
    structlog.configure(
        processors=[structlog_processor, structlog.processors.JSONRenderer()],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    structlog.get_logger("app").info("own")
    logging.getLogger("app").info("foreign")
    behind()

    assert [("own", "info", "app", {}), ("foreign", "info", "app", {})] == told(captured)


def test_our_handler_on_both_sides_of_a_queue(captured, request_, behind, logging_):
    """A line that our handler meets before the queue and behind it is recorded once, whoever comes first."""
    logging_.addHandler(LogHandler())
    logging.getLogger("app").info("first")
    logging_.handlers.reverse()
    logging.getLogger("app").info("second")
    behind()

    assert [("first", "info", "app", {}), ("second", "info", "app", {})] == told(captured)


def test_a_line_waits_for_its_tag_behind_a_queue(captured, behind):
    """A line that is made before the tag is known is recorded when it is, also from behind a queue."""
    request = Request()
    token = bind(request)
    logging.getLogger("app").info("early")
    behind()
    before = list(captured.logs)
    request.learn(*TAG)
    unbind(token)

    assert ([], [("early", "info", "app", {})]) == (before, told(captured))


def test_a_record_that_goes_to_another_process(captured, request_, logging_):
    """A record that our filter has seen can be pickled, and is recorded where it is unpickled, once."""
    record = logging.makeLogRecord({"name": "app", "msg": "far", "levelname": "INFO"})
    with span("logic", "menu", "reply"):
        LogFilter().filter(record)
    again = pickle.loads(pickle.dumps(record))
    LogHandler().handle(again)
    LogHandler().handle(again)
    menu = captured.span("menu")

    assert [("far", "info", "app", {})] == told(captured)
    assert [(menu.trace_id, menu.span_id)] == [(line.trace_id, line.span_id) for line in captured.logs]


def test_warnings(captured, request_, logging_):
    """What `warnings` says is recorded where `captureWarnings` hands it to logging."""
    logging_.addHandler(LogHandler())
    logging.captureWarnings(True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("old call", DeprecationWarning, stacklevel=1)
    finally:
        logging.captureWarnings(False)
    ((event, severity, logger, attributes),) = told(captured)

    assert ("warning", "py.warnings", {}) == (severity, logger, attributes)
    assert "DeprecationWarning: old call" in event


def test_lines_of_many_threads(captured, logging_):
    """Lines of threads that work for different pushes have each its own tag, and none is lost."""
    logging_.addHandler(LogHandler())
    at_once = threading.Barrier(8)

    def work(number):
        """Say a hundred things for a push of its own."""
        request = Request()
        request.learn(f"o{number}", STAMP, None)
        token = bind(request)
        at_once.wait()
        for _ in range(100):
            logging.getLogger("app").info("for %d", number)
        unbind(token)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {f"o{number}": 100 for number in range(8)} == {
        openid: [line.event for line in captured.logs if line.openid == openid].count(f"for {openid[1:]}")
        for openid in {line.openid for line in captured.logs}
    }


def test_our_handler_waits_for_nobody(captured, request_, logging_):
    """A line is recorded though somebody holds the lock of our handler, as a thread that was stopped would."""
    handler = LogHandler()
    logging_.addHandler(handler)
    handler.acquire()
    try:
        other = threading.Thread(target=logging.getLogger("app").info, args=("elsewhere",))
        other.start()
        other.join(60)
        assert not other.is_alive()
    finally:
        handler.release()


def test_a_queue_of_processes(captured, request_, logging_):
    """A record goes through a queue between processes as any other does."""
    lines = multiprocessing.get_context("spawn").Queue()
    into = logging.handlers.QueueHandler(lines)
    into.addFilter(LogFilter())
    logging_.handlers[:] = [into]
    logging.getLogger("app").info("far")
    LogHandler().handle(lines.get(timeout=60))
    lines.close()
    lines.join_thread()

    assert [("far", "info", "app", {})] == told(captured)
