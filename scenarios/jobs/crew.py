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


class Crew:
    """
    So many workers, each in a session of its own.

    `kills` counts how often it was killed; `ended` are the processes that were killed or asked to end, and may not
    have come to tell wxtrace of the end of what they were just doing.

    Args:
        command: What Python runs as a worker.
        environment: Put over our own.
        count: How many there are to be.
        log: Where they write.
        random: Who is killed is drawn from it.
        whole: How likely all processes of a worker are killed, and not one of them.
    """

    def __init__(
        self,
        command: tuple[str, ...],
        environment: Mapping[str, str],
        count: int,
        log: Path,
        random: Random,
        whole: float,
    ) -> None:
        self._command = [sys.executable, *command]
        self._environment = {**os.environ, **environment}
        self._count, self._log, self._random, self._whole = count, log, random, whole
        self._workers: list[subprocess.Popen[bytes]] = []
        self.kills = 0
        self.ended: set[int] = set()

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
        ours = {worker.pid for worker in self._workers}
        sessions = {pid: _worker_of(pid, ours) for pid in sorted(entries.in_hand)}
        busy = [pid for pid, session in sessions.items() if session in ours and entries.in_hand[pid]]
        if not (busy := [pid for pid in busy if pid not in self.ended]):
            return False
        pid = self._random.choice(busy)
        is_whole = self._random.random() < self._whole
        with suppress(ProcessLookupError):
            if is_whole:
                os.killpg(sessions[pid], signal.SIGKILL)
            else:
                os.kill(pid, signal.SIGKILL)
        self.kills += 1
        self.ended |= {one for one in sessions if one == pid or (is_whole and sessions[one] == sessions[pid])}
        return True

    def end(self, entries: Entries) -> None:
        """Ask all to end, and wait for them; none stays behind."""
        self.ended |= entries.in_hand.keys()
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            with suppress(subprocess.TimeoutExpired):
                worker.wait(_GRACE_S)
            with suppress(ProcessLookupError):
                os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()


def _worker_of(pid: int, workers: set[int]) -> int:
    """Return the worker that a process is, or is of the session of, or is a child of; 0 for none of *workers*."""
    try:
        parent = int(Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[1])
        return next((one for one in (os.getsid(pid), parent) if one in workers), 0)
    except OSError:
        return 0
