"""The example that answers later: a server, a worker, Redis, and a stand-in for WeChat's API, all of them real."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from pages import ROOT, environment
from survival_kit import grown_up, until
from waiting import needs

import wxtrace
from wxtrace.demo.pushes import KINDS, draw_account, make_push, verification

redis = pytest.importorskip("redis")
ACCOUNT = draw_account(Random(3))
STAMP = 1745231475
REDIS = "redis://127.0.0.1:6379/0"
TOKENS = ("token-1", "token-2")
REFUSAL = {"errcode": 40164, "errmsg": "invalid ip"}
SEND, ASK = "/cgi-bin/message/custom/send", "/cgi-bin/stable_token"


class Weixin(ThreadingHTTPServer):
    """What stands for WeChat's API: it takes a message at the third try: no token, then one that expired."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Asked)
        self.tokens = iter([REFUSAL, *({"access_token": token, "expires_in": 7200} for token in TOKENS)])
        self.sent = []

    def answer(self, path, told):
        """Answer what was asked."""
        if path == "/cgi-bin/stable_token":
            return next(self.tokens)
        if path.endswith("access_token=token-1"):
            return {"errcode": 42001, "errmsg": "access_token expired"}
        self.sent.append(told)
        return {"errcode": 0, "errmsg": "ok"}


class _Asked(BaseHTTPRequestHandler):
    def do_POST(self):
        """Answer in JSON."""
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        reply = json.dumps(self.server.answer(self.path, told)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def weixin() -> Iterator[Weixin]:
    """Serve the stand-in as long as the block runs."""
    with Weixin() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def queue() -> Iterator[str]:
    """Give the name of a queue of one's own; at the end nothing of it is left in Redis."""
    name = f"wxtrace-test-{uuid4().hex[:12]}"
    with redis.Redis.from_url(REDIS) as client:
        try:
            yield name
        finally:
            client.delete(*client.scan_iter(f"*{name}*", count=1000), f"_kombu.binding.{name}")


def ready(log, pattern):
    """Return what a process wrote when it was ready: the part of *pattern* in parentheses."""
    return until(lambda: re.search(pattern, log.read_text("utf-8", "replace")))[1]


def all_attempts(store):
    """Return the attempts of the one job that is found, once there are three and the last is over."""
    found = wxtrace.find(openid="oA", stamp=STAMP, store=store)
    jobs = [job for one in found.attempts for job in one.rebuilt.jobs]
    closed = [(number, "closed") for number in (1, 2, 3)]
    return jobs if closed == [(job.attempt, job.state) for job in jobs] else None


def steps(job):
    """Return what an attempt of the job did, without what it asked Redis for."""
    spans = [node.span for node in job.tree.nodes if node.span.module not in ("redis", "celery")]
    return [urlsplit(_told(span)["url.full"]).path if span.layer == "remote" else span.module for span in spans]


def pushed(url):
    """Send a push as the README says; return what was printed of the reply, and the lookup without its stamp."""
    command = [sys.executable, str(ROOT / "examples/deferred/push.py"), f"{url}/callback", "oME"]
    told = environment(CALLBACK_TOKEN=ACCOUNT.token)
    done = subprocess.run(command, env=told, capture_output=True, text=True, check=True)
    return re.sub(r"--stamp \d{10}$", "--stamp …", done.stdout.strip()).splitlines()


def _told(span):
    return json.loads(span.attributes) if isinstance(span.attributes, str) else span.attributes


@needs("Redis")
def test_what_is_answered_later_is_found_under_the_push(tmp_path):
    """The reply is `success`; the customer has the answer once; `find` tells of the reply and of each attempt."""
    push = make_push(ACCOUNT, KINDS[0], "plain", "oA", STAMP, Random(4))
    click = make_push(ACCOUNT, KINDS[1], "plain", "oB", STAMP, Random(5))
    stranger = make_push(draw_account(Random(6)), KINDS[0], "plain", "oC", STAMP, Random(5))
    target, echo = verification(ACCOUNT, STAMP, Random(5))
    store, logs = tmp_path / "store", [tmp_path / "web.log", tmp_path / "worker.log"]
    commands = [
        f"uvicorn --app-dir {ROOT}/examples/deferred app:app --port 0",
        f"celery --workdir {ROOT}/examples/deferred -A tasks worker --concurrency 1 --loglevel INFO",
    ]

    with queue() as name, weixin() as api, ExitStack() as stack:
        told = {
            "CALLBACK_TOKEN": ACCOUNT.token,
            "CALLBACK_APPID": ACCOUNT.appid,
            "CALLBACK_SECRET": "s3cr3t",
            "CALLBACK_QUEUE": name,
            "CALLBACK_API": f"http://127.0.0.1:{api.server_port}",
            "CALLBACK_THINKING": "0",
        }
        for log, command, service in zip(logs, commands, ("wx-callback", "wx-worker"), strict=True):
            output = stack.enter_context(log.open("wb"))
            stack.enter_context(
                grown_up([sys.executable, "-m", *command.split()], store, output, WXTRACE_SERVICE=service, **told)
            )
        url = ready(logs[0], r"running on (http://[0-9.:]+)")
        ready(logs[1], r" (ready)\.")
        with httpx.Client(base_url=url, timeout=60) as wechat:
            replies = [wechat.get(target)]
            replies += [wechat.post(one.target, content=one.body) for one in (push, push, click, stranger)]
        jobs = until(lambda: all_attempts(store))
        looked = subprocess.run(
            ["wxtrace", "find", "--openid", "oA", "--stamp", str(STAMP), "--store", str(store)],
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        printed = pushed(url)
        until(lambda: len(api.sent) > 1)

    assert [(200, echo), *[(200, "success")] * 3, (403, "")] == [(one.status_code, one.text) for one in replies]
    assert [("oA", "You wrote 3 characters."), ("oME", "You wrote 9 characters.")] == [
        (one["touser"], one["text"]["content"]) for one in api.sent
    ]
    assert ["HTTP 200 success", "wxtrace find --openid oME --stamp …"] == printed
    assert [["reply_later", "answer", ASK], *[["reply_later", "answer", ASK, SEND]] * 2] == [
        steps(job) for job in jobs
    ]
    assert "no access token: errcode 40164: invalid ip" in str(jobs[0])
    assert [f"try {number} of 3" for number in (1, 2, 3)] == re.findall(
        r"Job tasks\.reply_later · (try \d of \d)", looked.stdout
    )
    assert [] == [secret for secret in ("s3cr3t", "token-1", "token-2") if secret in str(jobs)]
