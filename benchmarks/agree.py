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
_PARQUET = b"PAR1"
_RECORDS_UP_TO = 2_000_000_000  # bytes; a bigger output is compared by its bytes only


def agreement(reference: Path, other: Path) -> str:
    """`bytes`, `records` (same fields, same order), `numbers` (the same, numbers to nine digits), `any order`, or how
    many records differ.

    An output that lacks columns of the reference or has its own is a table of figures: the columns that both have are
    compared and named, numbers to nine digits.
    """
    if _hash(reference) == _hash(other):
        return "bytes"
    if _begins(reference) == _PARQUET:
        return _tables(reference, other)
    if other.stat().st_size > _RECORDS_UP_TO:
        return "other bytes"
    both = _both(reference, other)
    mine, theirs = _digests(reference, both), _digests(other, both)
    of = f", of {' '.join(both)}" if both else ""
    if mine == theirs:
        return f"records{of}"
    if not both and _in_numbers(reference, other):
        return "numbers"
    left, right = Counter(mine), Counter(theirs)
    differ = max((left - right).total(), (right - left).total())
    return f"{differ:,} of {len(mine):,} records differ{of}" if differ else f"any order{of}"


def _tables(reference: Path, other: Path) -> str:
    """As `agreement`, of Parquet files."""
    import polars  # of the benchmarks alone

    same = polars.read_parquet(reference).equals(polars.read_parquet(other))
    return "records" if same else "other records"


def _in_numbers(reference: Path, other: Path) -> bool:
    """Whether tables of the same columns are the same when numbers count to nine digits."""
    names = next(_rows(reference), [])
    if not names or names != next(_rows(other), []):
        return False
    return _digests(reference, names) == _digests(other, names)


def _both(reference: Path, other: Path) -> list[str]:
    """The columns that both have, in the order of the reference; none where they all are the same."""
    mine, theirs = next(_rows(reference), []), next(_rows(other), [])
    return [name for name in mine if name in theirs] if set(mine) != set(theirs) else []


def _opened(path: Path) -> IO[bytes] | gzip.GzipFile:
    if path.suffix == ".gz":
        return gzip.open(path)
    return path.open("rb")


def _begins(path: Path) -> bytes:
    with _opened(path) as file:
        return file.read(len(_PARQUET))


def _hash(path: Path) -> bytes:
    with _opened(path) as file:
        return file_digest(file, "sha256").digest()  # type: ignore[arg-type]  # it only wants to read


def _digests(path: Path, names: list[str]) -> list[bytes]:
    rows = _figures(_rows(path), names) if names else _rows(path)
    return [blake2b(repr(row).encode(errors="surrogatepass"), digest_size=8).digest() for row in rows]


def _figures(rows: Iterator[list[str]], names: list[str]) -> Iterator[list[str]]:
    header = next(rows)
    places = [header.index(name) for name in names]
    return ([_figure(row[place]) for place in places] for row in rows)


def _figure(cell: str) -> str:
    """A number to nine digits, as every system writes its sums and means in its own way."""
    try:
        return f"{float(cell):.9g}"
    except ValueError:
        return cell


def _rows(path: Path) -> Iterator[list[str]]:
    with _opened(path) as file, io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
        yield from csv.reader(text)


if __name__ == "__main__":
    print(agreement(*map(Path, sys.argv[1:])))
