"""The documentation is true: what it shows is run, and what it names is there."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from pages import (
    COMMANDS,
    DOCS,
    PAGES,
    READMES,
    ROOT,
    Block,
    anchors,
    blocks,
    environment,
    headings,
    links,
    make_store,
    prose,
    recorded_rows,
)

from wxtrace import cli

LANGUAGES = {"python", "ipython", "sh", "text", "json", "sql", "yaml", "ini"}
LOOK = DOCS / "look.md"
ANSWERS = {READMES[0]: "en", READMES[1]: "zh"}
SNIPPETS = [block for page in PAGES for block in blocks(page)]
WITH_CELLS = tuple(page for page in PAGES if blocks(page, "ipython"))

RUN = """
import json, sys
import wxtrace
from wxtrace.journal.launch import Launcher

Launcher.launch_if_none = lambda self: None  # no process may outlive a test
for name, code in json.load(sys.stdin):
    wxtrace.stop()
    space = {"__name__": "docs"}
    exec(compile(code, name, "exec"), space)
"""
CELLS = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell

notebook = InteractiveShell.instance(history_length=0)
notebook.history_manager.enabled = False
for name, cell in json.load(sys.stdin):
    notebook.run_cell(cell, store_history=True).raise_error()
"""
PUSH = """
import asyncio, httpx

async def push():
    transport = httpx.ASGITransport(space["app"])
    async with httpx.AsyncClient(transport=transport, base_url="http://callback") as wechat:
        return await wechat.post("/callback?signature=0a&timestamp=1745231475&nonce=7&openid=oREADME", content=b"")

assert "success" == asyncio.run(push()).text
found = wxtrace.find(openid="oREADME", stamp=1745231475, store="wxtrace-data")
(attempt,) = found.attempts
print([*attempt.spans["module"], *attempt.logs["event"]])
"""


def names(of: list[Block] | tuple[Path, ...]) -> list[str]:
    """Return ids for parameters."""
    return [one.name if isinstance(one, Path) else str(one) for one in of]


def run(command: list[str], folder: Path, stdin: str = "", **changes: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a reader would, in *folder*."""
    return subprocess.run(
        command, cwd=folder, env=environment(**changes), input=stdin, capture_output=True, text=True, check=False
    )


def run_python(some: list[Block], folder: Path, more: str = "") -> subprocess.CompletedProcess[str]:
    """Run blocks one after the other in a new interpreter, then *more*, which sees the last one's names."""
    codes = [(str(block), block.text) for block in some]
    return run([sys.executable, "-c", RUN + more], folder, json.dumps(codes))


def shell_lines(block: Block) -> list[str]:
    """Return the commands of a block, continued lines joined."""
    joined = block.text.replace("\\\n", " ").splitlines()
    return [line for line in joined if line.strip() and not line.lstrip().startswith("#")]


def sections(text: str) -> list[str]:
    """Return the sections of an INI file, such as systemd's."""
    parser = ConfigParser(interpolation=None)
    parser.read_string(text)
    return parser.sections()


def is_for_us(line: str) -> bool:
    """Say whether a test can run a line; make and pip are looked at by other tests."""
    return not line.startswith(("make ", "pip "))


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_the_python_of_a_page_runs(page, tmp_path):
    """Every block of Python does what it says, from top to bottom, with a store and nothing else."""
    make_store(tmp_path)

    done = run_python([block for block in blocks(page, "python") if block.run], tmp_path)

    assert 0 == done.returncode, done.stderr


@pytest.mark.parametrize("page", WITH_CELLS, ids=names(WITH_CELLS))
def test_the_cells_of_a_page_run(page, tmp_path):
    """What is to be typed into a notebook is taken by one, cell after cell."""
    make_store(tmp_path)
    cells = [(str(block), block.text) for block in blocks(page, "ipython")]

    done = run([sys.executable, "-c", CELLS], tmp_path, json.dumps(cells), IPYTHONDIR=str(tmp_path / "ipython"))

    assert 0 == done.returncode, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_the_commands_of_a_page_run(page, tmp_path):
    """Every command line works as it stands, on a store that holds the push it asks for."""
    failed = {}
    for number, block in enumerate(block for block in blocks(page, "sh") if block.run):
        folder = tmp_path / str(number)
        make_store(folder)
        script = "\n".join(line for line in shell_lines(block) if is_for_us(line))
        done = run(["bash", "-eu", "-o", "pipefail", "-c", script], folder)
        failed |= {str(block): done.stderr} if done.returncode else {}

    assert {} == failed


def test_queries_run(tmp_path, monkeypatch):
    """Every query finds rows in a store as it was sealed."""
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not among the requirements")
    make_store(tmp_path)
    monkeypatch.chdir(tmp_path)
    queries = [block for block in SNIPPETS if block.language == "sql"]

    assert [] == [str(block) for block in queries if not duckdb.sql(block.text).fetchall()]


@pytest.mark.parametrize("block", SNIPPETS, ids=names(SNIPPETS))
def test_a_block_is_well_formed(block):
    """Every block says its language, and is written in it, also where it is not run."""
    assert block.language in LANGUAGES
    match block.language:
        case "python":
            assert compile(block.text, str(block), "exec")
        case "json":
            assert json.loads(block.text)
        case "ini":
            assert sections(block.text)
        case "sh":
            assert shell_lines(block)
            assert 0 == subprocess.run(["bash", "-n"], input=block.text, text=True, check=False).returncode


COMMAND_LINES = [
    words
    for block in SNIPPETS
    if block.language in ("sh", "ini", "yaml", "text")
    for line in shell_lines(block)
    for call in re.findall(rf"(?:^|[\s=/$])wxtrace ((?:{'|'.join(COMMANDS)})\b[^|;&<>]*)", line)
    if (words := shlex.split(call, comments=True)) and "…" not in call
]


@pytest.mark.parametrize("words", COMMAND_LINES, ids=" ".join)
def test_a_command_line_is_one_that_wxtrace_takes(words):
    """Options and arguments are spelled as the command line has them, also where nothing is run."""
    assert callable(cli._parser().parse_args(words).run)


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_links_lead_somewhere(page):
    """Every link within the repository has a file, and its heading, at the other end."""
    dead = []
    for target in links(page):
        file, _, anchor = target.partition("#")
        path = page.parent / file if file else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            dead.append(target)

    assert [] == dead


def test_the_readmes_are_alike():
    """Both languages have the same headings by level, the same code, and the same links to files."""
    english, chinese = READMES

    assert [level for level, _ in headings(english)] == [level for level, _ in headings(chinese)]
    assert [(block.language, block.run, block.text) for block in blocks(english, "python", "sh")] == [
        (block.language, block.run, block.text) for block in blocks(chinese, "python", "sh")
    ]
    assert set(links(english)) - {"README.zh-CN.md"} == set(links(chinese)) - {"README.md"}


@pytest.mark.parametrize("page", READMES, ids=names(READMES))
def test_the_answer_of_the_readme_is_what_find_prints(page, tmp_path):
    """The lookup that is shown was not written by hand; after the dots there is more of it."""
    make_store(tmp_path)
    asked = next(block for block in blocks(page, "sh") if "wxtrace find" in block.text)
    alarm, shown = blocks(page, "text")
    shown, dots, _ = shown.text.partition("…\n")

    done = run(["bash", "-c", asked.text], tmp_path, WXTRACE_LANG=ANSWERS[page])

    assert (0, shown) == (done.returncode, done.stdout[: len(shown)])
    assert (dots, len(shown) < len(done.stdout)) == ("…\n", True)
    row = recorded_rows()[0]
    assert f"[OpenID={row.openid}][Stamp={row.stamp}]" in alarm.text


def test_the_waterfall_that_is_shown_is_drawn_so():
    """The lines of the page about looking are among those that the terminal is known to draw, in their order."""
    shown = blocks(LOOK, "text")[0].text.splitlines()
    drawn = iter((ROOT / "tests/show/golden/loop/en-80.txt").read_text("utf-8").splitlines())

    assert [] == [line for line in shown if line not in drawn]


def test_the_app_of_the_readme_records_a_push(tmp_path):
    """Who copies the README gets the modules and the lines of a push back."""
    app = blocks(READMES[0], "python")[:1]

    done = run_python(app, tmp_path, PUSH)

    assert 0 == done.returncode, done.stderr
    assert "['asgi', 'reply.menu', 'redis', 'mysql', 'menu.clicked']" == done.stdout.splitlines()[-1]


def test_what_is_installed_and_made_is_there():
    """`pip install` names extras that pyproject.toml has, and `make` targets of the Makefile."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    lines = [line for block in SNIPPETS if block.language == "sh" for line in shell_lines(block)]
    made = {shlex.split(line, comments=True)[1] for line in lines if line.startswith("make ")}
    wanted = [Requirement(shlex.split(line)[-1]) for line in lines if re.match(r"pip install .*wxtrace", line)]

    assert set() == made - targets
    assert set() == {extra for one in wanted for extra in one.extras} - set(project["optional-dependencies"])


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_figures_are_left_to_the_benchmarks(page):
    """No page tells microseconds or a gain: what nobody can run again is not claimed."""
    assert [] == re.findall(r"\d ?(?:µs|x faster|% faster)", prose(page))
