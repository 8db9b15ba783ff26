"""The notebooks run as they are."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


def texts(notebook: nbformat.NotebookNode) -> str:
    """Return all that the cells of a notebook put out as text or HTML."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(
        [output.get("text", "") for output in outputs]
        + [str(value) for output in outputs for value in output.get("data", {}).values()]
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
@pytest.mark.filterwarnings("default")  # of Jupyter's own libraries
def test_a_notebook_runs_from_top_to_bottom(path, tmp_path, monkeypatch):
    """A reader who runs every cell gets the verdict, and the module that dawdled is named in it."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.setenv("WXTRACE_LANG", "en")
    notebook = nbformat.read(path, as_version=4)

    NotebookClient(
        notebook,
        timeout=600,
        startup_timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute()

    assert "in storage mysql: SELECT id, name FROM fan" in texts(notebook)
