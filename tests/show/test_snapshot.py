"""Snapshots for people: in the waterfall, after the verdict, as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from answers import answer
from hypothesis import given
from snapshots import (
    BLOCKING,
    CULPRIT,
    OPEN,
    READING,
    blocked,
    frames,
    hanging,
    snapshot,
    stuck_push,
    wild_attributes,
)
from strategies import BASE_NS, SECOND, hostile_text, make_log, make_span

from wxtrace.notebook.draw import draw
from wxtrace.rebuild.snapshot import Culprit, snapshot_of
from wxtrace.show.document import document, render
from wxtrace.show.places import culprit_text, wait_text
from wxtrace.show.style import Style
from wxtrace.show.terminal import clean, width
from wxtrace.show.text import render as render_text
from wxtrace.show.words import Words

SAY = Words()


def rendered(lookup: Any, language: str = "en", columns: int = 100) -> str:
    """Return the text of *lookup*."""
    return render_text(lookup, Style(Words(language), columns))


def test_the_json_holds_the_snapshots_and_what_the_verdict_rests_on():
    """All of it is there, and the log rows stay as they are."""
    told = json.loads(render(stuck_push()))
    attempt = told["attempts"][0]

    assert [3_600_000_000, 4_600_000_000] == [one["age_ns"] for one in attempt["snapshots"]]
    assert ["received", "wxtrace.snapshot", "wxtrace.snapshot"] == [log["event"] for log in attempt["logs"]]
    assert READING == attempt["logs"][1]["attributes"]["tasks"][0]["frames"]
    assert "storage.py" == told["verdict"]["stuck"]["at"]["file"]
    assert ("o…9f", 7 * SECOND) == (told["verdict"]["held"]["culprit"]["openid"], told["verdict"]["held"]["ns"])
    assert (None, None) == (told["verdict"]["silent_ns"], told["verdict"]["cause"])


def test_the_notebook_draws_every_line_of_a_snapshot():
    """What the text has, the drawing has."""
    drawn = draw(stuck_push(), SAY)

    for text in (
        "seen after 3.60 s",
        "awaits StreamReader.readexactly",
        "storage.py:41 in lock_row",
        "held by o…9f",
    ):
        assert text in drawn


def test_a_thread_in_a_call_is_told_with_what_it_calls():
    """What a thread calls in C stands where a task would say what it awaits."""
    threads = [{"thread": 9, "name": "worker", "frames": BLOCKING, "call": "self._sock.recv_into"}]
    lookup = answer(hanging(), [snapshot(9, 3.6, 2, tasks=[], threads=threads)])

    expected = "stood at socket.py:706 in read (calling self._sock.recv_into), called from remote.py:12 in fetch."
    assert expected in lookup.verdict.text
    assert "          calls self._sock.recv_into\n          socket.py:706 in read\n" in rendered(lookup)


def test_a_request_that_holds_the_loop_itself_is_said_to():
    """Nobody else is to blame."""
    held = {"lag_ns": 0, "blocked_ns": 3 * SECOND, "culprit": CULPRIT | {"self": True}}
    spin = [{"name": "Task-9", "frames": frames("spin callback.py:9"), "awaits": None}]
    lookup = answer(hanging(), [snapshot(9, 3.6, 2, tasks=spin, loop=held)])

    assert lookup.verdict.text.endswith(
        "After 3.60 s it stood at callback.py:9 in spin. It held the event loop itself."
    )


def test_where_the_threads_stand_that_are_waited_for_is_told():
    """The forty-first handler waits for what forty others do not give back."""
    wait: dict[str, Any] = {"layer": "wait", "module": "threads", "name": "wait for a thread", **OPEN}
    held = [frames("cook menus.py:36")[0] | {"threads": 40}]
    lookup = answer([make_span(0, **OPEN), make_span(1, 0, **wait)], [snapshot(9, 3.6, 1, tasks=[], holders=held)])

    assert lookup.verdict.text.endswith("wait for a thread. The threads stood at menus.py:36 in cook (40).")
    assert "  the threads stand at menus.py:36 in cook (40)\n" in rendered(lookup)
    assert "threads" == document(lookup)["verdict"]["held"]["what"]
    assert 40 == document(lookup)["verdict"]["holders"][0]["threads"]


STOOD = "at image.py:7 in crop"
NO_MEMORY = "Its process died: out of memory. Meanwhile the kernel killed"
NO_WORD = "Its process left no word: killed by SIGKILL, by a signal that it does not handle, or by os._exit."


@pytest.mark.parametrize(
    ("event", "told", "expected"),
    [
        ("wxtrace.died", {"cause": "segmentation fault"}, f"Its process died: segmentation fault, {STOOD}."),
        ("wxtrace.died", {"cause": "SIGXCPU"}, f"Its process died: SIGXCPU, {STOOD}."),
        ("wxtrace.died", {"frames": []}, NO_WORD),
        (
            "wxtrace.died",
            {"cause": "out of memory", "frames": [], "oom": {"of": "group", "kills": 2}},
            f"{NO_MEMORY} 2 processes of its group for want of memory.",
        ),
        (
            "wxtrace.died",
            {"cause": "out of memory", "frames": [], "oom": {"of": "host", "kills": 1}},
            f"{NO_MEMORY} 1 process of the host for want of memory.",
        ),
        ("wxtrace.died", {"cause": "timeout"}, f"Its process was killed while the interpreter was held {STOOD}."),
        ("wxtrace.ended", {"cause": "exit", "frames": []}, "Its process ended by itself meanwhile."),
    ],
)
def test_a_process_that_died_is_told_with_its_last_words(event, told, expected):
    """The cause and the line stand in the verdict and in the waterfall, and when it was seen to live last."""
    left = {"frames": frames("on_text callback.py:88", "crop image.py:7")} | told
    words = make_log(20, 2, event=event, logger="wxtrace.watch", time_ns=BASE_NS + 4 * SECOND, attributes=left)
    lookup = answer(hanging(state="crashed"), [make_log(5, 1, event="received"), words])

    alive = "Its last sign of life: 18:32:15.000; the last line of this request: 18:31:15.000 received."
    assert lookup.verdict.text.endswith(f" FOR UPDATE. {expected} {alive}")
    assert "◆ 18:31:19.000 the process' last words: " in rendered(lookup)
    assert 4 * SECOND <= document(lookup)["verdict"]["death"]["last_ns"] - BASE_NS


def test_a_process_that_was_killed_leaves_no_word():
    """Of SIGKILL only the time is known."""
    assert answer(hanging(state="crashed")).verdict.text.endswith(f"{NO_WORD} Its last sign of life: 18:32:15.000.")


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        (frames("crop image.py:7"), f"Nothing of its process could run: the interpreter was held {STOOD}."),
        ([], "Nothing of its process could run: the interpreter was held."),
    ],
)
def test_an_interpreter_that_is_held_is_told(stack, expected):
    """The process lives, and nothing of it runs."""
    told = {"cause": "timeout", "frames": stack}
    words = make_log(
        20, 2, event="wxtrace.died", logger="wxtrace.watch", time_ns=BASE_NS + 4 * SECOND, attributes=told
    )

    assert answer(hanging(), [words]).verdict.text.endswith(f" FOR UPDATE. {expected}")


@pytest.mark.parametrize(
    ("culprit", "expected"),
    [
        (Culprit("f", "a.py", 7, "time.sleep", "o…9f"), "openid o…9f in f (a.py:7, time.sleep)"),
        (Culprit("f", "a.py", 7, None, None, "ab"), "a request without an openid in f (a.py:7)"),
        (Culprit("f", None, None), "something that is no request's in f (?)"),
        (Culprit(openid="o…9f"), "openid o…9f in what nobody could see"),
    ],
)
def test_a_culprit_is_named_by_what_is_known_of_it(culprit, expected):
    """The openid is the shortened one; who has none is no request, or one without."""
    assert expected == culprit_text(culprit, SAY)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "loop held by o…9f: parse_menu (menus.py:88)"),
        ({"attributes": {}}, "loop held by no request: parse_menu (menus.py:88)"),
        ({"attributes": {}, "name": "blocked by what was not seen"}, "event loop blocked by what was not seen"),
        ({"module": "threads", "name": "wait for threads", "attributes": {}}, "wait for threads"),
        ({"module": "menu lock", "name": "menu lock", "attributes": {}}, "menu lock"),
        ({"module": "pool", "attributes": {"wxtrace.in_use": 5, "wxtrace.size": 5}, "name": "x"}, "pool x 5/5"),
        ({"layer": "logic"}, None),
    ],
)
def test_a_wait_is_called_by_what_was_waited_for(changes, expected):
    """The name says it once, with the culprit of a held loop, or with how full a pool was."""
    assert expected == wait_text(blocked(1, 0, 1, **changes), SAY)


def test_few_frames_are_shown_the_innermost_first():
    """Of a deep chain the app's innermost lines are shown, and how many more there are."""
    deep = frames(*(f"step_{at} flow.py:{at}" for at in range(1, 31)))
    lookup = answer(hanging(), [snapshot(9, 3.6, 2, tasks=[{"name": "Task-1", "frames": deep, "awaits": None}])])

    lines = [line.strip() for line in rendered(lookup).splitlines() if "flow.py" in line or "more frames" in line][
        1:
    ]
    expected = [f"flow.py:{at} in step_{at}" for at in range(30, 24, -1)]
    assert [*expected, "… 24 more frames; --json has all"] == lines


@given(wild_attributes, hostile_text)
def test_whatever_a_snapshot_holds_can_be_shown(attributes, text):
    """In both languages, in every width, as JSON and drawn; nothing of it steers the terminal."""
    wild = replace(snapshot(9, 3.6, 2), attributes=attributes)
    died = replace(wild, event="wxtrace.died", seq=11)
    culprit = {f"wxtrace.culprit.{key}": text for key in ("function", "file", "call", "openid", "trace_id")}
    lookup = answer([*hanging(), blocked(3, 1, 7, name=text, attributes=culprit)], [wild, died])

    for language in ("zh", "en"):
        lines = rendered(lookup, language, 90).splitlines()
        assert lines == [clean(line) for line in lines]
        assert [] == [line for line in lines[2:] if width(line) > 90]
    assert snapshot_of(wild) is not None
    assert document(lookup)
    assert render(lookup).isprintable()
    assert draw(lookup, SAY)


def test_an_ordinary_line_of_that_name_is_shown_as_it_is():
    """Only the watchdog's own lines are snapshots."""
    line = make_log(9, 2, event="wxtrace.snapshot", attributes={"tasks": 3})

    assert "· 18:31:15.000 info wxtrace.snapshot tasks=3" in rendered(answer(hanging(), [line]))
