"""The notebooks run from top to bottom as they are, and what is saved in them is what they put out."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from answers import make_store
from journal_maker import STAMP
from nbformat import NotebookNode
from notebooks.run import FOLDER, LANGUAGE, executed, tidied
from waiting import do_without

import wxtrace

pytestmark = pytest.mark.filterwarnings("default")  # of Jupyter's own libraries

PATHS = {path.name[:2]: path for path in sorted(FOLDER.glob("*.ipynb"))}
TOLD = {
    "01": ["'slow_module'", "'mysql': '5.960 s'", "SELECT title, url FROM dish WHERE id = ?", "menu.sent"],
    "02": [
        *("(791, 791, 'agrees')", "0 wait event loop 7", "web-2 791", "too_late 791"),
        *("'wxtrace.culprit.call': 'time.sleep'", "→ 35 time.sleep", "(791, {2: 791})"),
    ],
    "03": [
        *("4200", "04-23 Wed 600.0 0.18 0.38", "04-24 Thu 600.0 0.42 3.96", "CLICK 0.121 1.906"),
        *("web-1 Thu 10:04", "web-2 Thu 10:15", "web-3 Thu 10:33"),
        *("WHERE day = ? 1 317.0", "WHERE id = ? 14 258.0", "web-3 25.9", "40 pushes were too late at first"),
    ],
    "04": ["(51, 51)", "(600, 611, 7436)", "storage mysql 5428 854975938618"],
}
"""What the outputs of each say, as its text has it."""
MACHINE = re.compile(r"/tmp/|/home/|/root/|/usr/|site-packages|Traceback|Warning")
MAX_BYTES = 400_000


@dataclass(frozen=True, slots=True)
class Run:
    """A notebook as it is saved, and as it has just run; *number* is how its name begins."""

    number: str
    saved: NotebookNode
    fresh: NotebookNode


@pytest.fixture(scope="module", params=PATHS)
def run(request, tmp_path_factory):
    """Each notebook, run once for all tests; what it writes is in a folder of the tests."""
    number = request.param
    if number == "04" and shutil.which("java") is None:
        do_without("Spark needs Java")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(wxtrace.__file__).parents[1]))
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("notebook")))
        yield Run(number, nbformat.read(PATHS[number], as_version=4), executed(nbformat.read(PATHS[number], 4)))


def code(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the cells of code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shape(notebook: NotebookNode) -> list[tuple[int, list[str]]]:
    """Return how the cells were counted as they ran, and of which kinds their outputs are."""
    return [
        (cell.execution_count, [kind for output in cell.outputs for kind in kinds(output)])
        for cell in code(notebook)
    ]


def kinds(output: NotebookNode) -> list[str]:
    """Return what an output is made of: the name of a stream, or types such as ``text/html``."""
    return sorted(output.data) if "data" in output else [output.get("name", output.output_type)]


def texts(notebook: NotebookNode) -> str:
    """Return all that the cells put out as text, with one blank between words."""
    outputs = [output for cell in code(notebook) for output in cell.outputs]
    data = [output.get("data", {}) for output in outputs]
    parts = [output.get("text", "") for output in outputs] + [some.get("text/plain", "") for some in data]
    return " ".join("\n".join(parts).split())


def test_there_are_four():
    """They are numbered in the order in which one reads them."""
    assert ["01", "02", "03", "04"] == list(PATHS)


def test_what_is_saved_is_what_it_puts_out(run):
    """Every cell was run in order, and what is saved is of the same kinds as what comes today; errors are none."""
    assert list(range(1, len(code(run.fresh)) + 1)) == [count for count, _ in shape(run.fresh)]
    assert shape(run.fresh) == shape(run.saved)
    assert {"stderr", "error"}.isdisjoint(kind for _, found in shape(run.saved) for kind in found)


def test_it_says_what_its_text_says(run):
    """What the text between the cells tells of the outputs is in them, in those that are saved too."""
    told = TOLD[run.number]

    assert told == [word for word in told if word in texts(run.fresh)]
    assert told == [word for word in told if word in texts(run.saved)]


def test_ones_own_alarm_takes_one_line_and_a_paste(monkeypatch, tmp_path):
    """With the store named and another alarm pasted all of 01 runs, and is about that alarm."""
    store = make_store(tmp_path / "store")
    notebook = nbformat.read(PATHS["01"], as_version=4)
    (named,) = (cell for cell in code(notebook) if cell.source.startswith("STORE = None"))
    (pasted,) = (cell for cell in code(notebook) if cell.source.startswith("%%wxfind"))
    named.source = f"STORE = {str(store)!r}"
    pasted.source = pasted.source.replace("ouwhd8sCoIkRK-2oLszbgjs_2XBT", "oA").replace("1745584274", str(STAMP))
    monkeypatch.setenv("PYTHONPATH", str(Path(wxtrace.__file__).parents[1]))

    told = texts(executed(notebook))

    assert f"openid oA · stamp {STAMP} " in told
    assert "('replied', " in told


@pytest.mark.parametrize("path", PATHS.values(), ids=lambda path: path.name)
def test_what_is_saved_is_valid(path: Path):
    """Viewers that go by the format's schema take it, and a run anew keeps it so."""
    nbformat.validate(nbformat.read(path, as_version=4))
    nbformat.validate(tidied(nbformat.read(path, as_version=4)))


@pytest.mark.parametrize("path", PATHS.values(), ids=lambda path: path.name)
def test_nothing_of_the_machine_is_saved(path: Path):
    """No path, no warning, no time of execution is in a notebook, and it is small enough to be shown."""
    notebook = nbformat.read(path, as_version=4)

    assert [] == MACHINE.findall("\n".join(str(cell.get("outputs", "")) for cell in notebook.cells))
    assert ([{}] * len(notebook.cells), LANGUAGE) == (
        [cell.metadata for cell in notebook.cells],
        notebook.metadata.language_info,
    )
    assert path.stat().st_size < MAX_BYTES
