"""What is there is documented: commands, options, settings, names, columns, cases, rooms."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pages import COMMANDS, DOCS, PAGES, ROOT, prose
from test_rooms import MAY_IMPORT

import wxtrace
from wxtrace import cli, reply
from wxtrace.capture import push
from wxtrace.explain import verdict
from wxtrace.journal import journal, segment, space
from wxtrace.lookup import lookup
from wxtrace.notebook import draw
from wxtrace.seal import encode, retain, seal, stretch
from wxtrace.show import style, waterfall
from wxtrace.store import schema

SOURCE = Path(wxtrace.__file__).parent
BASES = (SOURCE, ROOT, ROOT / "tests")
EXAMPLES = {"app.py"}
MIB, GIB = 1 << 20, 1 << 30
FIGURES = [
    ("store.md", f"row groups of {encode.ROWS_A_GROUP:,} rows"),
    (
        "store.md",
        "({} MiB the first, {} MiB every later one)".format(*(size // MIB for size in journal.SEGMENT_SIZES)),
    ),
    ("store.md", f"{retain.KEEP_DAYS:.0f} days and {retain.KEEP_BYTES // GIB} GiB"),
    ("store.md", f"the first {reply.MAX_SHOWN} bytes"),
    ("operating.md", f"at most {space.DEFAULT_BOUND // GIB} GiB, then records are dropped"),
    ("operating.md", f"about {sum(journal.SEGMENT_SIZES) // MIB} MiB of journal"),
    ("operating.md", f"{stretch.DUE_NS // 10**9} s old or {stretch.DUE_BYTES // MIB} MiB"),
    ("how-find-decides.md", f"`--tolerance` ({lookup.TOLERANCE} by default)"),
    ("limits.md", f"a queue of {segment.Queued.MAX_WAITING:,} records"),
    ("limits.md", f"{sum(journal.SLOTS):,} spans open at once"),
    ("limits.md", f"the last {seal.MAX_BEGUN:,} of them"),
    ("limits.md", f"the first {push.MAX_BODY // 1024} KiB"),
    ("limits.md", f"{waterfall.MOST_NODES} rows of spans and {waterfall.MOST_LINES} log lines"),
    ("limits.md", f"in a notebook {draw.MOST_ROWS} rows a drawing"),
    ("look.md", f"more than {waterfall.MOST_NODES} rows"),
    ("look.md", f"more than {waterfall.MOST_LINES} log lines"),
    ("look.md", f"from {style.NARROWEST} to {style.WIDEST} columns"),
]
EVERYTHING = "\n".join(page.read_text("utf-8") for page in PAGES)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_documented(command, capsys):
    """What `--help` lists, a page explains."""
    assert 0 == cli.main([command, "--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}

    assert f"wxtrace {command}" in EVERYTHING
    assert set() == {option for option in options if option not in EVERYTHING}


def test_every_command_is_known_here(capsys):
    """A new subcommand must be put into the list above, and so into the documentation."""
    cli.main(["--help"])

    assert list(COMMANDS) == re.findall(r"^    (\w+)  ", capsys.readouterr().out, re.MULTILINE)


def test_every_setting_is_documented():
    """Each environment variable that the source reads has its row in docs/operating.md."""
    text = "\n".join(path.read_text("utf-8") for path in SOURCE.rglob("*.py"))
    read = set(re.findall(r"\b(?:WXTRACE_[A-Z_]+|OTEL_[A-Z]+(?:_[A-Z]+)+|XDG_[A-Z_]+|(?:NO|FORCE)_COLOR)\b", text))
    rows = re.findall(r"^\| `([A-Z_]+)`", (DOCS / "operating.md").read_text("utf-8"), re.MULTILINE)

    assert read == set(rows)


def test_every_public_name_is_documented():
    """Whatever `import wxtrace` offers is explained somewhere."""
    assert set() == {name for name in wxtrace.__all__ if not re.search(rf"\b{name}\b", EVERYTHING)}


@pytest.mark.parametrize("table", schema.SCHEMAS)
def test_the_columns_are_as_documented(table):
    """docs/store.md lists the columns of both tables, with their types, in their order."""
    _, _, rest = (DOCS / "store.md").read_text("utf-8").partition(f"### `{table}`")
    rows = re.findall(r"^\| `(\w+)` \| (\S+?)\?? \|", rest.partition("\n#")[0], re.MULTILINE)
    short = {"string": "str", "timestamp[us, tz=UTC]": "timestamp"}

    assert [(field.name, short.get(str(field.type), str(field.type))) for field in schema.SCHEMAS[table]] == rows


def test_every_case_of_a_verdict_is_documented():
    """docs/how-find-decides.md has a row for each case, and no other."""
    words = {value for name, value in vars(verdict).items() if name.isupper() and isinstance(value, str)}
    cases = words - {verdict.ACCESS_TO_LOGIC}
    rows = re.findall(r"^\| `([a-z_]+)` \|", (DOCS / "how-find-decides.md").read_text("utf-8"), re.MULTILINE)

    assert cases == set(rows)


def test_the_rooms_are_as_documented():
    """The table of docs/architecture.md is the one that tests/test_rooms.py keeps."""
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", (DOCS / "architecture.md").read_text("utf-8"), re.MULTILINE)

    assert {room: allowed - {room} for room, allowed in MAY_IMPORT.items()} == {
        room: set(re.findall(r"`(\w+)`", allowed)) for room, allowed in rows
    }


@pytest.mark.parametrize(("page", "figure"), FIGURES)
def test_figures_are_those_of_the_source(page, figure):
    """What a page says of sizes, times and bounds is what the program goes by."""
    text = " ".join((DOCS / page).read_text("utf-8").split())

    assert figure in text


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_files_that_are_named_are_there(page):
    """Where a page names a module or a test, it has not been renamed since."""
    named = set(re.findall(r"`((?:\w+/)*\w+\.py)`", prose(page))) - EXAMPLES

    assert set() == {name for name in named if not any((base / name).exists() for base in BASES)}
