"""
What was found, with nobody's openid in it: for what is handed on.

Everything of an answer is gone through, whatever its type, so that no renderer can show what is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar, cast

MARK: Final = "…"
"""What stands for the middle of an openid."""

_OPENID: Final = re.compile(r"(?<![\w-])o(?=[\w-]*\d)(?=[\w-]*[A-Z])[A-Za-z0-9_-]{27}(?![\w-])", re.ASCII)
"""An openid as WeChat makes them, and a unionid: 28 characters, of which some are digits and some capitals."""
_NAMED: Final = frozenset(("openid", "openid_start", "unionid"))
_LEAST: Final = 6
"""A name shorter than this is not looked for in other texts: it would be found in every second word."""
_KEPT: Final = 4

T = TypeVar("T")


def masked(told: T) -> T:
    """
    Return what was found with every openid masked: those of its pushes, and whatever else looks like one.

    Args:
        told: An answer, a window, or a sequence of them. What is no dataclass, collection or text in it stays.
    """
    names = sorted({name for name in _openids(told) if len(name) >= _LEAST}, key=len, reverse=True)
    known = re.compile("|".join(map(re.escape, names))) if names else None
    return cast(T, _Masking(known).of(told))


def masked_openid(openid: str) -> str:
    """Return an openid of which only both ends are left, so that one can be told from another: ``o49j…ZgO9``."""
    return openid[:_KEPT] + MARK + openid[-_KEPT:] if len(openid) > 3 * _KEPT else openid[:1] + MARK


class _Masking:
    """
    Goes through values; what stands at several places is masked once.

    Args:
        known: Matches the openids that the values name as such.
    """

    def __init__(self, known: re.Pattern[str] | None) -> None:
        self._known = known
        self._done: dict[int, tuple[object, object]] = {}

    def of(self, told: Any) -> Any:
        """Return *told* without openids; of the same type."""
        if isinstance(told, str):
            return self._text(told)
        if told is None or isinstance(told, bytes | int | float):
            return told
        if (done := self._done.get(id(told))) is not None:
            return done[1]
        made = self._made(told)
        self._done[id(told)] = told, made  # kept too, so that no other value gets its id
        return made

    def _made(self, told: Any) -> Any:
        if is_dataclass(told) and not isinstance(told, type):
            return replace(told, **{name: self._value(name, value) for name, value in _fields(told)})
        if isinstance(told, Mapping):
            return {self.of(key): self._value(key, value) for key, value in told.items()}
        if isinstance(told, tuple) and hasattr(told, "_fields"):
            return cast(Any, type(told))(*(self._value(name, value) for name, value in _members(told)))
        if isinstance(told, list | tuple | set | frozenset):
            return type(told)(self.of(one) for one in told)
        return told

    def _value(self, name: object, value: object) -> object:
        return masked_openid(value) if name in _NAMED and isinstance(value, str) and value else self.of(value)

    def _text(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(_middle, text)
        return _OPENID.sub(_middle, text)


def _middle(found: re.Match[str]) -> str:
    return masked_openid(found[0])


def _fields(told: Any) -> Iterator[tuple[str, Any]]:
    return ((field.name, getattr(told, field.name)) for field in fields(told))


def _openids(told: Any, seen: set[int] | None = None) -> Iterator[str]:
    """Yield what the values name as openids."""
    seen = set() if seen is None else seen
    if told is None or isinstance(told, str | bytes | int | float) or id(told) in seen:
        return
    seen.add(id(told))
    for name, value in _members(told):
        if name in _NAMED and isinstance(value, str):
            yield value
        else:
            yield from _openids(value, seen)


def _members(told: Any) -> Iterator[tuple[object, Any]]:
    if is_dataclass(told) and not isinstance(told, type):
        yield from _fields(told)
    elif isinstance(told, Mapping):
        yield from told.items()
    elif isinstance(told, tuple) and hasattr(told, "_fields"):
        yield from zip(told._fields, told, strict=True)
    elif isinstance(told, Sequence | set | frozenset):
        yield from ((None, one) for one in told)
