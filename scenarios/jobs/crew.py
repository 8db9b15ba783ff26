"""The workers of a run: started, killed at random while they have jobs in hand, replaced, ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Final

from scenarios.jobs.ledger import Entries

ROOT: Final = Path(__file__).parents[2]
_GRACE_S: Final = 30.0
_WHOLE: Final = 0.25
"""How likely all processes of a worker are killed, where it has several."""


class Crew:
    """
    So many workers, each in a session of its own.

    Args:
        command: What Python runs as a worker.
        environment: Put over our own.
        count: How many there are to be.
        log: Where they write.
        random: Who is killed is drawn from it.
    """

    def __init__(
        self, command: tuple[str, ...], environment: Mapping[str, str], count: int, log: Path, random: Random
    ) -> None:
        self._command = [sys.executable, *command]
        self._environment = {**os.environ, **environment}
        self._count, self._log, self._random = count, log, random
        self._workers: list[subprocess.Popen[bytes]] = []
        self.killed: list[int] = []

    def fill_up(self) -> None:
        """Start a worker for each that is missing."""
        self._workers = [worker for worker in self._workers if worker.poll() is None]
        with self._log.open("ab") as log:
            while len(self._workers) < self._count:
                self._workers.append(
                    subprocess.Popen(
                        self._command,
                        cwd=ROOT,
                        env=self._environment,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,
                    )
                )

    def strike(self, entries: Entries) -> bool:
        """Kill a process that has a job in hand, or its whole worker; say whether there was one."""
        busy = [pid for pid, jobs in sorted(entries.in_hand.items()) if jobs and pid not in self.killed]
        ours = {worker.pid for worker in self._workers}
        victims = [(pid, session) for pid in busy if (session := _session_of(pid)) in ours]
        if not victims:
            return False
        pid, session = self._random.choice(victims)
        self.killed.append(pid)
        with suppress(ProcessLookupError):
            if self._random.random() < _WHOLE:
                os.killpg(session, signal.SIGKILL)
            else:
                os.kill(pid, signal.SIGKILL)
        return True

    def end(self) -> None:
        """Ask all to end, and wait for them; none stays behind."""
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            with suppress(subprocess.TimeoutExpired):
                worker.wait(_GRACE_S)
            with suppress(ProcessLookupError):
                os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0
