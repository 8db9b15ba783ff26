"""The example's fault switch: what it says, and for whom."""

from __future__ import annotations

import asyncio

import pytest
from callback import faults
from starlette.responses import Response

from wxtrace.row import Tag


@pytest.fixture(name="waited")
def _waited(monkeypatch):
    """A request of the user oA; what is waited, and how."""
    waited = list[tuple[str, float]]()

    async def wait(seconds: float) -> None:
        """Note the seconds instead of waiting."""
        waited.append(("others go on", seconds))

    monkeypatch.setattr(faults.wxtrace, "current_tag", lambda: Tag("oA", 7))
    monkeypatch.setattr(faults.asyncio, "sleep", wait)
    monkeypatch.setattr(faults.time, "sleep", lambda seconds: waited.append(("nothing goes on", seconds)))
    return waited


def _spoiled(text: str = "success") -> tuple[int, bytes, str]:
    response = faults.spoiled(Response(text))
    return response.status_code, response.body, response.headers["content-length"]


@pytest.mark.parametrize(
    ("switch", "expected"),
    [
        ("reply.menu:oA:5.6", [("others go on", 5.6)]),
        ("!reply.menu:oA:5.6", [("nothing goes on", 5.6)]),
        ("!reply.menu:oB:5.6", []),
        ("!reply.text:oA:5.6", []),
    ],
    ids=["dawdles", "blocks", "another user", "another module"],
)
def test_a_module_dawdles_or_blocks_the_loop(waited, monkeypatch, switch, expected):
    """With an exclamation mark the event loop stands still."""
    monkeypatch.setenv("CALLBACK_FAULT", switch)

    asyncio.run(faults.dawdle("reply.menu"))

    assert expected == waited


@pytest.mark.parametrize(
    ("switch", "expected"),
    [
        ("", (200, b"success", "7")),
        ("reply:oA:201", (201, b"success", "7")),
        ("reply:oA:%22success%22%3A", (200, b'"success":', "10")),
        ("reply:oB:201", (200, b"success", "7")),
    ],
    ids=["off", "status", "text", "another user"],
)
@pytest.mark.usefixtures("waited")
def test_a_reply_gets_another_status_or_text(monkeypatch, switch, expected):
    """And its length is right all the same."""
    monkeypatch.setenv("CALLBACK_FAULT", switch)

    assert expected == _spoiled()


def test_a_file_says_several_things_and_is_read_anew(waited, monkeypatch, tmp_path):
    """What it says can change while the server runs."""
    switch = tmp_path / "faults"
    monkeypatch.setenv("CALLBACK_FAULT", f"@{switch}")
    switch.write_text("reply:oA:500\nsqlite:oA:2.5\n")

    faults.dawdle_blocking("sqlite")
    before = _spoiled()
    switch.write_text("")

    assert ([("nothing goes on", 2.5)], 500, 200) == (waited, before[0], _spoiled()[0])


def test_a_request_without_a_tag_is_left_alone(monkeypatch):
    """Who asks without an openid is nobody's user."""
    monkeypatch.setenv("CALLBACK_FAULT", "reply:oA:201")

    assert (200, b"success", "7") == _spoiled()
