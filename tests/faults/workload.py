"""What the campaign works on: files, operations, and the bytes that must come out, by three lines of Python each."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MIB = 1 << 20
Lines = list[bytes]


def content(size: int, seed: int) -> bytes:
    """A file with many duplicates: `id,name,kind`, no quotes; the larger, the more often it repeats itself."""
    draw = random.Random(seed)
    rows = [b"%06d,name%04d,k%d\n" % (draw.randrange(10**6), draw.randrange(3000), n % 7) for n in range(20_000)]
    body = b"".join(rows)
    return b"id,name,kind\n" + body * max(1, size // len(body))


def _dedup(lines: Lines) -> Lines:
    return list(dict.fromkeys(lines))


def _unique(lines: Lines) -> Lines:
    first: dict[bytes, bytes] = {}
    for line in lines:
        first.setdefault(line.split(b",")[1], line)
    return list(first.values())


def _filter(lines: Lines) -> Lines:
    return [line for line in lines if line.endswith(b",k3\n") and b"name00" in line]


OPERATIONS: dict[str, tuple[dict[str, Any], Callable[[Lines], Lines]]] = {
    "dedup": ({}, _dedup),
    "unique": ({"column": "name"}, _unique),
    "filter": (
        {
            "filters": [
                {"column": "kind", "operator": "==", "value": "k3"},
                {"column": "name", "operator": "contains", "value": "name00"},
            ]
        },
        _filter,
    ),
}


@dataclass(frozen=True)
class Subject:
    """One file of the workload, and the SHA-256 of the result of every operation."""

    content: bytes
    sha256: str
    expected: dict[str, str]

    @classmethod
    def make(cls, size: int, seed: int) -> Subject:
        data = content(size, seed)
        head, *lines = data.splitlines(keepends=True)
        results = {name: _sha256(head + b"".join(model(lines))) for name, (_, model) in OPERATIONS.items()}
        return cls(data, _sha256(data), results)


def subjects(largest: int) -> list[Subject]:
    """Files that take milliseconds, and files that take long enough to be killed at."""
    return [Subject.make(size, seed) for seed, size in enumerate((1, MIB, MIB, largest // 4, largest // 2, largest))]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
