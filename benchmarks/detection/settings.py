"""What a run may choose, from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field


def _number(name: str, default: int) -> int:
    return int(os.environ.get(name) or default)


@dataclass(frozen=True)
class Settings:
    """Each field is an environment variable of the name in benchmarks/README.md."""

    files: int = field(default_factory=lambda: _number("DETECT_FILES", 20_000))
    seed: int = field(default_factory=lambda: _number("DETECT_SEED", 0))
    peers: int = field(default_factory=lambda: _number("DETECT_PEERS", 1000))
    processes: int = field(default_factory=lambda: _number("DETECT_PROCESSES", 2))
    wrong: int = field(default_factory=lambda: _number("DETECT_WRONG", 0))
    docs: bool = field(default_factory=lambda: bool(os.environ.get("DETECT_DOCS")))

    @property
    def command(self) -> str:
        chosen = [f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith("DETECT_")]
        return " ".join(["make detect-eval", *(item for item in chosen if not item.startswith("DETECT_DOCS"))])
