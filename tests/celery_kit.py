"""Celery's workers as processes, the web app that feeds them, and what is found of it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import redis
from serving import STAMP
from survival_kit import environment_of, grown_up, until

import wxtrace

REDIS = "redis://127.0.0.1:6379/0"
BROKERS = {"redis": REDIS, "rabbitmq": "amqp://guest:guest@127.0.0.1:5672//"}
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO")


class Weixin(BaseHTTPRequestHandler):
    """What stands for WeChat's API."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        """Take a message."""
        self.rfile.read(int(self.headers["Content-Length"]))
        reply = b'{"errcode":0,"errmsg":"ok"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def weixin() -> Iterator[str]:
    """Serve what stands for WeChat's API, and give its URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Weixin) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Found:
    """The spans and the log lines that are found of all pushes, in the order of their times."""

    spans: list[dict[str, Any]]
    logs: list[dict[str, Any]]
    attempts: list[Any]

    def rows(self, openid: str) -> list[dict[str, Any]]:
        """Return the spans of a push."""
        return [row for row in self.spans if openid == row["openid"]]

    def jobs(self, openid: str) -> list[tuple[str, str]]:
        """Return the modules and the states of the jobs of a push."""
        return [(row["module"], row["state"]) for row in self.rows(openid) if row["kind"] == "CONSUMER"]

    def tries(self, openid: str) -> list[tuple[int, int, str, str]]:
        """Return number, attempt, state and status of the jobs of a push, as a lookup shows them."""
        jobs = [job for one in self.attempts if openid == one.spans["openid"][0] for job in one.rebuilt.jobs]
        return [(job.number, job.attempt, job.state, job.status_code) for job in jobs]

    def lines(self, openid: str) -> list[tuple[str, str]]:
        """Return the log lines of a push, each with the module that said it."""
        return [(row["module"], row["event"]) for row in self.logs if openid == row["openid"]]

    def tree(self, openid: str) -> list[str]:
        """
        Return the spans of a push as lines, ``service layer/module``, each below the one that it goes under.

        What the broker's own client does below the sending is left out: how often it connects is no promise.
        """
        rows = self.rows(openid)
        ids = {row["span_id"] for row in rows}
        senders = {row["span_id"] for row in rows if row["kind"] == "PRODUCER"}
        below: dict[object, list[dict[str, Any]]] = {}
        for row in rows:
            below.setdefault(row["parent_span_id"] if row["parent_span_id"] in ids else None, []).append(row)

        def lines(parent: object, depth: int) -> Iterator[str]:
            """Yield those below *parent*."""
            for row in below.get(parent, ()):
                if "redis" == row["module"] and row["parent_span_id"] in senders:
                    continue
                yield f"{'  ' * depth}{row['service']} {row['layer']}/{row['module']}"
                yield from lines(row["span_id"], depth + 1)

        return list(lines(None, 0))


def _start(row: dict[str, Any]) -> int:
    start: int = row.get("start_ns") or row["time_ns"]
    return start


@dataclass(frozen=True)
class Shop:
    """A broker's queue of one test, and the store of all its processes."""

    store: Path
    name: str
    environment: dict[str, str]
    redis: redis.Redis

    @contextmanager
    def worker(self, *options: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a worker as long as the block runs."""
        log = Path(f"{self.store}.worker.log")
        command = [sys.executable, "-m", "celery", "-A", "celery_app", "worker", *QUIET, *options]
        told = self.environment | {"SERVICE": "worker"} | environment
        with log.open("ab") as output, grown_up(command, self.store, output, **told) as process:
            until(lambda: " ready." in log.read_text("utf-8", "replace") or process.poll())
            assert process.poll() is None, log.read_text("utf-8", "replace")
            yield process

    def push(self, *pushes: tuple[str, str], **environment: str) -> None:
        """Let the web app take these pushes: of whom, and how each is handed on."""
        done = subprocess.run(
            [sys.executable, "-m", "celery_app"],
            cwd=Path(__file__).parent,
            env=environment_of(self.store) | self.environment | environment,
            input=json.dumps(pushes),
            capture_output=True,
            text=True,
            check=False,
        )
        assert 0 == done.returncode, done.stderr

    def here(self) -> tuple[str, int]:
        """Wait for a task that has begun to wait; return whom it is about, and its process."""
        _, said = self.redis.blpop([f"{self.name}:here"], timeout=120)
        openid, pid = json.loads(said)
        return openid, pid

    def let_go(self, openid: str) -> None:
        """Let a task go on."""
        self.redis.rpush(f"{self.name}:go:{openid}", "go")

    def wait(self, tasks: int) -> None:
        """Wait until so many tasks have ended."""
        for _ in range(tasks):
            assert self.redis.blpop([f"{self.name}:done"], timeout=120) is not None

    def found(self) -> Found:
        """Look for all pushes at once: a journal of each process is read once then."""
        found = wxtrace.find(stamp=STAMP, store=self.store)
        return Found(
            sorted((row for one in found.attempts for row in one.spans.to_dict("records")), key=_start),
            sorted((row for one in found.attempts for row in one.logs.to_dict("records")), key=_start),
            [*found.attempts],
        )


@contextmanager
def shop(folder: Path, broker: str) -> Iterator[Shop]:
    """Give a queue of its own at *broker*; at the end nothing of it is left."""
    name = f"wxtrace-test-{uuid4().hex[:12]}"
    client = redis.Redis.from_url(REDIS, decode_responses=True, socket_timeout=None)
    with weixin() as url, client:
        told = {"BROKER": BROKERS[broker], "QUEUE": name, "REDIS": REDIS, "WEIXIN": url}
        try:
            yield Shop(folder / "store", name, told, client)
        finally:
            for key in client.scan_iter(f"{name}*", count=1000):
                client.delete(key)
            if broker == "rabbitmq":
                _forget(name)


def _forget(queue: str) -> None:
    from kombu import Connection

    with Connection(BROKERS["rabbitmq"]) as connection, connection.channel() as channel:
        channel.queue_delete(queue)
        channel.exchange_delete(queue)
