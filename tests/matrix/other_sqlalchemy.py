"""The release of SQLAlchemy that is not installed, in a folder of its own: two cannot be in one environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path


class NotInstalled(Exception):
    """pip could not get it; the text says why."""


def installed() -> str:
    """Return the release that is installed here, as the matrix names it."""
    return ".".join(version("sqlalchemy").split(".")[:2])


def folder_of(release: str, cache: Path) -> Path | None:
    """
    Return the folder in which SQLAlchemy of *release* lies, None where it is the one that is installed.

    Args:
        release: Its first two numbers.
        cache: Where it is kept for the next run.

    Raises:
        NotInstalled: pip could not get it.
    """
    if release == installed():
        return None
    folder = cache / f"sqlalchemy-{release}-{sysconfig.get_platform()}-{sys.implementation.cache_tag}"
    if not folder.is_dir():
        _install(release, folder)
    return folder


def _install(release: str, folder: Path) -> None:
    """Install what its dependencies need not: they are those of the release that is there."""
    made = folder.with_name(f"{folder.name}.{os.getpid()}")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run([*pip, "--target", str(made), f"sqlalchemy=={release}.*"], capture_output=True, text=True)
    if done.returncode:
        raise NotInstalled(f"SQLAlchemy {release}: {done.stderr.strip().splitlines()[-1:]}")
    try:
        made.rename(folder)
    except OSError:  # another run has been faster
        shutil.rmtree(made)
