"""Methods of libraries, replaced while wxtrace records."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

Method = Any
"""A function, or a `classmethod`, as it lies in its class."""

_log = logging.getLogger("wxtrace")


@dataclass(frozen=True, slots=True)
class Hook:
    """
    One method to replace.

    Args:
        module: Where its class is.
        owner: The class.
        method: The method, of this class itself.
        wrap: Given the method, returns what stands in its place.
        needs: Attributes of the class without which it is left alone.
        library: What loads *module* only when it is first used; where it is imported, *module* is too.
    """

    module: str
    owner: str
    method: str
    wrap: Callable[[Method], Method]
    needs: tuple[str, ...] = ()
    library: str = ""

    def place(self, *, imports: bool = True) -> Placed | None:
        """
        Replace it.

        Args:
            imports: Import the module, if its library is imported.

        Returns:
            None where the library is not imported.

        Raises:
            AttributeError: It is not as we know it.
        """
        if imports and self.library in sys.modules:
            import_module(self.module)
        if (module := sys.modules.get(self.module)) is None:
            return None
        owner = getattr(module, self.owner)
        missing = [name for name in self.needs if not hasattr(owner, name)]
        if self.method not in vars(owner) or missing:
            raise AttributeError(f"no {' and no '.join(missing or [self.method])}")
        plain = vars(owner)[self.method]
        ours = self.wrap(plain)
        setattr(owner, self.method, ours)
        return Placed(owner, self.method, plain, ours)


@dataclass(frozen=True, slots=True)
class Placed:
    """A method that has been replaced."""

    owner: Any
    method: str
    plain: Method
    ours: Method

    def remove(self) -> bool:
        """Put the method back; False where somebody has put another over ours."""
        if self.owner.__dict__.get(self.method) is not self.ours:
            return False
        setattr(self.owner, self.method, self.plain)
        return True


class Hooks:
    """All hooks of this process, and those that are in place."""

    def __init__(self, hooks: Iterable[Hook]) -> None:
        self._hooks: Final = tuple(hooks)
        self._placed: Final[dict[Hook, Placed]] = {}
        self._told: Final[set[Hook]] = set()
        self._turn = threading.Lock()

    def after_fork(self) -> None:
        """In the child: nobody else places hooks."""
        self._turn = threading.Lock()

    def place(self, *, imports: bool = True) -> None:
        """
        Place those whose libraries are imported by now; never raises, never waits. What is in place stays so.

        Args:
            imports: Import modules of theirs for it. A thread of ours must not: the lock of a module that it
                imports while the app forks is held in the child for ever.
        """
        if self._turn.acquire(blocking=False):
            try:
                self._place(imports)
            finally:
                self._turn.release()

    def _place(self, imports: bool) -> None:
        for hook in self._hooks:
            if hook in self._placed:
                continue
            try:
                placed = hook.place(imports=imports and hook not in self._told)
            except Exception as error:
                self._tell(hook, error)
                continue
            if placed is not None:
                self._placed[hook] = placed

    def _tell(self, hook: Hook, error: Exception) -> None:
        if hook not in self._told:
            self._told.add(hook)
            _log.debug("wxtrace: no hook at %s.%s.%s: %r", hook.module, hook.owner, hook.method, error)

    def remove(self) -> None:
        """Remove them; one that somebody has put another over stays, and does nothing while nothing is recorded."""
        with self._turn:
            for hook, placed in tuple(self._placed.items()):
                if placed.remove():
                    del self._placed[hook]

    @property
    def placed(self) -> tuple[str, ...]:
        """The methods that are replaced, as ``Class.method``."""
        return tuple(f"{hook.owner}.{hook.method}" for hook in self._placed)
