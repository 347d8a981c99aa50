"""Whether two outputs are the same: by their bytes, else by their records.

A process of its own (`python -m benchmarks.agree REFERENCE OTHER`), so that the one that measures stays small.
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import IO

csv.field_size_limit(sys.maxsize)
_RECORDS_UP_TO = 2_000_000_000  # bytes; a bigger output is compared by its bytes only


def agreement(reference: Path, other: Path) -> str:
    """`bytes`, `records` (same fields, same order), `any order`, or how many records differ."""
    if _hash(reference) == _hash(other):
        return "bytes"
    if other.stat().st_size > _RECORDS_UP_TO:
        return "other bytes"
    mine, theirs = _digests(reference), _digests(other)
    if mine == theirs:
        return "records"
    left, right = Counter(mine), Counter(theirs)
    differ = max((left - right).total(), (right - left).total())
    return f"{differ:,} of {len(mine):,} records differ" if differ else "any order"


def _opened(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return gzip.open(path)
    return path.open("rb")


def _hash(path: Path) -> bytes:
    with _opened(path) as file:
        return file_digest(file, "sha256").digest()  # type: ignore[arg-type]  # it only wants to read


def _digests(path: Path) -> list[bytes]:
    return [blake2b(repr(row).encode(errors="surrogatepass"), digest_size=8).digest() for row in _rows(path)]


def _rows(path: Path) -> Iterator[list[str]]:
    with _opened(path) as file, io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
        yield from csv.reader(text)


if __name__ == "__main__":
    print(agreement(*map(Path, sys.argv[1:])))
