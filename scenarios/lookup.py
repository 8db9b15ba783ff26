"""The lookup as anybody would run it: `wxtrace find --alarm`, a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scenarios.stage import Played

FAILED: Final = "(failed)"
"""The case of a lookup that gave no verdict."""


@dataclass(frozen=True, slots=True)
class Told:
    """
    What a lookup said.

    Args:
        case, layer, module, text: Of its verdict; or, as the text, why there is none.
        attempts: How many attempts it found.
        taken: Which of them it says was answered.
    """

    case: str
    layer: str | None
    module: str | None
    text: str
    attempts: int = 0
    taken: int | None = None


def look_up(played: Played, folder: Path) -> Told:
    """
    Look up what an alarm means, and return the verdict.

    Args:
        played: The alarm, and where to look.
        folder: Where the alarm and the answer are left.
    """
    alarm = folder / "alarm.txt"
    alarm.write_text(played.alarm + "\n", "utf-8")
    stores = [word for store in played.stores for word in ("--store", str(store))]
    command = [sys.executable, "-m", "wxtrace", "find", "--alarm", str(alarm), *stores, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    (folder / "answer.json").write_text(done.stdout, "utf-8")
    if done.returncode not in (0, 1) or not done.stdout:
        return Told(FAILED, None, None, done.stderr.strip().rpartition("\n")[2])
    answer = json.loads(done.stdout)
    verdict, chains = answer["verdict"], answer["chains"]
    taken = chains[0]["answered"] if chains else None
    named = verdict["case"], verdict["layer"], verdict["module"]
    return Told(*named, verdict["text"], len(answer["attempts"]), taken)


def environment() -> dict[str, str]:
    """Return the environment of a lookup: nothing in it says where to look or how."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WXTRACE_")}
    return kept | {"WXTRACE_LANG": "en"}
