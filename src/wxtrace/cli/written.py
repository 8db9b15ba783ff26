"""
Where a result goes: to stdout, or with ``-o`` to a file, which appears when it is whole.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

from wxtrace.cli.output import say
from wxtrace.errors import BadInput
from wxtrace.show.words import Words

STDOUT: Final = "-"
OUTPUT_HELP: Final = "file to write; - for stdout; with otlp also a collector's URL, http://…/v1/traces"
_SCHEMES: Final = ("http://", "https://")
_OWN: Final = 0o600


def add_output(command: argparse.ArgumentParser) -> None:
    """Add ``-o`` to a command, and whether openids are masked."""
    command.add_argument("-o", "--output", metavar="FILE", default=STDOUT, help=OUTPUT_HELP)
    masks = "mask openids, so that it can be handed on (default: in html)"
    command.add_argument("--mask", action=argparse.BooleanOptionalAction, default=None, help=masks)


def is_url(output: str) -> bool:
    """Say whether an output is sent somewhere."""
    return output.lower().startswith(_SCHEMES)


@contextlib.contextmanager
def written(output: str) -> Iterator[TextIO]:
    """
    Open what a result is written to, in UTF-8.

    A file is written under a temporary name beside it and gets its own when all is there; until then, what was
    there before stays. It may be read by its owner only.

    Args:
        output: A file's path, or ``-`` for stdout.

    Raises:
        BadInput: It is a folder, or in none.
    """
    path = Path(output)
    if output == STDOUT:
        yield _stdout()
        sys.stdout.flush()
    elif path.exists() and not path.is_file() and not path.is_dir():  # a pipe, a terminal
        with path.open("w", encoding="utf-8") as opened:
            yield opened
    else:
        yield from _replaced(path, output)


def tell_written(output: str, words: Words, *, masked_unasked: bool) -> None:
    """Say on stderr what was written, where a file was; and that it is masked, where nobody asked for that."""
    path = Path(output)
    if output == STDOUT or not path.is_file():
        return
    kib = -(-path.stat().st_size // 1024)
    text = "wrote {file} ({kib} KiB)"
    if masked_unasked:
        text = "wrote {file} ({kib} KiB); openids are masked, --no-mask leaves them"
    say(words(text, file=output, kib=kib))


def _replaced(path: Path, output: str) -> Iterator[TextIO]:
    if path.is_dir():
        raise BadInput("-o", output, "That is a folder: give the name of a file in it.")
    if not path.parent.is_dir():
        raise BadInput("-o", output, "There is no such folder: make it first.")
    whole = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        descriptor = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWN)
        with open(descriptor, "w", encoding="utf-8", newline="\n") as opened:
            yield opened
        whole.replace(path)
    except BaseException:
        whole.unlink(missing_ok=True)
        raise


def _stdout() -> TextIO:
    """Return stdout, which takes all of UTF-8 from now on: a document says in itself what it is encoded in."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    return sys.stdout
