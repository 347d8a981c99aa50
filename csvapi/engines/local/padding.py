"""Short records made as wide as the header (`on_ragged: pad`), their own bytes kept wherever that is possible."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csvapi.csvio.batch import Batch
from csvapi.csvio.parsed_batch import ParsedBatch
from csvapi.csvio.records import read, unmarked
from csvapi.errors import InvalidInput
from csvapi.steps.growth import Bound, Part

if TYPE_CHECKING:
    from csvapi.csvio.byte_dialect import ByteDialect


@dataclass(frozen=True)
class Padding:
    """Adds empty fields to the records of the `ragged` rows that are short; a long record stays as it is."""

    ragged: frozenset[int]
    width: int
    limit: int

    def map(self, batch: Batch) -> Batch:
        """The first records of the batch, as many as fit into a part."""
        part = Part(Bound(self.limit, "/on_ragged"))
        raw, line_texts, parsed_fields = list[bytes](), list[bytes](), dict[int, list[bytes]]()
        for index, row in enumerate(batch.rows):
            fields = batch.fields(index) if row in self.ragged else []
            missing = max(0, self.width - len(fields)) if fields else 0
            if not part.takes(len(batch.raw[index]) + missing * len(batch.byte_dialect.delimiter), row):
                break
            full = fields + [b""] * missing
            raw.append(_longer(batch.raw[index], full, missing, batch.byte_dialect) if missing else batch.raw[index])
            line_texts.append(batch.byte_dialect.delimiter.join(full) if missing else batch.line_texts[index])
            if index in batch.parsed_fields:
                parsed_fields[index] = full if missing else batch.parsed_fields[index]
        return ParsedBatch(batch.byte_dialect, raw, line_texts, batch.rows[: part.count], parsed_fields)


def _longer(record: bytes, fields: list[bytes], missing: int, byte_dialect: ByteDialect) -> bytes:
    """The record with delimiters appended or, where these would become part of its last field, written anew."""
    body = record.rstrip(b"\r\n")
    line_end = record[len(body) :]
    longer = body + byte_dialect.delimiter * missing + line_end
    done = read(longer, byte_dialect, len(fields))
    if (
        len(done.units) == 1
        and (done.parsed_fields.get(0) or done.line_texts[0].split(byte_dialect.delimiter)) == fields
    ):
        return longer
    try:
        return record[: unmarked(record, 0, byte_dialect)] + byte_dialect.write([fields], line_end.decode() or None)[0]
    except csv.Error as error:
        shown = record[:80].decode(byte_dialect.inner, "replace")
        detail = f"on_ragged: the record {shown!r} cannot be padded, since this dialect has no way to write its quotes."
        raise InvalidInput(detail, pointer="/on_ragged") from error
