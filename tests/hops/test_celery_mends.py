"""What is placed beside contrib's instrumentation of Celery, in this process: what it adds, and that it goes."""

from __future__ import annotations

import asyncio
import logging

import pytest
from celery import Celery, signals
from celery.app.log import Logging
from waiting import as_request

import wxtrace
from wxtrace.capture.instruments import instruments

SIGNALS = (
    signals.before_task_publish,
    signals.after_task_publish,
    signals.task_prerun,
    signals.task_postrun,
    signals.task_failure,
    signals.task_retry,
    signals.celeryd_init,
    signals.after_setup_logger,
    signals.after_setup_task_logger,
)


def state() -> tuple[object, ...]:
    """Return what the instrumentation and its mends put their hands on."""
    return (Celery.send_task, *(len(signal.receivers) for signal in SIGNALS))


@pytest.fixture(name="app")
def _app():
    """Give an app whose broker is in this process, instrumented and mended."""
    instruments.switch_on(["celery"])
    app = Celery("mended", broker="memory://", set_as_current=False)
    app.conf.update(task_eager_propagates=True, task_ignore_result=True)
    yield app
    app.close()
    instruments.switch_off()


def test_nothing_stays_behind():
    """Switched off, Celery is as it was before."""
    before = state()
    instruments.switch_on(["celery"])
    between = state()
    instruments.switch_off()

    assert before == state()
    assert before[0] is not between[0]


@pytest.mark.parametrize("how", ["known", "by name", "failing"])
def test_a_task_is_sent_within_its_span(captured, app, how):
    """Known or not, taken or not: what comes after the sending is below what was current before."""

    @app.task(name="shop.reply_later")
    def reply_later():
        """Nobody does it."""

    async def job():
        """Send a task in a span, and do something else."""
        with wxtrace.span("logic", "reply.later", "leave"):
            try:
                if how == "known":
                    reply_later.apply_async()
                else:
                    app.send_task("shop.other", serializer="none such" if how == "failing" else None)
            except Exception:
                logging.getLogger("shop").info("not sent")
            with wxtrace.span("logic", "after", "go on"):
                pass

    asyncio.run(as_request("oA", job))
    leave, sent, after = (captured.span(module) for module in ("reply.later", "celery", "after"))

    assert [leave.span_id] * 2 == [sent.parent_span_id, after.parent_span_id]
    assert ("PRODUCER", "ERROR" if how == "failing" else "UNSET") == (sent.kind, sent.status_code)
    assert [] == [*captured.open]


def test_an_eager_task_that_raises_has_failed(captured, app):
    """Also where its error goes up to the caller, and Celery tells nobody."""

    @app.task(name="shop.fail")
    def fail():
        """Fail."""
        raise ValueError("no such customer")

    with wxtrace.span("logic", "app", "ask"), pytest.raises(ValueError, match="no such customer"):
        fail.apply(throw=True)

    assert ("fail", "ERROR", "ValueError: no such customer") == (
        captured.span("fail").module,
        captured.span("fail").status_code,
        captured.span("fail").status_message,
    )


@pytest.fixture(name="loggers")
def _loggers():
    """Give the loggers that a worker sets up, as the app has left them; afterwards they are as they were."""
    root, tasks = logging.getLogger(), logging.getLogger("celery.task")
    before = [(one, one.handlers[:], one.level, one.propagate) for one in (root, tasks)]
    yield root, tasks
    for one, handlers, level, propagate in before:
        one.handlers[:], one.propagate = handlers, propagate
        one.setLevel(level)
    Logging._setup = False


@pytest.mark.parametrize("recorded", [True, False], ids=["an app that records lines", "one that does not"])
def test_the_log_handler_outlives_a_worker_s_set_up(app, loggers, recorded):
    """A worker takes the root logger's handlers away; ours is put back, and on the task logger, if it was there."""
    if recorded:
        loggers[0].addHandler(wxtrace.LogHandler())
    signals.celeryd_init.send(sender="worker")
    app.log.setup_logging_subsystem(loglevel="INFO")

    ours = [[one for one in logger.handlers if isinstance(one, wxtrace.LogHandler)] for logger in loggers]
    printed = logging.makeLogRecord({"name": "celery.redirected", "msg": "printed"})
    assert [recorded] * 2 == [len(handlers) == 1 for handlers in ours]
    assert not any(handler.filter(printed) for handlers in ours for handler in handlers)
