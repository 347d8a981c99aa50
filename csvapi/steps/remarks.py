"""What a step could not do with the cells it met: counted as it runs, located by the engine, reported as a warning.

A built step that has something to report holds `Remark` objects in its list `remarks`. While it looks at a batch, it
adds what it finds, with the row of the first one:

    self.remarks = [Remark("not_comparable", self._describe, column="price")]
    ...
    bad = [index for index, cell in enumerate(cells) if number(cell) is None]
    self.remarks[0].add(len(cells), len(bad), [(batch.rows[index], cells[index]) for index in bad[:1]])

The engine starts each range and pass with empty remarks, adds line and byte after each batch, joins what the ranges
found in the order of the file, and asks `describe` for the words once, at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from csvapi.csvio.data_warnings import DataWarning, shown

if TYPE_CHECKING:
    from csvapi.csvio.batch import Cell
    from csvapi.csvio.byte_dialect import ByteDialect


@dataclass(slots=True)
class Spot:
    """A record: its row from 0 in its range (as batches count), the cell in question; line and byte once known."""

    row: int
    value: Cell = None
    line: int | None = None
    byte: int | None = None


@dataclass(slots=True)
class Sighting:
    """How often something was met, among how many cells, and where first; a plain value that can be sent to another
    process."""

    count: int = 0
    of: int = 0
    spots: list[Spot] = field(default_factory=list)

    def join(self, after: Sighting, rows: int, lines: int, most: int) -> None:
        """Add what a later range found; `rows` records and `lines` lines of the file come before that range."""
        self.count += after.count
        self.of += after.of
        for spot in after.spots[: most - len(self.spots)]:
            line = None if spot.line is None else spot.line + lines
            self.spots.append(replace(spot, row=spot.row + rows, line=line))


Describe = Callable[["Sighting"], tuple[str, str | None]]


@dataclass(slots=True)
class Remark:
    """One thing that may be met: its code, what is said of it (detail and hint), and at most `most` first places."""

    code: str
    describe: Describe
    column: str | None = None
    most: int = 1
    seen: Sighting = field(default_factory=Sighting)

    def add(self, of: int, count: int, first: Iterable[tuple[int, Cell]]) -> None:
        """`of` cells were looked at, `count` of them met it, the `first` of these in these rows (as batches count)."""
        seen = self.seen
        seen.of += of
        seen.count += count
        if count and (len(seen.spots) < self.most or seen.spots[-1].line is None):
            seen.spots += [Spot(row, cell) for row, cell in first]
            seen.spots.sort(key=lambda spot: spot.row)
            del seen.spots[self.most :]

    def reset(self) -> None:
        """Forget what was seen, at the beginning of a range and pass."""
        self.seen = Sighting()

    def reported(self) -> Sighting:
        """What the warning is about: all that was seen."""
        return self.seen

    def warning(self, step: int, byte_dialect: ByteDialect, *, located: bool) -> DataWarning | None:
        """The warning for step number `step`; None if nothing was met. Not `located`, places are those of an earlier
        step's output, which has no lines and bytes that a person could look up."""
        seen = self.reported()
        if not seen.count:
            return None
        detail, hint = self.describe(seen)
        detail += "" if located or not seen.spots else "; the row is one of the table that an earlier step wrote"
        spot = seen.spots[0] if seen.spots else None
        value = None if spot is None or spot.value is None else shown(spot.value.decode(byte_dialect.inner, "replace"))
        return DataWarning(
            self.code,
            detail,
            step=step,
            column=self.column,
            count=seen.count,
            of=seen.of or None,
            row=spot.row + 1 if spot else None,
            line=spot.line if spot and located else None,
            byte=spot.byte if spot and located else None,
            value=value,
            hint=hint,
        )


@dataclass(slots=True)
class Throughout(Remark):
    """A remark that is worth a warning only if all that was looked at met it."""

    def reported(self) -> Sighting:
        """See `Remark.reported`."""
        return self.seen if self.seen.count == self.seen.of else Sighting()
