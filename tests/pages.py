"""The pages of the documentation as tests read them: blocks, headings, links; and a store that they can name."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import journal_maker
import store_maker

from wxtrace.row import LogRow, SpanRow
from wxtrace.store import schema

ROOT = Path(__file__).parents[1]
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
DOCS = ROOT / "docs"
PAGES = (*READMES, ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md")))
COMMANDS = ("find", "alarm", "last", "live", "export", "seal", "compact", "journal", "demo")
RECORDED = ROOT / "tests" / "recorded" / "demo-lookup.jsonl"
"""The rows of one push of the demo, as `wxtrace find --json` gave them: what the pages look up."""

_FENCE = re.compile(r"^( *)```(\w*)([^\n`]*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page; `run` is False where its info string says ``no-run``."""

    page: str
    line: int
    language: str
    run: bool
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: Path, *languages: str) -> list[Block]:
    """Return the fenced blocks of a page, in their order; those of *languages* only, if any are given."""
    text = page.read_text("utf-8")
    found = []
    for fence in _FENCE.finditer(text):
        indent, language, more, content = fence.groups()
        inner = "\n".join(line.removeprefix(indent) for line in content.splitlines())
        line = text.count("\n", 0, fence.start()) + 2
        found.append(Block(page.name, line, language, "no-run" not in more.split(), inner + "\n"))
    return [block for block in found if not languages or block.language in languages]


def prose(page: Path) -> str:
    """Return a page without its blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def headings(page: Path) -> list[tuple[int, str]]:
    """Return the level and the text of each heading."""
    return [(len(marks), text) for marks, text in _HEADING.findall(prose(page))]


def anchors(page: Path) -> set[str]:
    """Return what a link may name after ``#``, as GitHub makes it of the headings."""
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for _, text in headings(page)}


def links(page: Path) -> list[str]:
    """Return the targets of a page's links and pictures, without those to the web."""
    return [target for target in _LINK.findall(prose(page)) if not target.startswith(("http:", "https:"))]


def recorded_rows() -> list[SpanRow | LogRow]:
    """Return the rows of the push that the pages look up."""
    kinds: dict[str, type[SpanRow | LogRow]] = {"spans": SpanRow, "logs": LogRow}
    lines = [json.loads(line) for line in RECORDED.read_text("utf-8").splitlines()]
    return [kinds[line.pop("table")](**line) for line in lines]


def make_store(folder: Path) -> Path:
    """
    Make the store that the pages name, and beside it the alarm that they paste; return it.

    It holds a sealed push, and a journal whose writer is gone.
    """
    folder.mkdir(exist_ok=True)
    (folder / "alarm.txt").write_text(blocks(READMES[0], "text")[0].text, "utf-8")
    store = folder / "wxtrace-data"
    store_maker.write(store, recorded_rows(), metadata=schema.metadata(()))
    journal_maker.make_writer(store / "journal", [journal_maker.span(1), journal_maker.log(2)])
    return store


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of a reader who has installed wxtrace and set nothing."""
    kept: dict[str, Any] = {name: value for name, value in os.environ.items() if not name.startswith("WXTRACE_")}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
    return kept | {"PATH": path, "WXTRACE_LANG": "en", "COLUMNS": "100"} | changes
