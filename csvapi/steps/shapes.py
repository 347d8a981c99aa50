"""Values by their shape, in which each digit is a 0: what values of one shape have in common is found out once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DIGITS = str.maketrans(dict.fromkeys("123456789", "0"))


@dataclass
class Shaped:
    """Values with how often each occurs."""

    counted: Mapping[str, int]

    @cached_property
    def groups(self) -> dict[str, list[str]]:
        """The values of each shape."""
        shapes = "\n".join(self.counted).translate(_DIGITS).split("\n")
        if len(shapes) != len(self.counted):  # some have a line end
            shapes = [text.translate(_DIGITS) for text in self.counted]
        found: dict[str, list[str]] = {}
        for shape, text in zip(shapes, self.counted, strict=True):
            found.setdefault(shape, []).append(text)
        return found

    @cached_property
    def total(self) -> int:
        """How many cells they are."""
        return sum(self.counted.values())

    def count(self, texts: Iterable[str]) -> int:
        """How many cells have these values."""
        return sum(map(self.counted.__getitem__, texts))
