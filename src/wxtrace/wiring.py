"""The writing side plugged together: what capture records goes into the store's journal."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wxtrace.capture import executors, spans
from wxtrace.capture.recorder import recorder
from wxtrace.journal.journal import Journal
from wxtrace.journal.launch import Launcher
from wxtrace.store import paths

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


_started: Settings | None = None


def start(
    service: str | None = None,
    store: str | os.PathLike[str] | None = None,
    *,
    sealer: bool = True,
    untagged_logs: bool = False,
    processors: Sequence[SpanProcessor] = (),
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
        processors: SDK span processors that get every span as well, off the request's path.
    """
    global _started
    if _is_disabled():
        return
    settings = Settings(
        service or os.environ.get("WXTRACE_SERVICE") or os.environ.get("OTEL_SERVICE_NAME") or "wx-callback",
        _absolute(os.fspath(store) if store is not None else paths.default_store()),
        sealer,
        untagged_logs,
    )
    if _started is not None:
        if settings != _started:
            _log.warning("wxtrace.start() was called again, with %s; the first call counts: %s", settings, _started)
        return
    _started = settings
    recorder.configure(_opener(settings), untagged_logs)
    executors.carry()
    for processor in processors:
        _feed(processor)


def stop() -> None:
    """Record no more, and forget `start`: for tests, and for an app that is made twice in one process."""
    global _started
    _started = None
    recorder.configure(None)
    executors.restore()
    if spans.on_ended:
        from wxtrace.capture.processors import feeder

        feeder.forget()


def _opener(settings: Settings) -> Any:
    launcher = Launcher(settings.store) if settings.sealer else None

    def on_tick() -> None:
        if launcher is not None and recorder.has_tagged:
            launcher.launch_if_none()

    def open_journal(dropped: int) -> Journal:
        return Journal(paths.journal_folder(settings.store), settings.service, on_tick, dropped)

    return open_journal


def _feed(processor: SpanProcessor) -> None:
    from wxtrace.capture.processors import feeder

    feeder.add(processor)


def _is_disabled() -> bool:
    return os.environ.get("WXTRACE_DISABLED", "") not in ("", "0") or (
        os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    )


def _absolute(store: str) -> str:
    """A later chdir must not move the store."""
    return store if paths.is_url(store) else str(paths.local_folder(store).absolute())
