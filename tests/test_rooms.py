"""The rooms: which may import which. Arrows go one way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import wxtrace

SOURCE = Path(wxtrace.__file__).parent

VOCABULARY = {"row", "record", "errors"}
MAY_IMPORT: dict[str, set[str]] = {  # room: rooms that it may import; nothing imports what stands below it
    "row": set(),
    "record": set(),
    "errors": set(),
    "reply": set(),
    "store": {"store", *VOCABULARY},  # where both sides meet
    # the writing side: request → tag → record → journal → seal
    "tag": {"row", "record"},
    "capture": {"capture", "tag", "reply", "row", "record"},
    "journal": {"journal", "store", *VOCABULARY},
    "watch": {"watch", "capture", "tag", "store", *VOCABULARY},
    "wiring": {"watch", "capture", "journal", "store", *VOCABULARY},
    "otel": {"otel", "wiring", "capture"},
    "testing": {"journal", "capture", "store", "tag", *VOCABULARY},
    "seal": {"seal", "store", *VOCABULARY},
    # the reading side: alarm → (openid, stamp) → scan → rebuild → explain → show
    "alarm": {"alarm", "errors"},
    "scan": {"scan", "store", *VOCABULARY},
    "rebuild": {"rebuild", "row", "record"},
    "explain": {"explain", "rebuild", "scan", "alarm", "reply", "row", "record"},
    "survey": {"survey", "explain", "rebuild", "scan", "store", "alarm", "row", "record", "errors"},
    "answer": {"explain", "rebuild", "scan", "alarm", "row", "record"},
    "ask": {"errors"},
    "show": {"show", "answer", "survey", "explain", "rebuild", "scan", "alarm", "store", *VOCABULARY},
    "last": {"show", "scan", "row", "record"},
    "plot": {"plot", "survey", "show", "errors"},
    "notebook": {"notebook", "plot", "show", "answer", "explain", "rebuild", *VOCABULARY},
    "page": {"page", "show", "answer", "survey", "explain", "rebuild", "scan", "alarm", *VOCABULARY},
    "export": {"export", "show", "answer", "rebuild", "scan", "store", *VOCABULARY},
    "lookup": {
        *("lookup", "page", "export", "notebook", "show", "answer", "survey", "ask", "explain", "rebuild", "scan"),
        *("alarm", "store", *VOCABULARY),
    },
    "jupyter": {
        *("jupyter", "lookup", "plot", "notebook", "show", "answer", "survey", "ask", "rebuild", *VOCABULARY),
    },
    # what is plugged together of both
    "crypto": {"errors"},
    "demo": {"demo", "crypto", "show", "store", "errors"},
    "cli": {
        *("cli", "lookup", "last", "page", "export", "show", "ask", "demo", "seal", "scan", "alarm", "store"),
        "errors",
    },
    "__main__": {"cli"},
}  # the root __init__ may import any
ROOMS_OF_THE_WEB_PROCESS = [
    "row",
    "record",
    "errors",
    "reply",
    "tag",
    "capture",
    "journal",
    "watch",
    "wiring",
    "otel",
]
STORE_OF_THE_WEB_PROCESS = ["paths", "journals", "stacks", "lastwords", "oom"]
NOT_IN_THE_WEB_PROCESS = {"pyarrow", "pandas", "numpy"}


def room_of(path: Path) -> str:
    """Return the room in which a source file lies."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted names of all that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms(path: Path) -> set[str]:
    """Return the rooms that a file imports from."""
    return {parts[1] for name in imports(path) if (parts := name.split("."))[0] == "wxtrace" and len(parts) > 1}


FILES = [path for path in sorted(SOURCE.rglob("*.py")) if path != SOURCE / "__init__.py"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_room_imports_only_what_it_may(path):
    """Every import goes along an arrow; a new room must be put into the table."""
    assert set() == rooms(path) - MAY_IMPORT[room_of(path)]


def test_the_arrows_go_one_way():
    """What stands in the table imports only what stands above it, itself apart."""
    above: set[str] = set()
    wrong = []
    for room, allowed in MAY_IMPORT.items():
        wrong += [(room, other) for other in allowed - above - {room}]
        above.add(room)

    assert [] == wrong


@pytest.mark.parametrize("room", ROOMS_OF_THE_WEB_PROCESS)
def test_the_web_process_imports_no_arrow(room):
    """What runs inside the app names neither pyarrow nor pandas nor numpy."""
    files = [path for path in FILES if room_of(path) == room]
    files += [SOURCE / "store" / f"{name}.py" for name in STORE_OF_THE_WEB_PROCESS]
    heavy = {name.split(".")[0] for path in files for name in imports(path)} & NOT_IN_THE_WEB_PROCESS

    assert set() == heavy


def test_only_the_command_line_prints():
    """Renderers return text; cli/output.py alone writes it."""
    writers = {
        str(path.relative_to(SOURCE))
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Name) and node.id == "print"
    }

    assert set() == writers
