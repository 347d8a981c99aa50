"""Where the records of an output begin, noted while they are written: nothing is read again for it.

Of a table that a gatherer writes nothing is noted: an index of these is made when one is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.csvio.dialect import Dialect
from csvapi.csvio.locations import start
from csvapi.csvio.row_index import EVERY, Bounds, Places, joined, write
from csvapi.csvio.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from csvapi.csvio.sink import Sink
    from csvapi.engines.local.range_result import Found
    from csvapi.engines.receipt import Receipt
    from csvapi.steps.mapping import Records


class WrittenRecords:
    """Writes records to a sink, and notes their `places` after those that are known; None as soon as they are not.

    Costs a few operations for each batch.
    """

    def __init__(self, sink: Sink | None, places: Places | None) -> None:
        self.sink, self.places = sink, places
        self._at = sink.position if sink else 0

    def write(self, records: Records) -> None:
        """Write some records. Raises what the sink does."""
        assert self.sink is not None  # noqa: S101  the pass that writes has one
        records.write_to(self.sink)
        if self.places is not None:
            self.note(len(records), records.lines)

    def note(self, records: int, lines: int) -> None:
        """So many records, which have so many lines, were written to the sink since the last call."""
        before, self._at = self._at, self.sink.position if self.sink else 0
        if self.places is not None:
            self.places.add(records, lines, self._at - before)


def places_of(found: Sequence[Found]) -> Places | None:
    """Those of the ranges of a pass together."""
    parts = [each.places for each in found if each.places is not None]
    return joined(parts) if len(parts) == len(found) else None


def single_lines(found: Sequence[Found], number: int) -> bool:
    """Whether the first pass, of which this is what it found, has seen that each record of a range is one line."""
    return bool(found) and found[number].census.lines == found[number].census.records


def write_index(target: Path, output: Path, receipt: Receipt, places: Places | None) -> None:
    """Write the index of an output; nothing where there is no need of one, or where the output is no CSV or holds
    anything besides the records whose places are known.

    Reads the head of the output.
    """
    form = receipt.output
    if places is None or places.records <= EVERY or form["format"] != "csv" or "parts" in form:
        return
    dialect = Dialect.from_json(form["dialect"])
    source, (_, first) = Source.open(output, dialect), start(output, dialect)
    if not source.trailing and first.byte + places.size + len(source.tail) == source.size:
        with output.open("rb") as file:
            bounds = Bounds(file.read(4), source.size, source.size, places.records)
        write(target, dialect, bounds, first, places)
