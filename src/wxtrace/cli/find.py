"""
``wxtrace find``: a push by its alarm, or by openid and stamp.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from wxtrace.cli.alarm import text_of
from wxtrace.cli.exits import BROKEN, FOUND, NOT_FOUND
from wxtrace.cli.output import is_utf8, say, show
from wxtrace.cli.progress import shown
from wxtrace.cli.store import Commands
from wxtrace.cli.terminal import style_of
from wxtrace.cli.written import STDOUT, add_output, is_url, tell_written, written
from wxtrace.errors import BadInput
from wxtrace.lookup.asked import add_question, look_up_asked
from wxtrace.show.style import Style
from wxtrace.show.words import Words
from wxtrace.store.progress import parts

if TYPE_CHECKING:
    from wxtrace.lookup.found import FoundWindow, Lookup

TEXT, JSON, HTML, PERFETTO, OTLP = _FORMATS = ("text", "json", "html", "perfetto", "otlp")
_BY_SUFFIX: Final = {".html": HTML, ".htm": HTML, ".json": JSON}
_ONLY_OTLP: Final = "Only --format otlp can be sent to a URL; other formats go into a file."


def add_find(commands: Commands) -> None:
    """Add ``wxtrace find``."""
    find = commands.add_parser("find", help="look up a push by its alarm, or by openid and stamp")
    add_question(find)
    find.add_argument("--full", action="store_true", help="draw every attempt, every span and log line")
    find.add_argument("--format", choices=_FORMATS, help="default: by the name of the -o FILE, else text")
    find.add_argument("--json", action="store_const", const=JSON, dest="format", help="the same as --format json")
    add_output(find)
    find.set_defaults(run=_find)


def _find(options: argparse.Namespace, words: Words) -> int:
    form = _format(options)
    with shown(words("looking it up"), "shares", words) as progress:
        found = look_up_asked(options, words, lambda file: text_of(file, "--alarm", words), say, progress)
    windows = _windows(found, words) if options.window else []
    masks = form == HTML if options.mask is None else bool(options.mask)
    if masks:
        from wxtrace.show.mask import masked

        found, windows = masked((found, windows))
    if form in (PERFETTO, OTLP) and not any(one.found for one in (found, *found.others)):
        say(words("Nothing of it is recorded; nothing was written."))
    else:
        look = _look(options, words)
        _deliver(_rendered(form, found, windows, look, masks), form, options.output, words)
        tell_written(options.output, words, masked_unasked=masks and options.mask is None)
    if found.found:
        return FOUND
    return BROKEN if found.evidence.damaged else NOT_FOUND


def _look(options: argparse.Namespace, words: Words) -> Style:
    """Return how text is drawn: as the terminal wants it, and plainly in a file."""
    if options.output == STDOUT:
        return style_of(sys.stdout, words, full=options.full)
    return Style(words, full=options.full)


def _windows(found: Lookup, words: Words) -> list[FoundWindow]:
    """Return the windows of all the alarms that were asked about."""
    every = (found, *found.others)
    with shown(words("reading the window"), "shares", words) as progress:
        return [one.window(progress=told) for one, told in zip(every, parts(progress, len(every)), strict=True)]


def _format(options: argparse.Namespace) -> str:
    """Return the format that is asked for; without a word about it, the one that the output's name ends with."""
    posted = is_url(options.output)
    form = options.format or (OTLP if posted else _BY_SUFFIX.get(PurePath(options.output).suffix.lower(), TEXT))
    if posted and form != OTLP:
        raise BadInput("-o", options.output, _ONLY_OTLP)
    if options.window and form in (PERFETTO, OTLP):
        raise BadInput("--format", form, "A whole window is written by: wxtrace export.")
    return str(form)


def _deliver(document: str, form: str, output: str, words: Words) -> None:
    if output == STDOUT and form in (TEXT, JSON):
        show(document)
    elif is_url(output):
        from wxtrace.export.post import named, post

        if warning := post(output, document):
            say(warning)
        say(words("sent to {url}", url=named(output)))
    else:
        with written(output) as stream:
            stream.write(document)


def _rendered(form: str, found: Lookup, windows: Sequence[FoundWindow], look: Style, masked: bool) -> str:
    """Return the answer as the document that was asked for; windows stand in those that have a place for them."""
    if form == PERFETTO:
        from wxtrace.export import perfetto

        return perfetto.render(found)
    if form == OTLP:
        from wxtrace.export import otlp

        return otlp.render(found)
    if form == HTML:
        from wxtrace.page import page

        return page.render(found, look.words, windows, masked=masked, stores=found.stores)
    from wxtrace.show import document, text, window

    if form == JSON:
        told = [window.document(one) for one in windows]
        return document.render(found, told, ascii_only=not is_utf8(sys.stdout)) + "\n"
    return text.render(found, look, [window.lines(one, look) for one in windows])
