"""Lines of the source, found in its text: by the comment that marks one, or by what it calls."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
_EXAMPLES: Final = _HERE.parents[1] / "examples"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Place:
    """A statement: its function, its file as the server imports it, its first line and its last."""

    function: str
    file: str
    first: int
    last: int

    def __str__(self) -> str:
        lines = str(self.first) if self.first == self.last else f"{self.first}…{self.last}"
        return f"{Path(self.file).name}:{lines} {self.function}"


def marked(module: str, marker: str) -> Place:
    """
    Return the statement of a module of this package that has a comment: ``# hangs: MARKER``.

    Raises:
        ValueError: There is none, or there are several.
    """
    path = _HERE / f"{module}.py"
    text = path.read_text("utf-8")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.endswith(f"  # hangs: {marker}")]
    return _only(
        path, f"scenarios/hangs/{module}.py", lambda node: isinstance(node, ast.stmt) and node.lineno in lines
    )


def calling(file: str, call: str) -> Place:
    """
    Return the statement of the example that calls something.

    Args:
        file: Of the example, such as ``callback/faults.py``.
        call: As it is written there, without its arguments.

    Raises:
        ValueError: Nothing there calls it, or several do.
    """
    return _only(_EXAMPLES / file, file, lambda node: isinstance(node, ast.Call) and ast.unparse(node.func) == call)


def _only(path: Path, file: str, wanted: Callable[[ast.AST], bool]) -> Place:
    found = list(_places(ast.parse(path.read_text("utf-8")), "", file, wanted))
    if len(found) != 1:
        raise ValueError(f"{len(found)} such lines in {path}")
    return found[0]


def _places(node: ast.AST, inside: str, file: str, wanted: Callable[[ast.AST], bool]) -> Iterator[Place]:
    """Yield the wanted nodes below *node*, each with the qualified name of the function that it stands in."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield from _places(child, f"{inside}{child.name}.<locals>.", file, wanted)
        elif isinstance(child, ast.ClassDef):
            yield from _places(child, f"{inside}{child.name}.", file, wanted)
        elif wanted(child) and isinstance(child, ast.stmt | ast.expr):
            yield Place(inside.removesuffix(".<locals>."), file, child.lineno, _last_line(child))
        else:
            yield from _places(child, inside, file, wanted)


def _last_line(node: ast.stmt | ast.expr) -> int:
    """Return where a statement ends; what enters a block, before the block."""
    if isinstance(node, ast.With | ast.AsyncWith):
        node = node.items[-1].context_expr
    return node.end_lineno or node.lineno
