"""What `faulthandler` wrote, read: of real processes, and of texts that are damaged."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from wxtrace.store.oom import Kills
from wxtrace.store.stacks import HEADER_SIZE, MAX_THREADS, TIMEOUT, Frame, Header, Thread, Words, header_of, read

HEADER = Header(roots=("/srv/", "/srv/app/", "/usr/lib/python3/"), pythons=("/usr/lib/python3/",))
NOW_NS = 1_790_000_000 * 10**9
FAULT = """Fatal Python error: Segmentation fault

Thread 0x00007f0000000001 (most recent call first):
  File "/usr/lib/python3/threading.py", line 331 in wait
  File "/srv/app/wxtrace/watch/watchdog.py", line 131 in _run
  File "/usr/lib/python3/threading.py", line 1002 in _bootstrap

Current thread 0x00007f0000000002 [main] (most recent call first):
  File "/usr/lib/python3/ctypes/__init__.py", line 519 in string_at
  File "/srv/app/images.py", line 12 in thumbnail
  File "/venv/lib/site-packages/starlette/routing.py", line 62 in app

Extension modules: markupsafe._speedups, _cffi_backend (total: 2)
"""
HELD = """Stack (most recent call first):
  File "/srv/app/menus.py", line 88 in parse_menu
  File "/usr/lib/python3/threading.py", line 1002 in _bootstrap
"""
PARSE_MENU = Frame("parse_menu", "menus.py", 88, True)
OF_FAULT = (
    Frame("app", "routing.py", 62, False),
    Frame("thumbnail", "images.py", 12, True),
    Frame("string_at", "ctypes/__init__.py", 519, False),
)


def aborted(*threads: str) -> str:
    """Return what is written of an abort."""
    first, *others = threads
    headed = [f"Current thread 0x1 (most recent call first):\n{first}"]
    headed += [f"Thread 0x{at} (most recent call first):\n{other}" for at, other in enumerate(others, 2)]
    return "Fatal Python error: Aborted\n\n" + "\n\n".join(headed) + "\n"


def test_a_fault_is_where_the_current_thread_stood():
    """Its frames come outermost first, named as they were imported; what is ours is left out."""
    words = read(FAULT, HEADER, NOW_NS)

    fault = Thread(0x7F0000000002, OF_FAULT)
    assert Words(NOW_NS, "segmentation fault", "SIGSEGV", OF_FAULT, (fault,)) == words


def test_what_holds_the_interpreter_is_a_timeout():
    """One stack without a fatal error tells what burned."""
    held = Words(NOW_NS, TIMEOUT, None, (PARSE_MENU,), (Thread(None, (PARSE_MENU,)),))

    assert held == read(HELD, HEADER, NOW_NS)


def test_a_process_that_was_held_and_then_aborted_stood_where_it_was_held():
    """The abort is the cause, and what held it the place."""
    words = read(HELD + aborted('  File "/usr/lib/python3/selectors.py", line 468 in select'), HEADER, NOW_NS)

    assert words is not None
    assert ("abort", (PARSE_MENU,)) == (words.cause, words.frames)


def test_an_abort_that_finds_the_loop_waiting_is_another_threads():
    """The signal comes to the main thread; what the process was busy with may stand in another."""
    waiting = '  File "/usr/lib/python3/selectors.py", line 468 in select'
    busy = '  File "/srv/app/menus.py", line 88 in parse_menu'
    words = read(aborted(waiting, busy), HEADER, NOW_NS)

    assert words is not None
    assert (PARSE_MENU,) == words.frames


def test_another_fatal_error_is_told_as_it_is_written():
    """What has no signal is no less fatal."""
    words = read("Fatal Python error: Cannot recover from stack overflow.\n\n", HEADER, NOW_NS)

    assert Words(NOW_NS, "Cannot recover from stack overflow.") == words


def test_nothing_written_is_nothing_said():
    """An empty file, or noise, has no words."""
    assert [None, None] == [read("", HEADER, NOW_NS), read("noise\n  File\n", HEADER, NOW_NS)]


def test_of_many_threads_some_are_kept():
    """A hundred threads do not make a record of a megabyte."""
    threads = [f'  File "/srv/app/menus.py", line {at} in parse_menu' for at in range(1, 101)]
    words = read(aborted(*threads), HEADER, NOW_NS)

    assert words is not None
    assert MAX_THREADS == len(words.threads)


def test_a_file_from_nowhere_known_loses_its_folders():
    """No home folder is recorded."""
    words = read('Stack (most recent call first):\n  File "/home/li/x/secret.py", line 1 in f\n', HEADER, NOW_NS)

    assert words is not None
    assert (Frame("f", "secret.py", 1, True),) == words.frames


def test_the_header_comes_back():
    """What the writer noted is read again, and always as long."""
    header = Header(HEADER.roots, HEADER.pythons, Kills("group", 3, "/sys/fs/cgroup/memory.events", 77, "web1"))

    assert (HEADER_SIZE, header) == (len(header.packed()), header_of(header.packed()))


def test_a_header_with_too_many_folders_keeps_the_first():
    """It has its length for good."""
    roots = tuple(f"/{letter * 400}/" for letter in string.ascii_letters)
    header = header_of(Header(roots, ("/usr/lib/python3/",)).packed())

    assert (roots[: len(header.roots)], ("/usr/lib/python3/",)) == (header.roots, header.pythons)
    assert header.roots


def test_a_damaged_header_is_an_empty_one():
    """The stacks are read all the same."""
    assert [Header()] * 4 == [header_of(content) for content in (b"", b"{", b"[]", b'{"roots": 3}')]


@given(st.text(st.sampled_from(FAULT + HELD), max_size=300), st.integers(0, len(FAULT)), st.integers(0, len(FAULT)))
def test_whatever_is_written_is_read(noise, start, end):
    """A text cut anywhere, with anything in it, raises nothing."""
    words = read(FAULT[:start] + noise + FAULT[end:], HEADER, NOW_NS)

    assert words is None or words.time_ns == NOW_NS
