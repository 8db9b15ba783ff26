"""What is true of a scenario, written down before anybody looks it up."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class NotProduced(Exception):
    """What a scenario wanted to happen has not happened; nothing follows from it."""


@dataclass(frozen=True, slots=True)
class Truth:
    """
    What a lookup must find out.

    Args:
        case: The case of the verdict: that of the first attempt with which something is wrong.
        layer, module: Where the time went, or where the worker died; None where no module is to blame.
        also: Cases that are true too: of later attempts, or of the same one beside the expected.
        drawn: What was drawn, for people.
        taken: Which attempt's reply WeChat took, counted from 1 among those that came to the server.
    """

    case: str
    layer: str | None = None
    module: str | None = None
    also: tuple[str, ...] = ()
    drawn: Mapping[str, object] = field(default_factory=dict)
    taken: int | None = None


class Ledger:
    """
    Keeps the truths: one JSON line each, on the disk when `write` returns.

    Args:
        path: The file, which must not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = threading.Lock()
        path.touch(exist_ok=False)

    def write(self, scenario: str, variant: int, truth: DataclassInstance) -> None:
        """Write down what is true of a variant of a scenario."""
        line = json.dumps({"scenario": scenario, "variant": variant, **asdict(truth)}, ensure_ascii=False)
        with self._turn, self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
