"""Pools of processes: a job carries the tag of who submits it, and its worker keeps none."""

from __future__ import annotations

import logging
from multiprocessing.pool import Pool

import pytest
from serving import OPENID, STAMP

import wxtrace
from wxtrace import span
from wxtrace.capture import processes
from wxtrace.tag import Request, bind, unbind

TAG = (OPENID, STAMP, "77")


class Workers:
    """A pool that does each job at once, with what it gets, as a process that is forked now would."""

    def __init__(self):
        self.forked_with = []

    def submit(self, fn, /, *args, **kwargs):
        """Fork, and do the job."""
        self.forked_with.append(wxtrace.current_tag())
        return fn(*args, **kwargs)

    submit = processes._submitting(submit)


def job(*args, **kwargs):
    """Return what it was called with, and the tag that it has."""
    logging.getLogger("app").info("job")
    return args, kwargs, wxtrace.current_tag()


def submitted(request):
    """Submit a job for *request*; return what it gave, and what the pool was forked with."""
    workers, token = Workers(), bind(request)
    try:
        return workers.submit(job, 1, a=2), workers.forked_with
    finally:
        unbind(token)


def tagged():
    """Return the holder of a push."""
    request = Request()
    request.learn(*TAG)
    return request


@pytest.mark.parametrize(("make", "expected"), [(tagged, TAG), (Request, None), (lambda: None, None)])
def test_a_job_has_the_tag_of_who_submits_it(captured, make, expected):
    """A worker is forked with no tag at all, and does each job under that of who has submitted it."""
    assert (((1,), {"a": 2}, expected), [None]) == submitted(make())
    assert wxtrace.current_tag() is None


def test_a_job_s_spans_are_below_who_submits_it(captured):
    """A span of the job hangs under the span in which it was submitted."""
    token = bind(tagged())
    with span("logic", "menu", "reply"):
        Workers().submit(wxtrace.storage("crm")(job))
    unbind(token)
    menu, crm = captured.spans

    assert (menu.trace_id, menu.span_id, TAG) == (
        crm.trace_id,
        crm.parent_span_id,
        (crm.openid, crm.stamp, crm.nonce),
    )


def test_a_job_that_fails(captured):
    """What a job raises goes on, and its worker has no tag afterwards."""

    def failing():
        raise LookupError("no menu")

    token = bind(tagged())
    with pytest.raises(LookupError, match="no menu"):
        Workers().submit(failing)
    unbind(token)

    assert wxtrace.current_tag() is None


def test_when_nothing_is_recorded():
    """While wxtrace is off, a job is submitted as it is."""
    token = bind(tagged())
    forked_with = []
    processes._submitting(lambda self, fn: forked_with.append((fn, wxtrace.current_tag())))(None, job)
    unbind(token)

    assert [(job, TAG)] == forked_with


def test_the_workers_of_multiprocessing(captured, monkeypatch):
    """A `multiprocessing.Pool` forks in an empty context."""
    seen = []
    fork = processes._forking(lambda self: seen.append(wxtrace.current_tag()))
    monkeypatch.setattr(Pool, "_repopulate_pool", fork)
    token = bind(tagged())
    Pool._repopulate_pool(object())
    unbind(token)

    assert [None] == seen
