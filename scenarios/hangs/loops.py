"""Handlers that hang in the event loop, or hold it. The line that hangs has a comment, by which it is found."""

from __future__ import annotations

import asyncio
import ctypes
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import wxtrace

_FOREVER_S: Final = 600.0
_STREETS: Final = re.compile(r"(\w+\s?)+street")

_menu_lock = asyncio.Lock()
_doorbell = asyncio.Event()


@dataclass(slots=True)
class Menu:
    """A menu, and the one that it belongs to."""

    title: str
    above: Menu | None = None


@wxtrace.logic("hang.lock")
async def lock() -> str:
    """Take a lock, and forget to give it back: the first caller is answered."""
    await _menu_lock.acquire()  # hangs: lock
    return "success"


@wxtrace.logic("hang.chain")
async def chain() -> str:
    """Wait for the same lock, far below: in tasks of a generator that a context manager goes through."""
    async with _kitchen() as cooks:
        return cooks


@wxtrace.logic("hang.bystander")
async def bystander() -> str:
    """Wait for what comes at once, if the loop runs."""
    await _doorbell.wait()  # hangs: bystander
    return "success"


@wxtrace.logic("hang.sleeper")
async def sleeper() -> str:
    """Call in a coroutine what sleeps."""
    _doorbell.set()
    _print_menu()
    return "success"


@wxtrace.logic("hang.circle")
async def circle() -> str:
    """Look for the end of what has none."""
    first = Menu("noodles")
    first.above = Menu("soups", first)
    _doorbell.set()
    return _top(first).title


@wxtrace.logic("hang.crasher")
async def crasher() -> str:
    """Read where nothing is, in C."""
    return _text_at(0)


@wxtrace.logic("hang.pattern")
async def pattern() -> str:
    """Look for an address, with a regular expression that takes ages, and holds the interpreter meanwhile."""
    _doorbell.set()
    return str(_is_address("a" * 64))


@asynccontextmanager
async def _kitchen() -> AsyncIterator[str]:
    yield ", ".join([cook async for cook in _cooks("Li", "Wang")])


async def _cooks(*names: str) -> AsyncIterator[str]:
    for cook in await asyncio.gather(*map(_called, names)):
        yield cook


async def _called(name: str) -> str:
    async with wxtrace.wait("menu lock", _menu_lock):  # hangs: chain
        return name


def _print_menu() -> None:
    time.sleep(_FOREVER_S)  # hangs: sleeper


def _top(menu: Menu) -> Menu:
    while menu.above is not None:  # hangs: circle
        menu = menu.above
    return menu


def _text_at(address: int) -> str:
    return ctypes.string_at(address).decode()  # hangs: crasher


def _is_address(text: str) -> bool:
    return _STREETS.fullmatch(text) is not None  # hangs: pattern


HANDLERS: Final = (lock, chain, bystander, sleeper, circle, crasher, pattern)
