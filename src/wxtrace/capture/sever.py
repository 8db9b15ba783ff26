"""Connections of an exporter that a forked child has from its parent: each of two that write to one garbles it."""

from __future__ import annotations

import logging
from typing import Any, Final

_EXPORTERS: Final = ("span_exporter", "_exporter")
_CLIENTS: Final = ("_client", "_transport")
_SESSION: Final = "_session"
_log = logging.getLogger("wxtrace")


def sever(processor: object) -> None:
    """
    Close the kept connections of the exporter behind *processor*, in the child; never raises.

    What can be found are sessions of ``requests``, those of OpenTelemetry's OTLP/HTTP exporters. The parent has
    its own descriptors of them and goes on; the child opens new ones.
    """
    try:
        session = _session_of(processor)
        if session is not None:
            session.close()
    except Exception:  # another version's exporter
        _log.debug("wxtrace: connections of %r were not closed after a fork", processor, exc_info=True)


def _session_of(processor: object) -> Any:
    exporter = next((held for name in _EXPORTERS if (held := getattr(processor, name, None)) is not None), None)
    for name in _CLIENTS:
        exporter = getattr(exporter, name, exporter)
    return getattr(exporter, _SESSION, None)
