"""The processes of a run: servers, and who takes jobs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from redis import Redis, RedisError
from survival_kit import PATIENCE, grown_up, until

_LISTENS = re.compile(r"https?://127\.0\.0\.1:(\d+)")


@dataclass(frozen=True, slots=True)
class Process:
    """A process that was started; what it has said is in its *log*."""

    popen: subprocess.Popen[bytes]
    log: Path

    def said(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """
        Wait until it has said something, and return it.

        Raises:
            AssertionError: It has ended instead.
        """
        return until(lambda: self._said(pattern))

    def port(self) -> int:
        """Wait until it listens, and return its port."""
        return int(self.said(_LISTENS)[1])

    def _said(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        has_ended = self.popen.poll() is not None
        said = self.log.read_text("utf-8", "replace")
        found = pattern.search(said)
        if found is None and has_ended:
            raise AssertionError(f"{self.popen.args} ended with {self.popen.returncode}: {said}")
        return found


@dataclass(frozen=True, slots=True)
class Running:
    """
    What the processes of a run share.

    Args:
        name: What sets the queues and subjects of this run apart.
        folder: Where the store and all files lie.
        told: The environment of them all.
        stack: Kills them at the end.
    """

    name: str
    folder: Path
    told: Mapping[str, str]
    stack: ExitStack
    started: list[Process] = field(default_factory=list)

    @property
    def store(self) -> Path:
        """The store of them all."""
        return self.folder / "store"

    def start(self, words: Sequence[str], first: Path | None = None, **told: str) -> Process:
        """
        Start `python -m` *words*.

        Args:
            words: The command line.
            first: A folder whose packages come before those that are installed.
            told: Put over the environment.
        """
        home = self.folder / str(len(self.started))  # gunicorn has a socket there
        home.mkdir()
        path = [str(first)] * bool(first) + [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        told = {**self.told, "HOME": str(home), "PYTHONPATH": os.pathsep.join(filter(None, path)), **told}
        with (home / "log").open("wb") as output:
            command = [sys.executable, "-m", *words]
            popen = self.stack.enter_context(grown_up(command, self.store, output, **told))
        self.started.append(Process(popen, home / "log"))
        return self.started[-1]

    def done(self) -> set[str]:
        """Return the openids whose jobs are over."""
        told = Path(self.told["MATRIX_DONE"])
        return set(told.read_text("ascii").split()) if told.exists() else set()

    def end(self) -> None:
        """Ask all processes to end, and wait until they have: then all that they recorded is in the store."""
        for process in self.started:
            process.popen.send_signal(signal.SIGTERM)
        for process in self.started:
            process.popen.wait(PATIENCE)


@contextmanager
def processes(folder: Path, **told: str) -> Iterator[Running]:
    """Be a run whose processes are told something by their environment; nothing of it stays behind."""
    name = f"matrix-{os.getpid()}-{time.time_ns()}"
    told |= {
        "MATRIX_RUN": name,
        "MATRIX_DONE": str(folder / "done"),
        "WXTRACE_WATCH": "0",  # a loop that other processes hold up is not what is asked here
    }
    with ExitStack() as stack:
        stack.callback(_forget, name)
        yield Running(name, folder, told, stack)


def _forget(name: str) -> None:
    """Take out of Redis what Celery leaves there of a queue; RabbitMQ and NATS do so themselves."""
    with suppress(RedisError), Redis() as client:
        for key in client.scan_iter(f"*{name}*"):
            client.delete(key)


def within(condition: Callable[[], bool]) -> None:
    """Wait for *condition*, and go on without it where it does not come true: what is missing will be told."""
    try:
        until(condition)
    except AssertionError:
        return
