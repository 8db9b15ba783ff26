"""Code objects, read: what a line of theirs calls."""

from __future__ import annotations

import dis
from types import CodeType
from typing import Final

_NAMES: Final = frozenset(
    {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_FAST_CHECK", "LOAD_DEREF"}
)
_PARTS: Final = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_LONGEST: Final = 200


def called_at(code: CodeType, at: int) -> str | None:
    """
    Return what *code* calls with its instruction at the offset *at*, as it is written: ``time.sleep``.

    Names only, never an argument; None where it calls nothing, or what it calls has no name.
    """
    begun = [one for one in dis.get_instructions(code) if one.offset <= at]
    *before, last = begun  # a call of a Python function stands in the middle of its instruction
    if not last.opname.startswith("CALL") or last.positions is None or last.positions.lineno is None:
        return None
    return _written(
        [one for one in before if one.positions is not None and _is_callee(one.positions, last.positions)]
    )


def _is_callee(one: dis.Positions, call: dis.Positions) -> bool:
    """Say whether *one* begins where *call* does, and is not all of it."""
    return one[0] == call[0] and one[2] == call[2] and (one[1], one[3]) != (call[1], call[3])


def _written(instructions: list[dis.Instruction]) -> str | None:
    """Return the dotted name that *instructions* load; of what a call or an index gives, the attributes only."""
    parts: list[str] = []
    for one in instructions:
        if one.opname in _NAMES:
            parts = [str(one.argval)]
        elif one.opname in _PARTS:
            parts.append(str(one.argval))
        elif one.opname.startswith(("CALL", "BINARY_SUBSCR")):
            parts = [""]
    return ".".join(parts).lstrip(".")[:_LONGEST] or None
