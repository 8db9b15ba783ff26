"""
A journal's segment for people: its records, one JSON object a line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final

from wxtrace.errors import StoreDamaged
from wxtrace.record import KINDS, STATUS_CODES, Unpacked
from wxtrace.show.document import safe
from wxtrace.store.journals import damaged_bytes, records

_TYPES: Final = ("META", "SPAN", "OPEN", "LOG")


def lines(file: str) -> Iterator[str]:
    """
    Yield every sound record of a segment as JSON, and at the end how many bytes are damaged, if any.

    Raises:
        StoreDamaged: The file cannot be read.
    """
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise StoreDamaged(file, error.strerror or str(error)) from None
    for record in records(content):
        yield safe(json.dumps(_readable(record), ensure_ascii=False))
    if damaged := damaged_bytes(content):
        yield json.dumps({"type": "DAMAGED", "bytes": damaged})


def _readable(record: Unpacked) -> dict[str, object]:
    return asdict(record) | {
        "type": _named(_TYPES, record.type),
        "status": _named(STATUS_CODES, record.status),
        "kind": _named(KINDS, record.kind),
        "trace_id": record.trace_id.hex(),
        "span_id": record.span_id.hex(),
        "parent_id": record.parent_id.hex(),
    }


def _named(names: tuple[str, ...], number: int) -> str:
    return names[number] if number < len(names) else str(number)
