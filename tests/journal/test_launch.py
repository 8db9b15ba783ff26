"""Launching a sealer: once, detached, and only where none runs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from wxtrace.journal import launch
from wxtrace.journal.launch import Launcher

HOLD = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.lockf(f, fcntl.LOCK_EX); print(flush=True); input()"


@pytest.fixture(name="runs")
def run(monkeypatch):
    """What would have been run."""
    runs = []
    monkeypatch.setattr(launch.subprocess, "run", lambda command, **options: runs.append((command, options)))
    return runs


@pytest.fixture(name="store")
def a_store(tmp_path, monkeypatch):
    """A store with a journal."""
    monkeypatch.delenv("WXTRACE_JOURNAL", raising=False)
    (tmp_path / "journal").mkdir()
    return str(tmp_path)


def test_it_is_launched_once(store, runs):
    """A process tries once; the sealer gets the store, and no file of ours."""
    launcher = Launcher(store)
    launcher.launch_if_none()
    launcher.launch_if_none()
    ((command, options),) = runs

    assert [sys.executable, "-c", launch._DETACH, store] == command
    assert {subprocess.DEVNULL} == {options[name] for name in ("stdin", "stdout", "stderr")}
    assert not options["check"]


def test_one_that_was_killed_is_launched_again(store, runs, monkeypatch):
    """A minute later the process looks again: a sealer that is gone by then is replaced."""
    launcher = Launcher(store)
    launcher.launch_if_none()
    monkeypatch.setattr(launch, "_STARTING_NS", 0)
    monkeypatch.setattr(launch, "_AGAIN_SECONDS", 0.0)
    launcher.launch_if_none()

    assert 2 == len(runs)


def test_a_child_tries_too(store, runs, monkeypatch):
    """A forked child is a process of its own: where nobody follows some seconds later, it launches one too."""
    launcher = Launcher(store)
    launcher.launch_if_none()
    monkeypatch.setattr(launch, "_STARTING_NS", 0)
    monkeypatch.setattr(launch.os, "getpid", lambda: 1)
    launcher.launch_if_none()

    assert 2 == len(runs)


def test_none_is_launched_where_one_is_starting(store, runs, monkeypatch):
    """A sealer that another process has just launched is waited for; when it does not come, one is launched."""
    monkeypatch.setattr(launch, "_STARTING_NS", 3600 * 10**9)
    Launcher(store).launch_if_none()
    launcher = Launcher(store)
    launcher.launch_if_none()
    seen = len(runs)
    monkeypatch.setattr(launch, "_STARTING_NS", 0)
    launcher.launch_if_none()

    assert (1, 2) == (seen, len(runs))


def test_none_is_launched_where_one_runs(store, runs, tmp_path):
    """Where a sealer holds its lock no second is launched, and its lock stays."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "journal" / "sealer.lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        Launcher(store).launch_if_none()
        seen = [*runs]
        holder.communicate(b"\n")
    Launcher(store).launch_if_none()

    assert ([], 1) == (seen, len(runs))


def test_what_fails_is_told_once(tmp_path, runs, caplog, monkeypatch):
    """Where no sealer can be launched the app is told what to do, and works on."""
    monkeypatch.delenv("WXTRACE_JOURNAL", raising=False)
    launcher = Launcher(str(tmp_path / "none"))
    launcher.launch_if_none()
    launcher.launch_if_none()
    (message,) = caplog.messages

    assert [] == runs
    assert message.endswith("; run `wxtrace seal --follow` yourself")


@pytest.mark.parametrize(
    ("executable", "expected"),
    [
        ("/usr/bin/python3.11", "/usr/bin/python3.11"),
        ("/usr/bin/uwsgi", "/venv/bin/python3"),
        ("", "/venv/bin/python3"),
    ],
)
def test_the_interpreter(monkeypatch, executable, expected):
    """Where the server itself is the executable, the environment's Python is taken."""
    monkeypatch.setattr(launch.sys, "executable", executable)
    monkeypatch.setattr(launch.sys, "prefix", "/venv")

    assert expected == launch._python()


def test_the_environment(monkeypatch):
    """Nothing reaches the sealer that would instrument it or switch it off; what it imports is found."""
    for name in ("OTEL_TRACES_EXPORTER", "WXTRACE_DISABLED", "LD_PRELOAD"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("PYTHONPATH", "/otel/auto_instrumentation:/app")
    monkeypatch.setenv("WXTRACE_LANG", "zh")
    monkeypatch.setattr(launch.sys, "path", ["", "/app", "/lib"])
    environment = launch._environment()

    assert ("/app:/lib", "zh") == (environment["PYTHONPATH"], environment["WXTRACE_LANG"])
    assert [] == [name for name in environment if name.startswith(("OTEL_", "WXTRACE_DISABLED", "LD_PRELOAD"))]


def test_the_environment_without_a_path(monkeypatch):
    """Where no path is set, the process' own is handed on."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setattr(launch.sys, "path", ["", "/lib"])

    assert "/lib" == launch._environment()["PYTHONPATH"]
