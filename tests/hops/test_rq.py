"""RQ's jobs, by the recipe as it is written and RQ's own worker."""

from __future__ import annotations

import pytest
from waiting import needs

pytest.importorskip("rq")
from recipe_kit import recipe

TASKS = '''
import logging, os, signal

logging.basicConfig(level=logging.INFO, handlers=[wxtrace.LogHandler()])
log = logging.getLogger("shop")
redis = Redis(socket_timeout=None)
name = os.environ["NAME"]


def reply_later(openid):
    """Answer, in a step of its own."""
    with wxtrace.span("logic", "words", "choose"):
        log.info("found %s", openid)


def fail_once(openid):
    """Fail at the first attempt."""
    if redis.set(name + ":once", 1, nx=True):
        raise ValueError("once")


def be_killed(openid):
    """Die as a process does that the kernel kills."""
    log.info("here")
    os.kill(os.getpid(), signal.SIGKILL)


def send(openid, task, **options):
    """Take a push, and leave *task* for later."""
    queue = Queue(name, connection=redis, job_class=TaggedJob)

    async def leave():
        """Enqueue it."""
        queue.enqueue(task, openid, **options)

    push(openid, leave)
'''
SEND = """
from rq import Retry
jobs.send("oA", jobs.reply_later)
jobs.send("oB", jobs.fail_once, retry=Retry(max=1))
jobs.send("oC", jobs.be_killed)
jobs.send("oD", "jobs.reply_later")
"""


@needs("Redis")
def test_the_recipe_carries_the_tag(tmp_path):
    """A job is found under its push, each attempt too, and one whose process was killed with what it had said."""
    with recipe(tmp_path, "class TaggedJob", TASKS) as made:
        made.run(SEND)
        with made.worker("rq.cli", "worker", "--job-class", "jobs.TaggedJob", "--burst", made.name) as worker:
            worker.wait(120)
            jobs = {
                "oA": made.jobs("oA", ["closed"]),
                "oB": made.jobs("oB", ["closed", "closed"]),
                "oC": made.jobs("oC", ["crashed"]),
                "oD": made.jobs("oD", ["closed"]),
            }
            below, lines = made.below("oA"), {openid: made.lines(openid) for openid in jobs}

    assert {
        "oA": [(1, "reply_later", "closed", "UNSET")],
        "oB": [(1, "fail_once", "closed", "ERROR"), (2, "fail_once", "closed", "UNSET")],
        "oC": [(1, "be_killed", "crashed", "UNSET")],
        "oD": [(1, "reply_later", "closed", "UNSET")],
    } == jobs
    assert [("web", "asgi", ""), ("worker", "reply_later", "asgi"), ("worker", "words", "reply_later")] == below
    assert {
        "oA": [("words", "found oA")],
        "oB": [],
        "oC": [("be_killed", "here")],
        "oD": [("words", "found oD")],
    } == lines
