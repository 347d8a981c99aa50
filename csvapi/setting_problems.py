"""What may be wrong with a setting."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a variable, and what to do; a `weak` one is allowed in development."""

    name: str
    says: str
    weak: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.says}"
