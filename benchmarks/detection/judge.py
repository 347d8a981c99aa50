"""Whether a file is read as it was written: through csvapi's own reading, under the dialect that was detected."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from benchmarks.detection.made import BOM, Made, made
from csvapi.csvio import preview
from csvapi.csvio.detection import HEAD, detect
from csvapi.csvio.dialect import Dialect
from csvapi.errors import CsvapiError


@dataclass(frozen=True)
class Verdict:
    """`right` is all of it: the header record, what stands above it, and every field of the records.

    A wrong one is `unreadable` if the dialect it was written in does not give its fields either: then it is csvapi's
    reading that is at fault, not its detection.
    """

    seed: int
    kinds: tuple[str, ...]
    header: bool
    preamble: bool
    fields: bool
    confidence: float
    found: str
    unreadable: bool = False

    @property
    def right(self) -> bool:
        return self.header and self.preamble and self.fields


def judge(file: Made) -> Verdict:
    """One detection and one reading of the file; of a wrong one another, under the dialect it was written in."""
    verdict = _judge(file)
    return verdict if verdict.right else replace(verdict, unreadable=not _readable(file))


def _readable(file: Made) -> bool:
    try:
        return read(file, file.dialect)[1] == _records(file)
    except CsvapiError:
        return False


def _records(file: Made) -> list[list[str]]:
    return [list(row) for row in file.records]


def _judge(file: Made) -> Verdict:
    try:
        got = detect(file.content[:HEAD], file.content[-HEAD:], complete=len(file.content) <= HEAD)
        names, rows = read(file, got.dialect)
    except CsvapiError as error:
        return Verdict(file.seed, file.kinds, False, False, False, 0.0, str(error))
    dialect = got.dialect
    header = dialect.header == file.header and (not file.header or names == list(file.names))
    # with another header a record is one more or one less: the fields are right where the others are
    wanted = _records(file)
    fields = rows == wanted if dialect.header == file.header else _ends_alike(rows, wanted)
    return Verdict(file.seed, file.kinds, header, _same_preamble(file, dialect), fields, got.confidence, str(dialect))


def read(file: Made, dialect: Dialect) -> tuple[list[str], list[list[str]]]:
    """The column names and the records that csvapi reads under a dialect. Raises what reading raises."""
    with tempfile.NamedTemporaryFile(suffix=".csv") as target:
        path = Path(target.name)
        path.write_bytes(file.content)
        rows = [[cell for cell in row if cell is not None] for row in preview.text_rows(path, dialect)]
        return preview.header(path, dialect), rows


def _ends_alike(rows: list[list[str]], wanted: list[list[str]]) -> bool:
    count = min(len(rows), len(wanted))
    return count > 0 and rows[-count:] == wanted[-count:] and abs(len(rows) - len(wanted)) == 1


def _same_preamble(file: Made, dialect: Dialect) -> bool:
    """Whether the same rows are taken for the preamble; whether it holds a blank line more does not matter."""
    body = len(BOM.encode(file.encoding)) if file.bom else 0
    start = (len(BOM.encode(dialect.encoding)) if dialect.bom else 0) + dialect.preamble
    truth = body + len(file.preamble)
    between = file.content[min(start, truth) : max(start, truth)].decode(file.encoding, "replace")
    return not between.strip(BOM + "\r\n")


def evaluate(seeds: Sequence[int], processes: int) -> list[Verdict]:
    """A verdict on the file of each seed, from several processes."""
    with get_context("spawn").Pool(processes) as pool:
        return pool.map(_judged, seeds, chunksize=50)


def _judged(seed: int) -> Verdict:
    return judge(made(seed))
