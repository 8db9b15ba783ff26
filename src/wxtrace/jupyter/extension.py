"""
``%load_ext wxtrace``: what is there from then on, and away again after ``%unload_ext wxtrace``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_NAME: Final = "wxfind"


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """Give a shell ``%wxfind`` and ``%%wxfind``, and every DataFrame in it ``.wxtrace``."""
    from wxtrace.jupyter.magic import wxfind
    from wxtrace.notebook import accessor  # noqa: F401

    ipython.magics_manager.register_function(wxfind, "line_cell", _NAME)


def unload_ipython_extension(ipython: InteractiveShell) -> None:
    """Take the magic away; frames keep what they have."""
    for magics in ipython.magics_manager.magics.values():
        magics.pop(_NAME, None)
