"""
What a task awaits, down to the innermost, from outside its loop.

A coroutine tells what it awaits, and so does a generator; what `async for` and
`async with` put between them (`async_generator_asend` and its like) tells
nothing, and is looked through by what it refers to. Only built-in types are
asked, so that no code of the app runs here.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from types import AsyncGeneratorType, CoroutineType, FunctionType, GeneratorType
from typing import Any, Final

from wxtrace.watch.frames import MAX_FRAMES, Frame, frame_of, stack_of_thread

Task = asyncio.Task[Any]

_MAX_DEPTH: Final = 500
_MAX_BEHIND: Final = 64
_WRAPPERS: Final = frozenset(
    {"async_generator_asend", "async_generator_athrow", "coroutine_wrapper", "anext_awaitable", "FutureIter"}
)
_LIBRARIES: Final = ("asyncio/", "anyio/")
"""What is awaited is named by the function of these that the app called, not by what it does inside."""
_ASYNCIO: Final = "asyncio/"


@dataclass(frozen=True, slots=True)
class Chain:
    """
    Where a task stands.

    `frames` go from the outermost to the innermost; `awaits` names what the innermost awaits, None while the task
    runs; `behind` are the tasks that it waits for; `call` names what the innermost calls while the task runs.
    """

    frames: tuple[Frame, ...]
    awaits: str | None
    behind: tuple[Task, ...]
    call: str | None = None


def frames_of_task(task: Task, thread: int | None = None) -> tuple[Frame, ...]:
    """Return the await chain of *task*, outermost first; its stack while it runs in the thread *thread*."""
    return chain_of(task, thread).frames


def chain_of(task: Task, thread: int | None = None) -> Chain:
    """
    Return where *task* stands.

    Args:
        task: A task of any loop and thread.
        thread: The ident of its loop's thread: where it runs right now, its frames are on that stack.
    """
    coro = task.get_coro()
    if thread is not None and getattr(coro, "cr_running", False):
        stack, call = stack_of_thread(thread, getattr(coro, "cr_frame", None))
        return Chain(stack, None, (), call)
    frames, holder, last = _walk(coro)
    kept = tuple(frames[-MAX_FRAMES:])
    return Chain(kept, _name(kept, last), tuple(dict.fromkeys(_behind(kept, holder, last))))


def _walk(awaited: Any) -> tuple[list[Frame], Any, Any]:
    """Return the frames below *awaited*, the innermost coroutine, and what it awaits that is none."""
    frames: list[Frame] = []
    holder = None
    for _ in range(_MAX_DEPTH):
        if issubclass(type(awaited), asyncio.Future) or awaited is None:
            break
        inner = _inner(awaited, frames)
        if inner is awaited:
            break
        holder = awaited if type(awaited) is CoroutineType else holder
        awaited = inner
    return frames, holder, awaited


def _inner(awaited: Any, frames: list[Frame]) -> Any:
    """Put its frame, if it has one, to *frames*, and return what it awaits; itself if that is not told."""
    kind = type(awaited)
    if kind is CoroutineType:
        frame, code, inner = awaited.cr_frame, awaited.cr_code, awaited.cr_await
    elif kind is GeneratorType:
        frame, code, inner = awaited.gi_frame, awaited.gi_code, awaited.gi_yieldfrom
    elif kind is AsyncGeneratorType:
        frame, code, inner = awaited.ag_frame, awaited.ag_code, awaited.ag_await
    else:
        return _within(awaited) if kind.__name__ in _WRAPPERS else awaited
    if frame is not None:
        line, frame = frame.f_lineno, None
        frames.append(frame_of(code, line))
    return inner


def _within(wrapper: object) -> object:
    for held in gc.get_referents(wrapper):
        kind = type(held)
        if (
            kind in (CoroutineType, GeneratorType, AsyncGeneratorType)
            or kind.__name__ in _WRAPPERS
            or issubclass(kind, asyncio.Future)
        ):
            return held
    return wrapper


def _name(frames: tuple[Frame, ...], last: object) -> str | None:
    """Name what is awaited: the function of asyncio or anyio that was called, or the kind of the future."""
    called = list(takewhile(_is_library, reversed(frames)))
    if called:
        telling = (frame for frame in reversed(called) if frame.function[0] != "_" and frame.function != "wait_for")
        return _name_of_call(next(telling, called[-1]))
    if last is None or not issubclass(type(last), asyncio.Future):
        return None if last is None else type(last).__qualname__[:80]
    return _name_of_future(last)


def _is_library(frame: Frame) -> bool:
    return frame.file.startswith(_LIBRARIES)


def _name_of_call(frame: Frame) -> str:
    """Return the function's name; with its module where it is one of anyio's, whose names say little."""
    module = frame.file.rpartition("/")[2].removesuffix(".py")
    is_short = frame.file.startswith(_ASYNCIO) or "." in frame.function
    return frame.function if is_short else f"{module}.{frame.function}"


def _name_of_future(future: Any) -> str:
    if issubclass(type(future), asyncio.Task):
        return f"Task {future.get_name()}"[:80]
    if type(future).__name__ == "_GatheringFuture":
        return f"gather of {len(future._children)}"
    for function in _callbacks(future):
        maker = function.__qualname__.partition(".<locals>")[0]
        if maker == "_chain_future":
            return "Future of run_in_executor"
        if maker == "shield":
            return "shield"
    return "Future"


def _callbacks(future: Any) -> Iterator[FunctionType]:
    for entry in future._callbacks or ():
        if type(entry[0]) is FunctionType:
            yield entry[0]


def _behind(frames: tuple[Frame, ...], holder: object, last: Any) -> Iterator[Task]:
    """Yield the tasks that *last* stands for; where asyncio waits in a way of its own, those that it waits for."""
    if last is None or not issubclass(type(last), asyncio.Future):
        return
    yield from _tasks_of(last)
    if holder is not None and frames and frames[-1].file.startswith(_ASYNCIO):
        for held in gc.get_referents(holder):
            for one in _members(held):
                yield from _tasks_of(one)


def _tasks_of(future: Any) -> Iterator[Task]:
    """Yield the tasks that *future* is, gathers or shields, if they are not over."""
    if not issubclass(type(future), asyncio.Future):
        return
    inner = [future]
    if type(future).__name__ == "_GatheringFuture":
        inner = list(future._children)[:_MAX_BEHIND]
    for function in _callbacks(future):
        if function.__qualname__.startswith("shield."):
            inner.extend(cell.cell_contents for cell in function.__closure__ or ())
    yield from (one for one in inner if issubclass(type(one), asyncio.Task) and not one.done())


def _members(held: Any) -> Iterable[Any]:
    """Return what may be a task in a local variable of asyncio's own: itself, a set of them, a group of them."""
    if type(held) in (set, frozenset, list, tuple):
        return list(held)[:_MAX_BEHIND]
    if type(held) is asyncio.TaskGroup:
        return list(held._tasks)[:_MAX_BEHIND]
    return (held,)
