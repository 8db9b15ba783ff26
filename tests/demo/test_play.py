"""The whole demo, once: server, pushes, alarm, lookup, truth."""

from __future__ import annotations

import socket
import subprocess

import pytest

from wxtrace import cli
from wxtrace.demo import server
from wxtrace.demo.options import Options
from wxtrace.demo.play import play

# Hung up early, but slow beyond WeChat's five seconds, for these are what the verdict judges by.
QUICK = Options(seed=1, hang_up=3.0, dawdle=5.1, pushes=10)


@pytest.fixture(name="played", scope="module")
def _played(tmp_path_factory):
    store = tmp_path_factory.mktemp("demo") / "store"
    said, started = list[str](), list[subprocess.Popen[bytes]]()
    popen = subprocess.Popen

    def kept(*args, **kwargs):
        started.append(popen(*args, **kwargs))
        return started[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WXTRACE_LANG", "en")
        patch.setattr(server.subprocess, "Popen", kept)
        options = Options(str(store), QUICK.tracing, QUICK.seed, QUICK.hang_up, QUICK.dawdle, QUICK.pushes)
        code = play(options, find=cli.main, say=said.append)
    return code, said, store, started


def test_the_verdict_names_the_module_that_was_slow(played):
    """The demo compares it with what it drew, says so, and exits with 0."""
    code, said, _, _ = played

    assert 0 == code
    assert "The verdict is right." in said


def test_every_other_push_was_answered(played):
    """All kinds in all modes get their reply at once, while one of them dawdles."""
    _, said, _, _ = played

    assert "Of the others, 10 of 10 were answered at once. Then, in the alarm group:\n" in said


def test_the_slow_push_was_hung_up_three_times(played):
    """As WeChat does, and the alarm counts them."""
    _, said, _, _ = played

    assert 3 == sum("WeChat hangs up" in line for line in said)
    assert 1 == sum("次数: 5分钟 3次" in line for line in said)


def test_who_was_slow_is_told_after_the_verdict(played):
    """Nothing before the lookup names the module."""
    _, said, _, _ = played
    asked = next(number for number, line in enumerate(said) if line.startswith("Whose were the five seconds?"))
    told = next(number for number, line in enumerate(said) if "dawdle" in line)

    assert asked < told


def test_the_store_is_left_to_look_again(played, capsys):
    """The command that is printed last finds the push when all is over."""
    _, said, store, _ = played
    arguments = said[-1].splitlines()[-1].split()[2:]

    assert str(store) == arguments[-1]
    assert 0 == cli.main(arguments)
    assert "3 attempts" in capsys.readouterr().out


def test_the_lookup_is_left_as_one_file(played):
    """Whoever runs the demo can open what he would hand on: the verdict is in it, and the openid is not."""
    _, said, store, _ = played
    openid = next(line for line in said if "OpenID=" in line).partition("OpenID=")[2].partition("]")[0]
    slow = next(line for line in said if "dawdle" in line).partition(" · ")[2].split()[0]

    page = store.with_name("store.html").read_text("utf-8")
    assert ("<!doctype html>", True, False) == (page[:15].lower(), slow in page, openid in page)


def test_the_server_is_gone(played):
    """The parent has ended its workers and itself, and nobody listens any more."""
    _, said, _, started = played
    port = int(said[0].partition("127.0.0.1:")[2].partition("/")[0])

    assert [0] == [process.poll() for process in started]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_a_server_that_does_not_come_up_says_why(tmp_path, monkeypatch):
    """The end of its log is in the message, and the exit code is not 0."""
    monkeypatch.setattr(server, "_application", lambda: ["no_such_module:app"])

    with pytest.raises(server.ServerFailed, match="no_such_module") as failed:
        play(Options(str(tmp_path / "store")), find=cli.main, say=lambda line: None)
    assert 1 == failed.value.exit_code


def test_a_free_port_can_be_bound():
    """Nobody listens on it, at least just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", server.free_port()))
