"""Parts of a picture: one that cannot be had costs itself alone, and is told as missed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Parts:
    """
    Takes the parts of a picture.

    Args:
        missed: What is missed already; what is missed from now on is put to it, a short phrase each.
    """

    __slots__ = ("missed",)

    def __init__(self, missed: list[str]) -> None:
        self.missed = missed

    def take(self, name: str, instead: T, look: Callable[[], T]) -> T:
        """
        Return what *look* does.

        Args:
            name: What it is called where it is missed.
            instead: Returned where *look* raises.
        """
        try:
            return look()
        except Exception as error:
            self.missed.append(f"{name}: {type(error).__name__}")
            return instead
