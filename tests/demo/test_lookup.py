"""What the demo asks the command line, and what it makes of the answer."""

from __future__ import annotations

import json

import pytest

from wxtrace.demo import lookup
from wxtrace.demo.lookup import command, look_up, lookup_of

FOUND = {"verdict": {"layer": "storage", "module": "sqlite", "text": "…"}}


ARGUMENTS = ["find", "--alarm", "an alarm.txt", "--store", "some store"]


def _looked_up(code: int = 0) -> tuple[tuple[str, str], list[list[str]]]:
    asked = list[list[str]]()

    def find(arguments: list[str]) -> int:
        asked.append(arguments)
        if "json" in arguments and code == 0:
            print(json.dumps(FOUND))  # noqa: T201 - as the command line does
        return code

    return look_up(lookup_of("an alarm.txt", "some store"), find), asked


def test_the_module_is_read_from_the_json(capsys):
    """Layer and module come from the verdict, and the JSON itself is not seen."""
    named, _ = _looked_up()

    assert (("storage", "sqlite"), "") == (named, capsys.readouterr().out)


def test_the_lookup_is_what_the_alarm_allows():
    """The alarm and the store, once as JSON, once to be seen."""
    _, asked = _looked_up()

    assert [[*ARGUMENTS, "--format", "json"], ARGUMENTS] == asked


@pytest.mark.parametrize("code", [1, 3])
def test_nothing_found_names_nobody(code):
    """A lookup that fails is shown, and is no verdict."""
    named, _ = _looked_up(code)

    assert ("None", "None") == named


def test_the_command_to_look_again_can_be_pasted(monkeypatch):
    """It is quoted for the shell, and begins with a command that is there."""
    monkeypatch.setattr(lookup.shutil, "which", lambda name: "/somewhere/wxtrace")

    assert "wxtrace find --alarm 'an alarm.txt' --store 'some store'" == command(ARGUMENTS)
