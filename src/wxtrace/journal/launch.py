"""
Launching a sealer from a web process, so that it is nobody's child.

The process in between ends at once and with status 0 (an old gunicorn master
that reaps a child with another status stops the whole server), and the sealer
has a session of its own, so that no signal for the server's group reaches it.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import subprocess
import sys
import time
from enum import Enum
from pathlib import Path
from typing import Final

from wxtrace.store import paths

_DETACH: Final = (
    "import os, sys\n"
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    os.chdir('/')\n"
    "    os.execv(sys.executable, [sys.executable, '-m', 'wxtrace', 'seal', '--follow', '--store', sys.argv[1]])\n"
    "os._exit(0)\n"
)
_STARTING_NS: Final = 3 * 10**9
"""So long a sealer that was launched may take until it holds its lock."""
_AGAIN_SECONDS: Final = 60.0
_STRIPPED: Final = ("OTEL_", "WXTRACE_DISABLED", "LD_PRELOAD")
_log = logging.getLogger("wxtrace")


class Launcher:
    """
    Launches the sealer of a store, if none follows it; it looks again every minute, for one that was killed.

    Args:
        store: The store, as an absolute path or a URL.
    """

    def __init__(self, store: str) -> None:
        self.store = store
        self.tried_by = 0
        self.tried_at = 0.0

    def launch_if_none(self) -> None:
        """
        Launch it, unless this process has within a minute; what fails is logged. `find` needs no sealer.

        Where another process has just launched one, nothing is decided before the next call.
        """
        now = time.monotonic()
        if self.tried_by == os.getpid() and now - self.tried_at < _AGAIN_SECONDS:
            return
        self.tried_by, self.tried_at = os.getpid(), now
        try:
            sealer = _look(paths.journal_folder(self.store))
            if sealer is Sealer.STARTING:
                self.tried_by = 0
            elif sealer is Sealer.NONE:
                _launch(self.store)
        except Exception as error:  # the keeper of the journal calls
            _log.warning("wxtrace: no sealer could be launched (%s); run `wxtrace seal --follow` yourself", error)


class Sealer(Enum):
    """What is known of the sealer of a journal."""

    NONE, STARTING, FOLLOWING = range(3)


def _look(journal: Path) -> Sealer:
    """See whether a sealer holds its lock, without waiting; if there is none, write down that one is launched."""
    descriptor = os.open(journal / paths.SEALER_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return Sealer.FOLLOWING
        now_ns, launched = time.time_ns(), os.pread(descriptor, 32, 0)
        if launched.isdigit() and abs(now_ns - int(launched)) < _STARTING_NS:
            return Sealer.STARTING
        with contextlib.suppress(OSError):  # a full disk is no reason to launch none
            os.pwrite(descriptor, b"%d" % now_ns, 0)
        return Sealer.NONE
    finally:
        os.close(descriptor)


def _launch(store: str) -> None:
    subprocess.run(
        [_python(), "-c", _DETACH, store],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        check=False,
    )


def _python() -> str:
    """Return the interpreter; `sys.executable` is the server's own program under some servers."""
    if Path(sys.executable or "").name.startswith(("python", "pypy")):
        return sys.executable
    return str(Path(sys.prefix) / "bin" / "python3")


def _environment() -> dict[str, str]:
    """Return the environment without what would instrument or stop the sealer."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_STRIPPED)}
    path = [part for part in kept.get("PYTHONPATH", "").split(os.pathsep) if "auto_instrumentation" not in part]
    search = [part for part in sys.path if part] if not path or not path[0] else [*path, *filter(None, sys.path)]
    return kept | {"PYTHONPATH": os.pathsep.join(dict.fromkeys(search))}
