"""`wxtrace live`: what is in flight in other processes, once or on a terminal."""

from __future__ import annotations

import codecs
import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from answers import make_store
from survival_kit import until

from wxtrace.cli import BROKEN, FOUND, INTERRUPTED, main

APP = Path(__file__).with_name("live_app.py")
OTHER_SCREEN, THIS_SCREEN = "\x1b[?1049h", "\x1b[?1049l"


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    monkeypatch.setenv("WXTRACE_LANG", "en")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("WXTRACE_STORE", raising=False)
    monkeypatch.delenv("WXTRACE_JOURNAL", raising=False)


@contextmanager
def hanging(store: Path, count: int, looked_at: float = 1.0) -> Iterator[subprocess.Popen[str]]:
    """Run a process in which so many requests hang; it is killed when the block is left."""
    command = [sys.executable, str(APP), str(store), str(count), str(looked_at)]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "hanging\n"
            yield process
        finally:
            process.kill()


def looked(store: Path, capsys) -> list[dict[str, object]]:
    """Return the requests in flight that were looked at, by the JSON of the command line."""
    assert FOUND == main(["live", "--store", str(store), "--json"])
    requests = json.loads(capsys.readouterr().out)["requests"]
    return [one for one in requests if one["stuck"]]


def test_requests_of_other_processes_are_told_with_their_lines(tmp_path, capsys):
    """Three processes, five requests: each with its module, and with the line at which it was seen to stand."""
    store = tmp_path / "store"
    with ExitStack() as stack:
        processes = [stack.enter_context(hanging(store, count)) for count in (2, 2, 1)]
        found = until(lambda: len(some := looked(store, capsys)) == 5 and some)

    pids = [process.pid for process in processes]
    assert sorted([pids[0], pids[0], pids[1], pids[1], pids[2]]) == sorted(one["pid"] for one in found)
    assert found == sorted(found, key=lambda one: -one["age_ns"])
    assert {("mysql", "lock_row", "Lock.acquire")} == {
        (one["module"], one["stuck"]["at"]["function"], one["stuck"]["awaits"]) for one in found
    }


def test_the_requests_of_a_process_that_was_killed_are_gone(tmp_path, capsys):
    """What is in flight is what somebody still works on."""
    store = tmp_path / "store"
    with hanging(store, 2):
        pass

    assert FOUND == main(["live", "--store", str(store)])
    assert capsys.readouterr().out.startswith("0 in flight in 0 of 0 processes · ")


@pytest.mark.parametrize("options", [[], ["--once"]])
def test_a_pipe_gets_it_once(tmp_path, capsys, options):
    """Where the output is no terminal there is one page, and the command ends."""
    store = tmp_path / "store"
    with hanging(store, 1, 60) as process:
        assert FOUND == main(["live", "--store", str(store), *options])

    out, err = capsys.readouterr()
    assert out.startswith("1 in flight in 1 of 1 process · ")
    assert (True, "") == (f"  {process.pid}  " in out, err)


def test_all_stores_that_are_named_are_looked_at(tmp_path, capsys):
    """Several stores of a host are told on one page."""
    stores = [tmp_path / "one", tmp_path / "two"]
    with hanging(stores[0], 1, 60), hanging(stores[1], 1, 60):
        assert FOUND == main(["live", "--store", str(stores[0]), "--store", str(stores[1])])

    assert capsys.readouterr().out.startswith("2 in flight in 2 of 2 processes · ")


def test_a_quiet_store_is_no_error(tmp_path, capsys):
    """Nothing in flight is an answer."""
    assert FOUND == main(["live", "--store", str(make_store(tmp_path / "store"))])
    assert capsys.readouterr().out.startswith("0 in flight in 0 of 0 processes · ")


def test_a_store_that_is_missing_is_told(tmp_path, capsys):
    """Exit code and message are those of the other commands."""
    assert BROKEN == main(["live", "--store", str(tmp_path / "nowhere")])
    assert "No store at" in capsys.readouterr().err


class Terminal:
    """`wxtrace live` on a terminal of its own, as long as the block runs."""

    def __init__(self, store: Path) -> None:
        self.drawn, self._decode = "", codecs.getincrementaldecoder("utf-8")().decode
        self.fd, theirs = pty.openpty()
        command = [sys.executable, "-m", "wxtrace", "live", "--store", str(store)]
        environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm"}
        self.process = subprocess.Popen(
            command, env=environ, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)

    def has_drawn(self, text: str, times: int = 1) -> bool:
        """Say whether a text has been drawn so often."""
        self.read()
        return self.drawn.count(text) >= times

    def read(self) -> None:
        """Take what was drawn in the meantime."""
        while select.select([self.fd], [], [], 0)[0]:
            try:
                drawn = os.read(self.fd, 1 << 16)
            except OSError:  # it has ended
                return
            if not drawn:
                return
            self.drawn += self._decode(drawn)

    def ended(self) -> int:
        """Wait for its end, and return its exit code."""
        code = until(lambda: (self.read(), self.process.poll())[1] is not None and [self.process.returncode])[0]
        self.read()
        return code

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.fd)


@pytest.fixture(name="interruptible")
def _interruptible():
    """Let Ctrl-C reach what is started, also where the tests themselves run in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(("how", "expected"), [("q", FOUND), ("Ctrl-C", INTERRUPTED)])
def test_a_terminal_is_drawn_anew_and_given_back(tmp_path, how, expected):
    """It is refreshed until q or Ctrl-C, and leaves the screen as it was."""
    store = tmp_path / "store"
    with hanging(store, 1, 60), Terminal(store) as terminal:
        until(lambda: terminal.has_drawn("1 in flight in 1 of 1 process", times=2))
        if how == "q":
            os.write(terminal.fd, b"q")
        else:
            terminal.process.send_signal(signal.SIGINT)
        code = terminal.ended()

    assert expected == code
    assert (1, 1) == (terminal.drawn.count(OTHER_SCREEN), terminal.drawn.count(THIS_SCREEN))
    assert terminal.drawn.endswith(THIS_SCREEN)
    assert "q ends" in terminal.drawn


def test_neither_pyarrow_nor_pandas_is_needed(tmp_path):
    """What is in flight is told at once, with nothing large loaded."""
    code = (
        "import sys; from wxtrace.cli import main; main(['live', '--store', sys.argv[1]]); "
        "sys.exit(' '.join({'pyarrow', 'pandas', 'numpy'} & set(sys.modules)))"
    )
    store = str(make_store(tmp_path / "store"))
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code, store], env=environ, capture_output=True, text=True, check=False
    )

    assert "" == done.stderr.strip()
