"""
Launching a sealer from a web process, so that it is nobody's child.

The process in between ends at once and with status 0 (an old gunicorn master
that reaps a child with another status stops the whole server), and the sealer
has a session of its own, so that no signal for the server's group reaches it.
"""

from __future__ import annotations

import fcntl
import logging
import os
import subprocess
import sys
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
_STRIPPED: Final = ("OTEL_", "WXTRACE_DISABLED", "LD_PRELOAD")
_log = logging.getLogger("wxtrace")


class Launcher:
    """
    Launches the sealer of a store once, if none follows it.

    Args:
        store: The store, as an absolute path or a URL.
    """

    def __init__(self, store: str) -> None:
        self.store = store
        self.tried_by = 0

    def launch_once(self) -> None:
        """Launch it, unless this process has tried; what fails is logged, `find` reads unsealed journals too."""
        if self.tried_by == os.getpid():
            return
        self.tried_by = os.getpid()
        try:
            if not _is_followed(paths.journal_folder(self.store)):
                _launch(self.store)
        except Exception as error:  # the keeper of the journal calls
            _log.warning("wxtrace: no sealer could be launched (%s); run `wxtrace seal --follow` yourself", error)


def _is_followed(journal: Path) -> bool:
    """Say whether a sealer holds its lock; asked without waiting."""
    descriptor = os.open(journal / paths.SEALER_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


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
