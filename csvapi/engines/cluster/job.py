"""A run on a cluster as its driver and the functions see it: what is to be done, and what stands in which object.

All of it lies below one prefix of the bucket. An object appears whole; the one that a function writes last is named
after what the function was given, so that who finds it need not do the work again:

    job                         what is to be done (`Job`), with the secret of the digests
    scan-<pass>/<start>-<stop>  keys and decisions of one range, and a `Scanned`
    keys-<pass>                 where in these objects the keys of each partition are
    mark-<pass>/<partition>     which records go, by range, and a `Marked`
    marks-<pass>                where in these objects the records of each range are
    ranges                      the true ranges, with records and lines before each (`Ranges`)
    part/, dropped/<start>-…    what one range leaves of the outputs
    gathered/<start>-<stop>     what a gatherer made of it, and a `Gathered`
    decided/<start>-<stop>      the decisions about its records, for the reasons
    write/<start>-<stop>        what it counted (`Written`)
    reasons/<start>-<stop>      why its records went
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from csvapi.engines.local.range_result import Found
    from csvapi.engines.options import Options

Range = tuple[int, int]  # bytes of the file, from the start of a record to that of another


@dataclass(frozen=True)
class Job:
    """`version` is csvapi's; `bounds` are the first guess of the ranges; `asides` says whether dropped records and
    reasons are wanted."""

    version: str
    key: str
    etag: str
    size: int
    dialect: dict[str, Any]
    steps: list[dict[str, Any]]
    options: Options
    secret: bytes
    partitions: int
    bounds: tuple[Range, ...]
    asides: bool


@dataclass(frozen=True)
class Scanned:
    """What a range counted. Before it are the keys of each partition, so many bytes, and compressed decisions."""

    found: Found
    decisions: int
    keys: tuple[int, ...]


@dataclass(frozen=True)
class Marked:
    """How many records of a partition go. Before it are, for each range, so many bytes of rows."""

    dropped: int
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Written:
    """What a range counted, and what it left of the outputs, in bytes."""

    found: Found
    size: int
    sha256: str
    dropped: int


@dataclass(frozen=True)
class Gathered:
    """What a gatherer has of a range, as a record. Before it are the files that this names, so many bytes each."""

    state: bytes
    names: tuple[str, ...]
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class Reasons:
    """How long the reasons of a range are, in bytes."""

    size: int


@dataclass(frozen=True)
class Ranges:
    """The ranges as a first pass proved them, with the records and physical lines before each; one more of both."""

    bounds: tuple[Range, ...]
    rows: tuple[int, ...]
    lines: tuple[int, ...]


def named(at: Range) -> str:
    """The name of what belongs to a range."""
    return f"{at[0]}-{at[1]}"
