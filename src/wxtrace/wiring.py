"""The writing side plugged together: what capture records goes into the store's journal."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wxtrace.capture import executors, spans, threads
from wxtrace.capture.recorder import recorder
from wxtrace.capture.waits.libraries import hooks
from wxtrace.journal.journal import Journal
from wxtrace.journal.launch import Launcher
from wxtrace.store import paths
from wxtrace.watch.lastwords import LastWords
from wxtrace.watch.loops import LoopWatch
from wxtrace.watch.scene import Scene
from wxtrace.watch.watchdog import MARKS_SECONDS, MAX_MARK_SECONDS, Watchdog

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

_log = logging.getLogger("wxtrace")


@dataclass(frozen=True, slots=True)
class Settings:
    """What `start` was called with, environment included."""

    service: str
    store: str
    sealer: bool
    untagged_logs: bool
    watch: tuple[float, ...]
    watch_untagged: bool
    last_words: bool
    instrument: bool | tuple[str, ...] = False
    carry_to: tuple[str, ...] = ()


_started: Settings | None = None
_watchdog: Watchdog | None = None
_last_words: LastWords | None = None


def start(
    service: str | None = None,
    store: str | os.PathLike[str] | None = None,
    *,
    sealer: bool = True,
    untagged_logs: bool = False,
    watch: Sequence[float] = MARKS_SECONDS,
    watch_untagged: bool = False,
    last_words: bool = True,
    processors: Sequence[SpanProcessor] | None = (),
    instrument: bool | Iterable[str] | None = False,
    carry_to: Iterable[str] | None = (),
) -> None:
    """
    Record from now on; call it once, where the app is made.

    Nothing is opened before the first record. Called again with the same
    arguments nothing happens; with others, one warning: the first call counts.
    ``WXTRACE_DISABLED=1`` and ``OTEL_SDK_DISABLED=true`` switch everything off.

    Args:
        service: Its name; by default ``WXTRACE_SERVICE``, then ``OTEL_SERVICE_NAME``.
        store: A folder or URL; by default ``WXTRACE_STORE``, then ``./wxtrace-data``.
        sealer: Launch a sealer at the first tagged request, if none runs. False where
            ``wxtrace seal --follow`` runs as a service of its own.
        untagged_logs: Record log lines outside tagged requests too.
        watch: Ages in seconds at which a request in flight gets a snapshot; ``()`` or ``WXTRACE_WATCH=0``: none,
            and nothing is watched. ``WXTRACE_WATCH=2,4`` says others.
        watch_untagged: Watch requests without a tag too.
        last_words: Have Python's ``faulthandler`` write down where the process dies, or where C code holds it, if
            nobody else uses it. ``WXTRACE_LAST_WORDS=0``: not.
        processors: SDK span processors that get every span as well, off the request's path.
        instrument: True: switch on OpenTelemetry's instrumentations of databases, caches, queues and HTTP clients,
            those that are installed. Or their names: ``["sqlalchemy", "redis"]``.
        carry_to: Names of hosts that OpenTelemetry's HTTP clients may tell the tag, an openid in it, besides those
            that can only be your own (loopback and private addresses, ``.internal``, names without a dot): patterns
            such as ``*.example.com``. By default ``WXTRACE_CARRY_TO``, with commas between them.
    """
    global _started
    if _is_disabled():
        return
    settings = Settings(
        service or os.environ.get("WXTRACE_SERVICE") or os.environ.get("OTEL_SERVICE_NAME") or "wx-callback",
        _absolute(os.fspath(store) if store is not None else paths.default_store()),
        sealer,
        untagged_logs,
        _marks(watch),
        watch_untagged,
        last_words and os.environ.get("WXTRACE_LAST_WORDS", "") != "0",
        instrument if isinstance(instrument, bool) else _names(instrument) or False,
        _names(carry_to) or tuple(filter(None, os.environ.get("WXTRACE_CARRY_TO", "").split(","))),
    )
    if _started is not None:
        if settings != _started:
            _log.warning("wxtrace.start() was called again, with %s; the first call counts: %s", settings, _started)
        return
    _started = settings
    recorder.configure(_opener(settings), untagged_logs)
    executors.carry()
    threads.carry()
    _watch(settings)
    _carry(settings)
    if settings.instrument:
        _instrument(settings.instrument)
    hooks.place()
    for processor in processors or ():
        _feed(processor, settings.service)


def stop() -> None:
    """Record no more, and forget `start`: for tests, and for an app that is made twice in one process."""
    global _started, _watchdog, _last_words
    _started = None
    if _watchdog is not None:
        _watchdog.stop()
        _watchdog = None
    if _last_words is not None:
        _last_words.stop()
        _last_words = None
    recorder.configure(None)
    executors.restore()
    threads.restore()
    hooks.remove()
    if (ours := sys.modules.get("wxtrace.capture.instruments")) is not None:
        ours.instruments.switch_off()
    if (placed := sys.modules.get("wxtrace.capture.propagator")) is not None:
        placed.remove()
    if spans.on_ended:
        from wxtrace.capture.processors import feeder

        feeder.forget()


def _opener(settings: Settings) -> Any:
    launcher = Launcher(settings.store) if settings.sealer else None

    def on_tick() -> None:
        if recorder.enabled:
            hooks.place(imports=False)  # what was imported since `start`
        if launcher is not None and recorder.has_tagged:
            launcher.launch_if_none()
        if _last_words is not None:
            _last_words.keep()

    def open_journal(dropped: int) -> Journal:
        hooks.place()
        journal = Journal(paths.journal_folder(settings.store), settings.service, on_tick, dropped)
        if _last_words is not None:
            _last_words.begin(journal.folder)
        return journal

    return open_journal


def _marks(watch: Sequence[float]) -> tuple[float, ...]:
    """Return the ages at which requests are looked at, in seconds; what the environment says comes first."""
    told = os.environ.get("WXTRACE_WATCH", "")
    try:
        marks = [float(mark) for mark in (told.split(",") if told else watch)]
    except (TypeError, ValueError):
        said = f"WXTRACE_WATCH={told}" if told else f"watch={watch!r}"
        _log.warning("wxtrace: %s are no seconds; it is %s", said, MARKS_SECONDS)
        marks = list(MARKS_SECONDS)
    return tuple(sorted(mark for mark in marks if 0 < mark < MAX_MARK_SECONDS))


def _watch(settings: Settings) -> None:
    global _watchdog, _last_words
    if settings.watch:
        marks_ns = [round(mark * 10**9) for mark in settings.watch]
        scene = Scene(time.monotonic_ns, LoopWatch())
        _watchdog = Watchdog(marks_ns, untagged=settings.watch_untagged, scene=scene)
        if settings.last_words:
            _last_words = LastWords(scene.told)
            _watchdog.on_wake.append(_last_words.woken)
            _watchdog.on_tick.append(_last_words.look)
            _watchdog.on_rest.append(_last_words.resting)
        _watchdog.start()


def _names(told: Iterable[str] | None) -> tuple[str, ...]:
    return (told,) if isinstance(told, str) else tuple(told or ())


def _carry(settings: Settings) -> None:
    from wxtrace.capture import propagator
    from wxtrace.capture.hosts import Hosts

    propagator.place(Hosts(settings.carry_to))


def _instrument(wanted: bool | tuple[str, ...]) -> None:
    from wxtrace.capture.instruments import instruments

    instruments.switch_on(wanted)


def _feed(processor: SpanProcessor, service: str) -> None:
    from wxtrace.capture.processors import feeder

    feeder.add(processor, service)


def _is_disabled() -> bool:
    return os.environ.get("WXTRACE_DISABLED", "") not in ("", "0") or (
        os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    )


def _absolute(store: str) -> str:
    """A later chdir must not move the store."""
    return store if paths.is_url(store) else str(paths.local_folder(store).absolute())
