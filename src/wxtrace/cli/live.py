"""
``wxtrace live``: what is in flight now.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import select
import shutil
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from wxtrace.cli.exits import FOUND
from wxtrace.cli.output import is_utf8, show
from wxtrace.cli.store import STORE_HELP, Commands
from wxtrace.cli.terminal import style_of
from wxtrace.show.words import Words

if TYPE_CHECKING:
    from wxtrace.scan.inflight import Lookout

_EVERY_SECONDS: Final = 1.0
_TYPED: Final = 64
_OTHER_SCREEN, _THIS_SCREEN = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
_HOME, _REST_OF_LINE, _REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"


def add_live(commands: Commands) -> None:
    """Add ``wxtrace live``."""
    live = commands.add_parser("live", help="what is in flight now, the oldest first")
    live.add_argument("--store", action="append", metavar="STORE", help=STORE_HELP + "; repeatable")
    live.add_argument("--once", action="store_true", help="print it once, as where the output is no terminal")
    live.add_argument("--json", action="store_true", help="print it once, as one JSON document")
    live.set_defaults(run=_live)


def _live(options: argparse.Namespace, words: Words) -> int:
    from wxtrace.scan.inflight import Lookout
    from wxtrace.store import paths

    lookout = Lookout(options.store or [paths.default_store()])
    if options.json:
        show(_document(lookout) + "\n")
    elif options.once or not sys.stdout.isatty():
        show(_page(lookout, words, None))
    else:
        _follow(lookout, words)
    return FOUND


def _follow(lookout: Lookout, words: Words) -> None:
    """Draw it anew every second, until ``q`` is typed."""
    with _screen(), _keys():
        while True:
            height = shutil.get_terminal_size((80, 24)).lines
            page = _page(lookout, words, height - 1).splitlines()
            drawn = "".join(line + _REST_OF_LINE + "\r\n" for line in page)
            show(_HOME + drawn + words("q ends") + _REST_OF_LINE + _REST_OF_SCREEN)
            sys.stdout.flush()
            if _is_ended(_EVERY_SECONDS):
                return


def _page(lookout: Lookout, words: Words, height: int | None) -> str:
    from wxtrace.show.live import render

    return render(lookout.look(time.time_ns()), style_of(sys.stdout, words), height)


def _document(lookout: Lookout) -> str:
    from wxtrace.show.document import safe
    from wxtrace.show.live import document

    return safe(json.dumps(document(lookout.look(time.time_ns())), ensure_ascii=not is_utf8(sys.stdout)))


@contextlib.contextmanager
def _screen() -> Iterator[None]:
    """Draw on the terminal's other screen, and give this one back as it was."""
    show(_OTHER_SCREEN)
    try:
        yield
    finally:
        show(_THIS_SCREEN)
        sys.stdout.flush()


@contextlib.contextmanager
def _keys() -> Iterator[None]:
    """Have keys come as they are typed, where there is a keyboard; Ctrl-C interrupts all the same."""
    if not sys.stdin.isatty():
        yield
        return
    import termios
    import tty

    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _is_ended(seconds: float) -> bool:
    """Wait for so long, and say whether ``q`` was typed."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if not sys.stdin.isatty():
            time.sleep(left)
            return False
        ready, _, _ = select.select([sys.stdin], [], [], left)
        if ready and ((typed := os.read(sys.stdin.fileno(), _TYPED)) == b"" or b"q" in typed.lower()):
            return True
    return False
