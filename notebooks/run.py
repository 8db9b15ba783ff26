"""
The notebooks run anew, and their outputs saved in them.

    python notebooks/run.py                   all of them
    python notebooks/run.py 02 04             those whose names begin so
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

FOLDER = Path(__file__).parent
LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python", "pygments_lexer": "ipython3"}


def executed(notebook: NotebookNode) -> NotebookNode:
    """
    Run a notebook from top to bottom, and return it with the outputs.

    Raises:
        CellExecutionError: A cell failed.
    """
    client = NotebookClient(
        notebook,
        timeout=600,
        startup_timeout=300,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(FOLDER)}},
    )
    client.execute(env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "WXTRACE_LANG": "en"})
    return notebook


def tidied(notebook: NotebookNode) -> NotebookNode:
    """Leave out of a notebook what is of this run and this machine alone, and return it."""
    notebook.metadata["language_info"] = LANGUAGE
    for cell in notebook.cells:
        cell.metadata = {}
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = {}
    return notebook


def main(wanted: list[str]) -> None:
    """Run the notebooks whose names begin as *wanted*, or all, and save them."""
    for path in sorted(FOLDER.glob("*.ipynb")):
        if not wanted or path.name.startswith(tuple(wanted)):
            nbformat.write(tidied(executed(nbformat.read(path, as_version=4))), path)
            print(path.name)


if __name__ == "__main__":
    main(sys.argv[1:])
