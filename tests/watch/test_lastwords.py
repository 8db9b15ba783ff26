"""Last words: what is set up in a process for its end, and what of the app's own is left alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from serving import QUERY

PRELUDE = f"""
import asyncio, faulthandler, json, os, signal, sys, threading, time
from pathlib import Path
from serving import body_messages, exchange, replying, scope
import wxtrace
from wxtrace import wiring

def serve(app=replying()):
    asyncio.run(exchange(wxtrace.AccessMiddleware(app), scope({QUERY!r}), body_messages([b""])))

def say(*values):
    print(json.dumps(values), flush=True)

def burn(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        sum(range(1000))

def stacks():
    return [path for path in Path(os.environ["WXTRACE_STORE"]).glob("journal/*/stacks.txt")]

def handlers():
    return [str(signal.getsignal(number)) for number in sorted(signal.valid_signals())]
"""


def ran(store: Path, script: str, **environment: str) -> tuple[int, list[Any]]:
    """Run *script* in a process of its own; return its status and what it said."""
    ours = {
        name: value for name, value in os.environ.items() if not name.startswith(("WXTRACE_", "OTEL_", "PYTHONF"))
    }
    ours |= {"WXTRACE_STORE": str(store), "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", PRELUDE + script]
    done = subprocess.run(command, env=ours | environment, capture_output=True, text=True, timeout=300)
    assert not done.stderr or done.returncode, done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_fatal_signals_lead_to_the_file_until_it_is_stopped(tmp_path):
    """Nothing is enabled before the first record, and nothing after `stop`."""
    script = """
say(faulthandler.is_enabled())
wxtrace.start(sealer=False)
say(faulthandler.is_enabled())
serve()
say(faulthandler.is_enabled())
wxtrace.stop()
say(faulthandler.is_enabled())
"""
    assert (0, [[False], [False], [True], [False]]) == ran(tmp_path, script)


def test_what_is_stopped_can_be_started_again(tmp_path):
    """The signals lead to the new file, the timer is wound up again, and no descriptor is lost."""
    script = """
for _ in range(3):
    wxtrace.start(sealer=False)
    serve()
    descriptor = wiring._last_words.stacks.descriptor
    wiring._last_words.woken()
    say(faulthandler.is_enabled(), signal.getitimer(signal.ITIMER_VIRTUAL)[0] > 0)
    wxtrace.stop()
    say(faulthandler.is_enabled(), signal.getitimer(signal.ITIMER_VIRTUAL)[0] > 0, hasattr(os.execv, "__wrapped__"))
wxtrace.start(sealer=False)
serve()
say(wiring._last_words.stacks.descriptor == descriptor)
os.abort()
"""
    rounds = [[True, True], [False, False, False]] * 3

    assert (-6, [*rounds, [True]]) == ran(tmp_path, script)
    assert 1 == sum("Aborted" in path.read_text() for path in tmp_path.glob("journal/*/stacks.txt"))


def test_who_has_enabled_faulthandler_keeps_it(tmp_path):
    """Before us by the environment, or after us by the app: `stop` takes nothing away."""
    script = """
wxtrace.start(sealer=False)
serve()
mine = os.memfd_create("mine")
faulthandler.enable(file=mine)
wxtrace.stop()
say(faulthandler.is_enabled())
os.abort()
"""
    before = "wxtrace.start(sealer=False)\nserve()\nwxtrace.stop()\nsay(faulthandler.is_enabled())"

    assert (-6, [[True]]) == ran(tmp_path, script)
    assert (0, [[True]]) == ran(tmp_path, before, PYTHONFAULTHANDLER="1")


def test_a_handler_that_the_app_has_set_since_is_not_taken_away(tmp_path):
    """To disable `faulthandler` would put back what was there before it."""
    script = """
wxtrace.start(sealer=False)
serve()
signal.signal(signal.SIGABRT, lambda *about: say("handled"))
wxtrace.stop()
os.kill(os.getpid(), signal.SIGABRT)
time.sleep(0)
"""
    assert (0, [["handled"]]) == ran(tmp_path, script)


def test_the_handlers_that_python_knows_stay_what_they_were(tmp_path):
    """No signal of the app is taken; its own handler of an abort still runs, after the stacks are written."""
    script = """
signal.signal(signal.SIGABRT, lambda *about: say("handled"))
before = handlers()
wxtrace.start(sealer=False)
serve()
say(before == handlers())
os.kill(os.getpid(), signal.SIGABRT)
time.sleep(0)
say("Aborted" in stacks()[0].read_text())
"""
    assert (0, [[True], ["handled"], [True]]) == ran(tmp_path, script)


USERS = {
    "a handler": "signal.signal(signal.SIGVTALRM, signal.SIG_IGN)",
    "a timer": "signal.setitimer(signal.ITIMER_VIRTUAL, 100, 7)",
    "faulthandler": "faulthandler.register(signal.SIGVTALRM, file=sys.stderr)",
}


@pytest.mark.parametrize("taken", USERS.values(), ids=USERS)
@pytest.mark.parametrize("is_first", [True, False], ids=["before", "after"])
def test_who_uses_the_timer_or_its_signal_keeps_it(tmp_path, taken, is_first):
    """Whether the app began to use it before us or after us, it is not wound."""
    script = f"""
wxtrace.start(sealer=False)
{taken if is_first else ""}
serve()
{"" if is_first else taken}
for _ in range(2):
    wiring._last_words.look([], time.monotonic_ns() + 10**9)
left, interval = signal.getitimer(signal.ITIMER_VIRTUAL)
say(interval, wiring._last_words.burning.has_yielded)
"""
    interval = 7 if "setitimer" in taken else 0
    if "register" in taken and not is_first:  # it cannot be told, and nothing is lost by it
        assert (0, [[0, False]]) == ran(tmp_path, script)
    else:
        assert (0, [[interval, True]]) == ran(tmp_path, script)


def test_a_process_that_burns_and_lets_the_watchdog_run_is_left_alone(tmp_path):
    """Wound up again and again the timer never goes off, and it is still ours."""
    script = """
wxtrace.start(sealer=False)
serve()
size = stacks()[0].stat().st_size
for at in range(8):
    burn(0.3)
    wiring._last_words.look([], time.monotonic_ns() + at * 10**9)
say(wiring._last_words.burning.has_yielded, stacks()[0].stat().st_size == size)
"""
    assert (0, [[False, True]]) == ran(tmp_path, script)


def test_another_program_in_the_same_process_is_not_ended_by_the_timer(tmp_path):
    """A timer outlives `exec`, its handler does not."""
    burning = "import time\nwhile time.process_time() < 1.5: pass\nprint('[\"alive\"]')"
    script = f"""
wxtrace.start(sealer=False)
serve()
wiring._last_words.woken()
say(signal.getitimer(signal.ITIMER_VIRTUAL)[0] > 0)
os.execv(sys.executable, [sys.executable, "-c", {burning!r}])
"""
    assert (0, [[True], ["alive"]]) == ran(tmp_path, script)


def test_a_forked_child_ends_as_ever(tmp_path):
    """It has no timer, does not wait for a thread that is the parent's, and its fault is told nowhere."""
    script = """
wxtrace.start(sealer=False)
serve()
wiring._last_words.woken()
size = stacks()[0].stat().st_size
child = os.fork()
if child == 0:
    say(signal.getitimer(signal.ITIMER_VIRTUAL)[0])
    sys.exit(3)
say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
child = os.fork()
if child == 0:
    os.abort()
say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), stacks()[0].stat().st_size == size)
child = os.fork()
if child == 0:
    serve()
    os.abort()
os.waitpid(child, 0)
say(*sorted("Aborted" in path.read_text() for path in stacks()))
"""
    assert (0, [[0.0], [3], [-6, True], [False, True]]) == ran(tmp_path, script)


def test_a_file_that_somebody_deleted_comes_back(tmp_path):
    """What is written to a deleted file goes with the process."""
    script = """
wxtrace.start(sealer=False)
serve()
stacks()[0].unlink()
wiring._last_words.keep()
say(len(stacks()))
os.abort()
"""
    assert (-6, [[1]]) == ran(tmp_path, script)
    assert ["Aborted" in path.read_text() for path in tmp_path.glob("journal/*/stacks.txt")] == [True]


def test_a_descriptor_that_the_app_has_closed_is_not_written_to(tmp_path):
    """What has its number by then is the app's; a new one is had within a second."""
    script = f"""
wxtrace.start(sealer=False)
serve()
number = wiring._last_words.stacks.descriptor
os.dup2(os.open({str(tmp_path / "mine")!r}, os.O_CREAT | os.O_RDWR), number)
wiring._last_words.look([], time.monotonic_ns())
wiring._last_words.keep()
say(wiring._last_words.stacks.descriptor == number)
os.abort()
"""
    assert (-6, [[False]]) == ran(tmp_path, script)
    assert "" == (tmp_path / "mine").read_text()
    assert ["Aborted" in path.read_text() for path in tmp_path.glob("journal/*/stacks.txt")] == [True]


def test_a_process_that_ends_by_itself_says_what_was_in_flight(tmp_path):
    """Its last record is of the request that it leaves behind."""
    script = """
async def wait(scope, receive, send):
    arrived.set()
    await asyncio.sleep(60)

arrived = threading.Event()
wxtrace.start(sealer=False)
threading.Thread(target=serve, args=(wait,), daemon=True).start()
arrived.wait()
"""
    status, _ = ran(tmp_path, script)
    content = b"".join(path.read_bytes() for path in tmp_path.glob("journal/*/*.wxj"))

    assert (0, 1) == (status, content.count(b"wxtrace.ended"))
    assert b'{"cause":"exit","in_flight":1}' in content


@pytest.mark.parametrize("switch", ["WXTRACE_LAST_WORDS=0", "WXTRACE_WATCH=0", "WXTRACE_DISABLED=1"])
def test_switched_off_nothing_is_touched(tmp_path, switch):
    """No file, no handler, no timer."""
    name, _, value = switch.partition("=")
    script = """
wxtrace.start(sealer=False)
serve()
say(faulthandler.is_enabled(), len(stacks()), os.execv.__module__)
"""
    assert (0, [[False, 0, "posix"]]) == ran(tmp_path, script, **{name: value})


def test_where_no_file_can_be_made_the_app_goes_on(tmp_path, caplog):
    """One warning, no more, and every step does nothing."""
    from wxtrace.watch.lastwords import LastWords

    words = LastWords()
    try:
        words.begin(tmp_path / "none")
        words.begin(tmp_path / "none")
        words.woken()
        words.keep()
        words.look([], 10**9)
        words.resting()
        words.ended()
        words.forked()
    finally:
        words.stop()

    assert 1 == len(caplog.records)
