"""A recipe of the documentation, run as it is written: a web process that hands pushes on, and a worker."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import redis
from pages import DOCS, blocks
from serving import STAMP
from survival_kit import environment_of, grown_up, until

import wxtrace

REDIS = "redis://127.0.0.1:6379/0"
PUSH = '''

def push(openid, leave):
    """Take a push, and leave something for later."""
    from serving import STAMP, exchange, replying, scope
    import asyncio

    async def app(request, receive, send):
        """Leave it, and reply."""
        await leave()
        await replying()(request, receive, send)

    query = f"signature=0a1b&timestamp={STAMP}&nonce=77&openid={openid}"
    asyncio.run(exchange(wxtrace.AccessMiddleware(app), scope(query.encode())))
'''


@dataclass(frozen=True)
class Recipe:
    """A folder with the module `jobs`, and the names of its keys in Redis."""

    folder: Path
    name: str
    redis: redis.Redis

    @property
    def store(self) -> Path:
        """Where all its processes record: as the recipe says."""
        return self.folder / "wxtrace-data"

    def environment(self, service: str) -> dict[str, str]:
        """Return the environment of a process."""
        return environment_of(self.store) | {"WXTRACE_SERVICE": service, "NAME": self.name, "REDIS": REDIS}

    @contextmanager
    def worker(self, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a worker as long as the block runs."""
        with (self.folder / "worker.log").open("ab") as output:
            whole = ["env", "--chdir", str(self.folder), sys.executable, "-m", *command]
            with grown_up(whole, self.store, output, **self.environment("worker")) as process:
                yield process

    def run(self, code: str) -> None:
        """Run *code* in a web process, which has imported the recipe."""
        done = subprocess.run(
            [sys.executable, "-c", f"import jobs\n{code}"],
            cwd=self.folder,
            env=self.environment("web"),
            capture_output=True,
            text=True,
            check=False,
        )
        assert 0 == done.returncode, done.stderr

    def jobs(self, openid: str, ends: Sequence[str]) -> list[tuple[int, str, str, str]]:
        """Return attempt, module, state and status of the jobs of a push, once they have ended as they are to."""
        found: list[tuple[int, str, str, str]] = []

        def over() -> bool:
            """Look."""
            attempts = wxtrace.find(openid=openid, stamp=STAMP, store=self.store).attempts
            jobs = [job for one in attempts for job in one.rebuilt.jobs]
            found[:] = [(job.attempt, job.module, job.state, job.status_code) for job in jobs]
            return [*ends] == [job.state for job in jobs]

        until(over)
        return found

    def below(self, openid: str) -> list[tuple[str, str, str]]:
        """Return service, module and parent's module of the spans of a push."""
        (attempt,) = wxtrace.find(openid=openid, stamp=STAMP, store=self.store).attempts
        rows = attempt.spans.to_dict("records")
        modules = {row["span_id"]: row["module"] for row in rows}
        return sorted((row["service"], row["module"], modules.get(row["parent_span_id"], "")) for row in rows)

    def lines(self, openid: str) -> list[tuple[str, str]]:
        """Return the log lines of a push that its tasks have written, each with its module."""
        (attempt,) = wxtrace.find(openid=openid, stamp=STAMP, store=self.store).attempts
        return [(row["module"], row["event"]) for row in attempt.logs.to_dict("records") if row["logger"] == "shop"]


@contextmanager
def recipe(folder: Path, known_by: str, tasks: str) -> Iterator[Recipe]:
    """Make a module of the recipe in which *known_by* stands, and of *tasks*; at the end Redis is as it was."""
    (code,) = [block.text for block in blocks(DOCS / "recipes.md", "python") if known_by in block.text]
    (folder / "jobs.py").write_text(code + tasks + PUSH)
    with redis.Redis.from_url(REDIS, decode_responses=True, socket_timeout=None) as client:
        made = Recipe(folder, f"wxtrace-test-{uuid4().hex[:12]}", client)
        try:
            yield made
        finally:
            for key in client.scan_iter(f"*{made.name}*", count=1000):
                client.delete(key)
