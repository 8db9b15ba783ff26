"""The example server as a process of its own: found, started, ended."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from wxtrace.errors import WxtraceError

WORKERS = 2
_GRACE = 10.0


class ServerFailed(WxtraceError):
    """
    The example server did not come up.

    Args:
        log: The file that it wrote to; its end is shown.
    """

    exit_code = 1

    def __init__(self, log: Path) -> None:
        said = log.read_text(errors="replace")[-2000:]
        super().__init__(f"The example server did not come up. It said:\n{said}")


@contextmanager
def serving(
    port: int,
    environment: Mapping[str, str],
    log: Path,
    *,
    workers: int = WORKERS,
    application: Sequence[str] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """
    Run the example server as long as the block runs.

    Args:
        port: Where it is to listen, on 127.0.0.1.
        environment: Its settings, put over our own environment.
        log: The file that it writes its log lines to; it runs in the folder of that.
        workers: How many processes serve; one alone has no other to start it again.
        application: Another factory for uvicorn to call, with its options; the example's if not given.
    """
    command = _command(port, workers, application or _application())
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=log.parent,
            env={**os.environ, **_absolute_path(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _end(process)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _command(port: int, workers: int, application: Sequence[str]) -> list[str]:
    command = [sys.executable, "-m", "uvicorn", "--factory", *application, "--host", "127.0.0.1"]
    return [*command, "--port", str(port), "--workers", str(workers), "--no-access-log", "--log-level", "warning"]


def _application() -> list[str]:
    # A wheel carries the example inside this package; a checkout has it beside src/.
    if importlib.util.find_spec("wxtrace.demo.callback"):
        return ["wxtrace.demo.callback.app:make_app"]
    return ["callback.app:make_app", "--app-dir", str(Path(__file__).parents[3] / "examples")]


def _absolute_path() -> dict[str, str]:
    """The server runs in another folder: what Python finds here it must find there."""
    found = [os.path.abspath(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    return {"PYTHONPATH": os.pathsep.join(found)} if found else {}


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # its workers are of its session; none is left behind
