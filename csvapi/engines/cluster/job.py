"""A run on a cluster as its driver and the functions see it: what is to be done, and what stands in which object.

All of it lies below one prefix of the bucket. An object appears whole; the one that a function writes last is named
after what the function was given, so that who finds it need not do the work again:

    job                         what is to be done (`Job`), with the secret of the digests
    scan-<pass>/<start>-<stop>  keys, lengths and decisions of the records of one range, and a `Scanned`
    keys-<pass>                 where in these objects the keys of each partition are
    index-<pass>/<start>-<stop> keys of a range of a second file, with what stands for them, and an `Indexed`
    second-<pass>               its true ranges (`Ranges`)
    indexes-<pass>              where in these objects the keys of each partition are
    answer-<pass>/<partition>   what a second file has for the keys of each range, and an `Answered`
    answers-<pass>              where in these objects the answers to each range are
    matched-<pass>/<partition>  which of these keys of a second file the first one has, a byte for each
    rest/<start>-<stop>         what stands for a range of a second file in `part/rest-<start>-<stop>` (`Rest`)
    mark-<pass>/<partition>     which records go, by range, and a `Marked`
    marks-<pass>                where in these objects the records of each range are
    stayed-<pass>               how many records a keyed step left before each range
    ranges                      the true ranges, with records and lines before each (`Ranges`)
    part/, dropped/<start>-…    what one range leaves of the outputs
    gathered/<start>-<stop>     what a gatherer made of it, and a `Gathered`
    sorted/<start>-<stop>       its records in order, with their keys, and a `Sorted`
    slices/<slice>              where the records of a range of keys are in these objects (`SliceRow`)
    merged/<slice>              what stands for a range of keys in `part/<slice>` (`Merged`)
    decided/<start>-<stop>      the decisions about its records, for the reasons
    write/<start>-<stop>        what it counted (`Written`)
    reasons/<start>-<stop>      why its records went
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from csvapi.csvio.census import Census
    from csvapi.engines.local.range_result import Found
    from csvapi.engines.options import Options

Range = tuple[int, int]  # bytes of the file, from the start of a record to that of another


def packed_sizes(sizes: Iterable[int]) -> bytes:
    """Sizes as records have them that know one for each range or partition: 8 bytes each, as a driver has all of these
    records, and there may be millions of sizes."""
    return array("Q", sizes).tobytes()


def unpacked_sizes(data: bytes) -> memoryview:
    """The sizes, as integers."""
    return memoryview(data).cast("Q")


@dataclass(frozen=True)
class Source:
    """A file in the bucket, as it was when the run began."""

    key: str
    etag: str
    size: int
    dialect: dict[str, Any]


@dataclass(frozen=True)
class Spread:
    """How another file is read by many machines: a first guess of its ranges, and how many partitions of its keys there
    are."""

    bounds: tuple[Range, ...]
    partitions: int


@dataclass(frozen=True)
class Job:
    """`version` is csvapi's; `steps` are those of the whole pipeline, of which this does the `stage`, over a file whose
    `columns` are these, where they are not its header's; `size` is that of a range, of which `bounds` are the first
    guess; `asides` says whether dropped records and reasons are wanted. `shared` are those of the other files that no
    machine reads as a whole."""

    version: str
    source: Source
    steps: list[dict[str, Any]]
    stage: int
    columns: list[str] | None
    options: Options
    files: dict[Any, Source]
    secret: bytes
    partitions: int
    size: int
    bounds: tuple[Range, ...]
    asides: bool
    shared: dict[Any, Spread] = field(default_factory=dict)


@dataclass(frozen=True)
class Scanned:
    """What a range counted. Before it are, so many bytes each, the keys of each partition (see `native.marking`, and
    `ranking` for those with ranks, of which the longest takes `longest`), the planes of the records' lengths (see
    `lengths`) if the last pass needs them, and compressed decisions."""

    found: Found
    decisions: int
    keys: bytes
    lengths: tuple[int, ...] = ()
    longest: int = 0


@dataclass(frozen=True)
class Indexed:
    """What a range of a second file counted. Before it are, of each partition, entries and texts, so many bytes each
    (see `spill.native_index_writer`)."""

    census: Census
    sizes: bytes


@dataclass(frozen=True)
class Answered:
    """How many records of a partition of a second file repeat a key. Before it are, for each range, so many bytes of
    answers (see `spill.answers`)."""

    repeated: int
    sizes: bytes


@dataclass(frozen=True)
class Marked:
    """How many records of a partition go. Before it are, for each range, so many bytes of rows."""

    dropped: int
    rows: bytes


@dataclass(frozen=True)
class Written:
    """What a range counted, and what it left of the outputs, in bytes."""

    found: Found
    size: int
    dropped: int


@dataclass(frozen=True)
class Gathered:
    """What a gatherer has of a range, as a record. Before it are the files that this names, so many bytes each."""

    state: bytes
    names: tuple[str, ...]
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class Sorted:
    """The index of a sorted range. Before it are its records, `size` bytes with their keys; `keys` are those of the
    first ones of some pieces, which begin at the bytes `starts` (see `slices`)."""

    size: int
    longest: int
    keys: tuple[bytes, ...]
    starts: tuple[int, ...]
    counted: Any


@dataclass(frozen=True)
class Slice:
    """What a sorted range has of a range of keys: from a record between the bytes `start` and `inner` to one between
    `edge` and `stop`, the longest of `longest` bytes."""

    start: int
    inner: int
    edge: int
    stop: int
    longest: int


@dataclass(frozen=True)
class SliceRow:
    """A range of keys: its borders, the upper one None for the last, and what each sorted range has of it."""

    lower: tuple[bytes, int]
    upper: tuple[bytes, int] | None
    slices: tuple[Slice, ...]


@dataclass(frozen=True)
class Merged:
    """What a range of keys left of the output."""

    size: int


@dataclass(frozen=True)
class Rest:
    """How many records of a range of a second file no record of the first one matches, and their bytes."""

    records: int
    size: int


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


def number_of(job: Job, at: Range) -> int:
    """What a range is called where numbers are wanted: that of the first guess which begins there."""
    return 1 + bisect_left(job.bounds, at[:1])  # what range 0 gathers may stay in its process
