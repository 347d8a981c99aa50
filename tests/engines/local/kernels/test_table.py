"""Tables say of a block what the csv module says, and are made of the blocks they are meant for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.csvio.census import Counter
from csvapi.csvio.dialect import Dialect
from csvapi.csvio.pieces import Piece, pieces, portions
from csvapi.csvio.preview import head
from csvapi.csvio.source import Source
from csvapi.csvio.wire import Wire
from csvapi.engines.local.kernels.table import Table
from csvapi.engines.local.kernels.tables import Tables
from tests.engines.files import texts
from tests.engines.running import reused

if TYPE_CHECKING:
    from pathlib import Path

simple = st.builds(
    Dialect,
    delimiter=st.sampled_from(",;x"),
    quote=st.sampled_from(['"', '"', "'", ""]),
    double_quote=st.sampled_from([True, True, False]),
    header=st.booleans(),
    encoding=st.sampled_from(["utf-8", "latin-1", "cp1252"]),
)
Record = tuple[bytes, bytes, list[bytes], int]  # raw, key, fields, row


def whole(piece: Piece | Table) -> list[Record]:
    block = piece.block if isinstance(piece, Piece) else piece.block(np.arange(len(piece)))
    fields = [block.fields(number) for number in range(len(block))]
    return list(zip(block.raw, block.keys(None), fields, block.rows, strict=True))


def by_span(table: Table) -> list[list[bytes]]:
    """The fields of all records, column by column."""
    records = np.arange(len(table))
    columns = (table.cells(column, records) for column in range(table.ends.shape[1]))
    return [list(row) for row in zip(*columns, strict=True)]


def keys(table: Table) -> list[bytes]:
    """The keys of all records: of those that are not odd from the text without quotes."""
    odd = table.odd(np.arange(len(table)))
    text, starts, lengths = table.unquoted(np.flatnonzero(~odd))
    plain = iter([text[begin : begin + size] for begin, size in zip(starts.tolist(), lengths.tolist(), strict=True)])
    others = iter(table.keys(np.flatnonzero(odd)))
    return [next(others if is_odd else plain) for is_odd in odd.tolist()]


@reused
@given(
    data=st.data(),
    dialect=simple,
    times=st.sampled_from([1, 50]),
    size=st.sampled_from([1, 3, 30, 200, 1000]),
    sparse=st.sampled_from([1, 8, 64]),
)
def test_tables_are_blocks(
    tmp_path: Path, data: st.DataObject, dialect: Dialect, times: int, size: int, sparse: int
) -> None:
    path = tmp_path / "in"
    path.write_bytes(data.draw(texts(dialect)).encode(dialect.encoding) * times)
    source = Source.open(path, dialect)
    first = head(source)
    counter = Counter(source, first)
    tables = Tables(source.wire, len(first.columns), counter.decodes, counter.repeats_header, sparse)
    start, line = first.start, first.line
    expected = [record for piece in pieces(source, start, source.size) for record in whole(piece)]
    found: list[Record] = []
    position = start
    for piece in portions(source, start, source.size, line=line, size=size, quick=tables.take):
        if isinstance(piece, Table):
            assert piece.position == position
            assert piece.stops.tolist() == np.cumsum([len(raw) for raw, *_ in whole(piece)]).tolist()
            assert by_span(piece) == [fields for _, _, fields, _ in whole(piece)]
            assert keys(piece) == [key for _, key, *_ in whole(piece)]
            assert piece.lines == sum(len(raw.splitlines()) for raw, *_ in whole(piece))
        found += whole(piece)
        position += piece.size
    assert found == expected


LINES = {
    "plain": ["1,a,b", "2,c,"],
    "crlf": ["1,a,b\r", "2,c,\r"],
    "quoted": ['"1","a","b"', '"2","","d"'],
    "text quoted": ['1,"a","b"', '2,"",""'],
    "few quoted": ["1,{},b".format("a" * 400), '2,"c","d"'],
    "hidden": ['"1","a,b","c"', "2,d,e", '3,"two\nlines",f', '4,"say ""g""",h'],
}


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("ended", [True, False])
def test_tables_are_made(name: str, ended: bool) -> None:
    data = "\n".join(LINES[name] * 10).encode() + (b"\n" if ended else b"")
    if not ended and data.endswith(b"\r"):
        data = data[:-1]
    tables = Tables(Wire.of(Dialect()), 3, lambda _: True, lambda _: False)
    table = tables.take(data, 0, 0, final=True)
    assert table is not None
    assert (len(table), tables.taken, tables.left) == (10 * len(LINES[name]), 1, 0)
    records = np.arange(len(table))
    assert table.odd(records).any() == (name in ("hidden", "few quoted"))
    assert not table.odd(records[1::4], [0]).any()


@pytest.mark.parametrize(
    "data", [b"1,2,3\n1,2\n", b"\n1,2,3\n", b"1,2,3\r4,5,6\n", b"1,2,\0\n", b'1,2,"\n', b'1,2",3\n', b'1,"2" ,3\n']
)
def test_anything_else_is_left(data: bytes) -> None:
    tables = Tables(Wire.of(Dialect()), 3, lambda _: True, lambda _: False)
    assert tables.take(data, 0, 0, final=True) is None
    assert (tables.taken, tables.left) == (0, 1)
