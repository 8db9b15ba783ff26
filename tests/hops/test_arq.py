"""ARQ's jobs, by the recipe as it is written and ARQ's own worker."""

from __future__ import annotations

import pytest
from waiting import needs

pytest.importorskip("arq")
from recipe_kit import recipe

TASKS = '''
import asyncio, logging, os, signal
from arq import Retry, create_pool
from arq.connections import RedisSettings

logging.basicConfig(level=logging.INFO, handlers=[wxtrace.LogHandler()])
log = logging.getLogger("shop")
name = os.environ["NAME"]
both = asyncio.Barrier(2)


@tagged
async def meet(ctx, openid):
    """Be in the middle of it when another is, too."""
    log.info("before %s", openid)
    await both.wait()
    with wxtrace.span("logic", "words", "choose"):
        log.info("after %s", openid)


@tagged
async def again(ctx, openid):
    """Do it at the second attempt."""
    if ctx["job_try"] == 1:
        raise Retry


@tagged
async def be_killed(ctx, openid):
    """Die as a process does that the kernel kills."""
    log.info("here")
    os.kill(os.getpid(), signal.SIGKILL)


class Settings(WorkerSettings):
    """What a worker of this test does."""

    functions = [*WorkerSettings.functions, meet, again, be_killed]
    queue_name = name
    keep_result = 0


def send(openid, task):
    """Take a push, and leave *task* for later."""

    async def leave():
        """Enqueue it."""
        redis = await create_pool(RedisSettings(), default_queue_name=name)
        if task == "reply_later":
            await hand_on(redis, openid)
        else:
            await redis.enqueue_job(task, openid, _job_id=f"{name}-{openid}", carried=wxtrace.carry())
        await redis.aclose()

    push(openid, leave)
'''


@needs("Redis")
def test_the_recipe_carries_the_tag(tmp_path):
    """A job is found under its push, each attempt too, and no line of one has the tag of another in its loop."""
    with recipe(tmp_path, "class WorkerSettings", TASKS) as made:
        made.run(
            '[jobs.send(*one) for one in [("oA", "meet"), ("oB", "meet"), ("oC", "again"), ("oD", "reply_later")]]'
        )
        with made.worker("arq", "jobs.Settings", "--burst") as worker:
            worker.wait(120)
            jobs = {openid: made.jobs(openid, ["closed"]) for openid in ("oA", "oB", "oD")}
            jobs["oC"] = made.jobs("oC", ["closed", "closed"])
            below, lines = made.below("oA"), {openid: made.lines(openid) for openid in ("oA", "oB")}
        made.run('jobs.send("oE", "be_killed")')
        with made.worker("arq", "jobs.Settings", "--burst") as worker:
            worker.wait(120)
            jobs["oE"] = made.jobs("oE", ["crashed"])

    assert {
        "oA": [(1, "meet", "closed", "UNSET")],
        "oB": [(1, "meet", "closed", "UNSET")],
        "oC": [(1, "again", "closed", "ERROR"), (2, "again", "closed", "UNSET")],
        "oD": [(1, "reply_later", "closed", "UNSET")],
        "oE": [(1, "be_killed", "crashed", "UNSET")],
    } == jobs
    assert [("web", "asgi", ""), ("worker", "meet", "asgi"), ("worker", "words", "meet")] == below
    assert {openid: [("meet", f"before {openid}"), ("words", f"after {openid}")] for openid in lines} == lines
