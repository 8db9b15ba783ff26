"""Tasks of Celery on real brokers, by real workers: all that they do is found under the push."""

from __future__ import annotations

import os
import re
import signal

import pytest
from celery_kit import REDIS, shop
from waiting import needs

SERVICE = {"redis": "Redis", "rabbitmq": "RabbitMQ"}
SENT = """\
web access/asgi
  web remote/celery"""
ANSWERED = "  web logic/answer"
REPLIED_LATER = """\
    worker logic/reply_later
      worker logic/words
        worker storage/redis
      worker remote/127.0.0.1"""
TREES = {
    "delay": [SENT, REPLIED_LATER, ANSWERED],
    "by_name": [SENT, REPLIED_LATER, ANSWERED],
    "again": [
        SENT,
        "    worker logic/again",
        "      worker remote/celery",
        "        worker logic/again",
        "          worker remote/celery",
        "            worker logic/again",
        ANSWERED,
    ],
    "unreliable": [
        SENT,
        "    worker logic/unreliable",
        "      worker remote/celery",
        "        worker logic/unreliable",
        ANSWERED,
    ],
    "fail": [SENT, "    worker logic/fail", ANSWERED],
    "chain": [SENT, "    worker logic/first", "      worker remote/celery", "        worker logic/then", ANSWERED],
    "group": [SENT, "    worker logic/first", "  web remote/celery", "    worker logic/then", ANSWERED],
    "never": [SENT, ANSWERED],
}
LINES = {
    "delay": ["task logger delay", "stdlib delay", "structlog", "HTTP Request", "Task shop.tasks.reply_later"],
    "again": ["Task shop.tasks.again"] * 3,
    "fail": ["exception", "Task shop.tasks.fail"],
    "never": ["exception", "not handed on"],
}
POOLS = [
    ("redis", "prefork"),
    ("redis", "threads"),
    ("redis", "gevent"),
    ("redis", "solo"),
    ("rabbitmq", "prefork"),
]


def both(*cells):
    """Run a test at these brokers, each with another argument."""
    return pytest.mark.parametrize(
        ("broker", "pool"),
        [pytest.param(*cell, marks=needs(SERVICE[cell[0]]), id="-".join(cell)) for cell in cells],
    )


def begins(line: tuple[str, str]) -> str:
    """Return how a line begins, without what differs from run to run."""
    return re.split(r"\[|: POST", line[1])[0]


@both(*POOLS, ("redis", "sdk"))
@needs("Redis")
def test_what_tasks_do_is_found_under_the_push(tmp_path, broker, pool):
    """However it is sent, whatever pool it runs in: its spans hang below the sending, its lines have the tag."""
    told = {"SDK": "1"} if pool == "sdk" else {}
    options = ("--pool", "prefork" if told else pool, "--concurrency", "2")
    with shop(tmp_path, broker) as one, one.worker(*options, **told) as worker:
        one.push(*[(how, how) for how in TREES], **told)
        one.wait(12)
        worker.terminate()
        worker.wait(120)

        found = one.found()
        assert {how: "\n".join(tree).split("\n") for how, tree in TREES.items()} == {
            how: found.tree(how) for how in TREES
        }
        assert LINES == {how: [*map(begins, found.lines(how))] for how in LINES}
        assert {("7", 1745231475)} == {(row["nonce"], row["stamp"]) for how in TREES for row in found.rows(how)}


@needs("Redis")
def test_how_attempts_end(tmp_path):
    """Each attempt of a task says which it is and how it ended; what the broker did not take has failed."""
    with shop(tmp_path, "redis") as one, one.worker("--pool", "solo"):
        one.push(*[(how, how) for how in ("again", "unreliable", "never")])
        one.wait(5)
        found = one.found()
        ends = {
            how: sorted(
                (
                    row["attributes"].get("celery.retries", 0),
                    row["attributes"].get("celery.state", "sent"),
                    row["status_code"],
                )
                for row in found.rows(how)
                if row["module"] in (how, "celery")
            )
            for how in ("again", "unreliable", "never")
        }

    first = [(0, "RETRY", "UNSET"), (0, "sent", "UNSET")]
    assert {
        "again": [
            *first,
            (1, "RETRY", "UNSET"),
            (1, "sent", "UNSET"),
            (2, "SUCCESS", "UNSET"),
            (2, "sent", "UNSET"),
        ],
        "unreliable": [*first, (1, "FAILURE", "ERROR"), (1, "sent", "UNSET")],
        "never": [(0, "sent", "ERROR")],
    } == ends
    ended = [(1, 1, "closed", "UNSET"), (1, 2, "closed", "UNSET"), (1, 3, "closed", "UNSET")]
    assert [ended, [ended[0], (1, 2, "closed", "ERROR")]] == [found.tries("again"), found.tries("unreliable")]


@needs("Redis")
def test_a_chord(tmp_path):
    """What is done when a group is done goes below the last of the group, and what keeps the results is seen."""
    with shop(tmp_path, "redis") as one, one.worker("--pool", "solo", BACKEND=REDIS):
        one.push(("chord", "chord"), BACKEND=REDIS)
        one.wait(2)
        found = one.found()
        tree = found.tree("chord")

    assert "\n".join(TREES["chain"]) == "\n".join(line for line in tree if "redis" not in line)
    assert {"storage/redis"} == {line.split()[1] for line in tree if "redis" in line}


@needs("Redis")
def test_eager_tasks_are_part_of_the_request(tmp_path):
    """With `task_always_eager` a task runs where it is sent, and has failed where it raises."""
    with shop(tmp_path, "redis") as one:
        one.push(("delay", "delay"), ("fail", "fail"), EAGER="1")
        found = one.found()
        failed = [row["status_message"] for row in found.rows("fail") if row["module"] == "fail"]

        assert [
            "web access/asgi",
            "  web logic/reply_later",
            "    web logic/words",
            "      web storage/redis",
            "    web remote/127.0.0.1",
            "  web logic/answer",
        ] == found.tree("delay")
        assert ["web access/asgi", "  web logic/fail", "  web logic/answer"] == found.tree("fail")
        assert ["no such customer"] == failed


@needs("Redis")
def test_recycled_children_lose_nothing(tmp_path):
    """Where each child does one task and goes, all of twenty are found: contrib's own exporters lose up to all."""
    openids = [f"o{number}" for number in range(20)]
    with (
        shop(tmp_path, "redis") as one,
        one.worker("--pool", "prefork", "--concurrency", "4", "--max-tasks-per-child", "1"),
    ):
        one.push(*[(openid, "first") for openid in openids])
        one.wait(20)
        found = one.found()
        jobs = {openid: found.jobs(openid) for openid in openids}
        writers = {row["writer"] for openid in openids for row in found.rows(openid) if row["kind"] == "CONSUMER"}

    assert {openid: [("first", "closed")] for openid in openids} == jobs
    assert 20 == len(writers)


@both(("redis", "prefork"), ("rabbitmq", "prefork"))
@needs("Redis")
def test_a_task_whose_worker_was_killed(tmp_path, broker, pool):
    """It is delivered again, and both attempts are shown: the first with what it had said before it was killed."""
    with shop(tmp_path, broker) as one, one.worker("--pool", pool, "--concurrency", "1") as worker:
        one.push(("oA", "meet"))
        _, killed = one.here()
        os.kill(killed, signal.SIGKILL)
        _, other = one.here()
        worker.terminate()  # a warm shutdown: what runs is finished
        one.let_go("oA")
        worker.wait(120)
        found = one.found()
        jobs = [
            (row["pid"], row["module"], row["state"], row["attributes"].get("celery.redelivered"))
            for row in found.rows("oA")
            if row["kind"] == "CONSUMER"
        ]
        lines, tries = [*map(begins, found.lines("oA"))], found.tries("oA")

    assert [(killed, "meet", "crashed", None), (other, "meet", "closed", True)] == jobs
    assert [(1, 1, "crashed", "UNSET"), (1, 2, "closed", "UNSET")] == tries
    assert ["before oA", "before oA", "after oA", "Task shop.tasks.meet"] == lines


@both(("redis", "prefork"), ("redis", "threads"), ("redis", "gevent"))
@needs("Redis")
def test_no_task_has_the_tag_of_another(tmp_path, broker, pool):
    """Of twelve pushes, four at a time and ended in another order than begun, each has its own lines alone."""
    openids = [f"o{number}" for number in range(12)]
    with shop(tmp_path, broker) as one, one.worker("--pool", pool, "--concurrency", "4") as worker:
        one.push(*[(openid, "meet") for openid in openids])
        waiting = [one.here()[0] for _ in range(4)]
        for _ in range(8):
            one.let_go(waiting.pop(-2))
            waiting.append(one.here()[0])
        for openid in reversed(waiting):
            one.let_go(openid)
        worker.terminate()
        worker.wait(120)
        found = one.found()
        lines = {openid: [line for _, line in found.lines(openid)][:2] for openid in openids}

    assert {openid: [f"before {openid}", f"after {openid}"] for openid in openids} == lines
