"""A real IPython shell, with the extension loaded."""

from __future__ import annotations

import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell


@pytest.fixture(scope="session")
def one_shell(tmp_path_factory):
    """Return the shell of this process, without a history on disk."""
    kept = sys.excepthook, sys.displayhook
    shell = InteractiveShell.instance(ipython_dir=str(tmp_path_factory.mktemp("ipython")), history_length=0)
    shell.history_manager.enabled = False
    yield shell
    InteractiveShell.clear_instance()
    sys.excepthook, sys.displayhook = kept


@pytest.fixture
def shell(one_shell, monkeypatch):
    """Return a shell after ``%load_ext wxtrace``, in English."""
    monkeypatch.setenv("WXTRACE_LANG", "en")
    one_shell.reset(new_session=False)
    one_shell.run_line_magic("reload_ext", "wxtrace")
    return one_shell
