"""One pass over one range, by tables wherever a block gives one. Memory: a few blocks, of many times the size."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from csvapi.csvio.disk import disk_budget
from csvapi.csvio.pieces import Piece, portions
from csvapi.engines.local.kernels.choosing import choose
from csvapi.engines.local.kernels.digests import Digester, joined
from csvapi.engines.local.kernels.quotes import Places
from csvapi.engines.local.kernels.spill import DigestSink
from csvapi.engines.local.kernels.table import Table
from csvapi.engines.local.kernels.tables import Tables
from csvapi.engines.local.processes import WrongCut
from csvapi.engines.local.range_pass import RangePass
from csvapi.steps.keyed import SAMPLE, Keyed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from csvapi.engines.local.decisions import Fates
    from csvapi.operations.filter import Filter

BLOCKS, KEYED = 8, 16  # blocks at once: more share what NumPy takes to begin, and take more memory


@dataclass
class TablePass(RangePass):
    """Counts in `tables.taken` and `tables.left` what it could do by tables."""

    secret: bytes = b""

    def _key_sink(self) -> closing[DigestSink]:  # type: ignore[override]  # it is used in the same way
        digester = Digester(self.secret)
        return closing(DigestSink(self.workspace, self.end - 1, self.number, self.partitions, digester))

    def _pieces(self) -> Iterator[Piece | Table]:  # type: ignore[override]  # `_piece` takes both
        source, options = self.plan.source, self.options
        self.tables = Tables(source.wire, self.counter.width, self.counter.decodes, self.counter.repeats_header)
        size, limit = options.block_size * (KEYED if self.keys else BLOCKS), options.max_record
        for portion in portions(source, *self.bounds, line=self.line, size=size, limit=limit, quick=self.tables.take):
            if isinstance(portion, Piece) and portion.cut.unclosed is not None and self.bounds[1] < source.size:
                raise WrongCut
            yield portion

    def _piece(self, piece: Piece | Table, fates: Fates) -> None:
        if isinstance(piece, Table):
            self._table(piece, fates)
        else:
            super()._piece(piece, fates)

    def _locate(self, piece: Piece | Table) -> None:
        if isinstance(piece, Piece):
            super()._locate(piece)
            return
        for remark in self._remarks():
            for spot in remark.seen.spots:
                if spot.line is None:
                    begin = piece.begin(spot.row - piece.row)
                    spot.line = self.line + piece.text.count(b"\n", 0, begin)
                    spot.byte = piece.position + begin
        self.line += piece.lines

    def _count_bytes(self, piece: Piece | Table) -> None:
        parser = "csv" if isinstance(piece, Piece) else "kernels"
        self.found.read[parser] = self.found.read.get(parser, 0) + piece.size

    def _table(self, table: Table, fates: Fates) -> None:
        marks = fates.read(table.row, len(table))
        if self.begin == 0:
            self.counter.census.records += len(table)
            self.counter.census.lines += table.lines
        alive = np.flatnonzero(np.frombuffer(marks, np.uint8) == 0)
        for number in range(self.begin and self.begin - 1, self.end):
            alive = self._step(number, table, alive, marks)
        fates.write(table.row, marks)
        if self.stops:
            with disk_budget(8 * len(table)):
                (table.stops + table.position).tofile(self.stops)
        if self.keys:
            self._add_keys(table, alive)
            return
        self.found.kept += len(alive)
        self._copy(table, alive)

    def _step(self, number: int, table: Table, alive: Places, marks: bytearray) -> Places:
        if self.plan.steps[number].traits.keyed:
            if number == self.begin - 1:
                self._sample(number, table.block(alive[:SAMPLE]))
            return alive
        if number < self.begin:
            return alive
        step = cast("Filter", self.plan.built[number])
        codes = [self.plan.code(number, reason) for reason in range(len(step.reasons))]
        stays = choose(step, table, alive, marks if self.remember or self.dropped else None, codes)
        count = self.found.counts[number]
        count.records_in += len(alive)
        count.kept += len(stays)
        return stays

    def _add_keys(self, table: Table, alive: Places) -> None:
        built = cast("Keyed", self.plan.built[self.end - 1])
        sink = cast("DigestSink", self.keys)
        self.found.counts[self.end - 1].records_in += len(alive)
        is_odd = table.odd(alive, built.positions)
        plain, odd = alive[~is_odd], alive[is_odd]
        if built.positions is None:
            spans = table.unquoted(plain)
        elif len(built.positions) == 1:
            first, last = table.span(built.positions[0], plain)
            spans = table.text, first, last - first
        else:
            spans = joined(table, built.positions, plain)
        digests = sink.digester.of_spans(*spans)
        filled = spans[2] != len(built.empty[0])  # an empty key is all delimiters, and any other one is longer
        for remark in built.remarks[:1]:
            empty = plain[~filled]
            remark.add(len(plain), len(empty), [(table.row + each, None) for each in empty[:2].tolist()])
        if len(odd):
            keys = table.keys(odd) if built.positions is None else built.keys(table.block(odd))
            built.see(keys, (odd + table.row).tolist())
            filled = np.append(filled, [not built.is_empty(key) for key in keys])
            more = sink.digester.of_keys(keys)
            alive = np.concatenate((plain, odd))
            order = np.argsort(alive, kind="stable")  # who is first depends on it
            first, second = (np.concatenate(both)[order] for both in zip(digests, more, strict=True))
            alive, digests, filled = alive[order], (first, second), filled[order]
        if built.keeps_empty:
            alive, digests = alive[filled], (digests[0][filled], digests[1][filled])
        sink.add_digests(digests, (alive + table.row).astype(np.uint32))

    def _copy(self, table: Table, records: Places) -> None:
        """Write `records`, those that lie together at once, and what lies between them to the dropped ones."""
        breaks = np.flatnonzero(np.diff(records) != 1) + 1
        begins = np.concatenate(([0], table.stops))[records[np.concatenate(([0], breaks))]] if len(records) else records
        ends = table.stops[records[np.concatenate((breaks - 1, [-1]))]] if len(records) else records
        if self.output:
            self.output.write_all(_slices(table.text, begins, ends))
        if self.dropped and len(records) < len(table):
            begins, ends = np.concatenate(([0], ends)), np.concatenate((begins, [table.size]))
            self.dropped.write_all(_slices(table.text, begins[begins < ends], ends[begins < ends]))


def _slices(text: bytes, begins: Places, ends: Places) -> list[bytes]:
    return [text[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)]
