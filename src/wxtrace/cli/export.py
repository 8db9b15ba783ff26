"""
``wxtrace export``: all requests of a window, for other viewers.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from wxtrace.cli.alarm import text_of
from wxtrace.cli.exits import BROKEN, FOUND, NOT_FOUND
from wxtrace.cli.output import say
from wxtrace.cli.progress import shown
from wxtrace.cli.store import STORE_HELP, Commands
from wxtrace.cli.written import STDOUT, add_output, is_url, written
from wxtrace.errors import BadInput
from wxtrace.show.words import Words

if TYPE_CHECKING:
    from wxtrace.export.window import Export

OTLP, PERFETTO = _FORMATS = ("otlp", "perfetto")
_MOST_TOLD: Final = 5

MOMENT_REMEDY: Final = "Give '2014-12-01 20:12' (UTC+8), or unix seconds, as stamps are."


def add_export(commands: Commands) -> None:
    """Add ``wxtrace export``."""
    export = commands.add_parser("export", help="all requests of a window for Jaeger, collectors, or Perfetto")
    export.add_argument("--from", dest="first", metavar="TIME", help="UTC+8: '2014-12-01 20:12', or unix seconds")
    export.add_argument("--to", dest="last", metavar="TIME", help="what came then is no longer in it")
    export.add_argument(
        "--alarm", metavar="FILE", help="in place of both: the alarm whose window it is; - for stdin"
    )
    export.add_argument("--store", action="append", metavar="STORE", help=STORE_HELP + "; repeatable")
    export.add_argument("--format", choices=_FORMATS, default=OTLP, help="default: otlp")
    add_output(export)
    export.set_defaults(run=_export)


def _export(options: argparse.Namespace, words: Words) -> int:
    from wxtrace.export.window import export
    from wxtrace.lookup.lookup import stores_of

    if is_url(options.output) and options.format != OTLP:
        raise BadInput(
            "-o", options.output, "Only --format otlp can be sent to a URL; other formats go into a file."
        )
    first_ns, last_ns = _window(options, words)
    stores, mask = stores_of(options.store), bool(options.mask)
    with shown(words("exporting"), "shares", words, prints=options.output == STDOUT) as progress:
        exported = export(stores, first_ns, last_ns, options.format, mask=mask, progress=progress)
        if not exported.is_empty:
            _deliver(exported, options)
    _tell(exported, (first_ns, last_ns), options.output, words)
    if exported.evidence.damaged:
        return BROKEN
    return NOT_FOUND if exported.is_empty else FOUND


def _window(options: argparse.Namespace, words: Words) -> tuple[int, int]:
    """Return the window that is asked for, (from, to) in nanoseconds since the epoch."""
    given = [value for value in (options.first, options.last) if value is not None]
    if options.alarm is not None:
        if given:
            raise BadInput("--alarm", ", ".join([options.alarm, *given]), "Give the alarm, or --from and --to.")
        return _alarms_window(text_of(options.alarm, "--alarm", words))
    for name, value in (("--from", options.first), ("--to", options.last)):
        if value is None:
            raise BadInput(name, None, "Give the window by --from and --to, or an alarm by --alarm.")
    first_ns, last_ns = _moment(options.first, "--from"), _moment(options.last, "--to")
    if first_ns >= last_ns:
        raise BadInput("--to", options.last, "It must be later than --from.")
    return first_ns, last_ns


def _moment(text: str, name: str) -> int:
    """Read what was typed: a time of UTC+8 or, as stamps are, unix seconds."""
    from wxtrace.ask import moment_of

    try:
        return moment_of(text, name)
    except BadInput:
        raise BadInput(name, text, MOMENT_REMEDY) from None


def _alarms_window(text: str) -> tuple[int, int]:
    from wxtrace.alarm.parse import parse
    from wxtrace.lookup.meant import TOO_LITTLE, window_of

    alarms = parse(text)
    window = next((window for alarm in alarms if (window := window_of(alarm)) is not None), None)
    if window is None:
        raise BadInput("--alarm", alarms[0].content or alarms[0].kind, TOO_LITTLE)
    return window


def _deliver(exported: Export, options: argparse.Namespace) -> None:
    if is_url(options.output):
        from wxtrace.export.post import post

        for document in exported.documents:
            if warning := post(options.output, document):
                say(warning)
        return
    with written(options.output) as stream:
        for document in exported.documents:
            stream.write(document)


def _tell(exported: Export, window: tuple[int, int], output: str, words: Words) -> None:
    """Say what was exported, and what of it is not there."""
    from wxtrace.show.terminal import clean
    from wxtrace.show.times import moment, until

    for problem in exported.evidence.damaged[:_MOST_TOLD]:
        say(words("Not read: {problem}", problem=clean(problem)))
    if exported.evidence.dropped:
        text = "note: {dropped:record was|records were} dropped by who recorded then, and are in no export."
        say(words(text, dropped=exported.evidence.dropped))
    if exported.is_empty:
        text = "No request is recorded from {from_at} to {to_at} (UTC+8); nothing was written."
        say(words(text, from_at=moment(window[0]), to_at=until(window[1], window[0])))
        return
    text = (
        "exported {pushes:push|pushes} in {requests:request|requests}, with {spans:span|spans} and "
        "{lines:log line|log lines}, to {place}"
    )
    counts = {name: exported.told[name] for name in ("pushes", "requests", "spans", "lines")}
    say(words(text, place=_place(output), **counts))


def _place(output: str) -> str:
    if is_url(output):
        from wxtrace.export.post import named

        return named(output)
    return "stdout" if output == STDOUT else output
