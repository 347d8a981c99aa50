"""Short records made as wide as the header (`on_ragged: pad`), their own bytes kept wherever that is possible."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from csvapi.csvio.blocks import Block
from csvapi.csvio.records import read, unmarked
from csvapi.errors import InvalidInput

if TYPE_CHECKING:
    from csvapi.csvio.wire import Wire


def padded(block: Block, ragged: list[int], width: int) -> Block:
    """The block with empty fields added to its short records; a long record stays as it is."""
    raw, plain, odd = block.raw.copy(), block.plain.copy(), block.odd.copy()
    for index in ragged:
        fields = block.fields(index)
        if len(fields) < width:
            full = fields + [b""] * (width - len(fields))
            raw[index] = _longer(raw[index], full, width - len(fields), block.wire)
            if index in odd:
                odd[index] = full
            else:
                plain[index] = block.wire.delimiter.join(full)
    return Block(block.wire, raw, plain, block.rows, odd)


def _longer(record: bytes, fields: list[bytes], missing: int, wire: Wire) -> bytes:
    """The record with delimiters behind it or, where these would be part of its last field, written anew."""
    body = record.rstrip(b"\r\n")
    line_end = record[len(body) :]
    longer = body + wire.delimiter * missing + line_end
    done = read(longer, wire, len(fields))
    if len(done.units) == 1 and (done.odd.get(0) or done.plain[0].split(wire.delimiter)) == fields:
        return longer
    try:
        return record[: unmarked(record, 0, wire)] + wire.write([fields], line_end.decode() or None)[0]
    except csv.Error as error:
        shown = record[:80].decode(wire.inner, "replace")
        detail = f"on_ragged: the record {shown!r} cannot be padded, since this dialect has no way to write its quotes."
        raise InvalidInput(detail, pointer="/on_ragged") from error
