"""The two parsers read the same records, whichever of them a stretch of the file goes to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.csvio.native_parser import NativeParser
from csvapi.csvio.parsing import CsvParser
from csvapi.csvio.preview import head
from csvapi.csvio.reading import read_batches, read_parsed
from csvapi.csvio.source import Source
from csvapi.native.keys import DIGEST, digests_of, new_secret
from tests.engines.files import dialects, texts
from tests.engines.running import reused

if TYPE_CHECKING:
    from csvapi.csvio.parsing import LocatedBatch

UTF8 = Dialect()
CLEAN = b"id,name,note\n" + b"".join(b'%d,"name, %d",plain\n' % (n, n) for n in range(5_000))


def both(path: Path, dialect: Dialect, size: int = 4096) -> tuple[list[tuple[object, ...]], dict[str, int]]:
    """What the native parser, helped by the csv module, makes of a file's data; and the bytes each of them took."""
    source = Source.open(path, dialect)
    first = head(source)
    native = NativeParser.of(source.byte_dialect, len(first.columns), 2 * size, 1 << 24)
    csv = CsvParser(source, 1 << 24, patient=native is None)
    parsers = [native, csv] if native else [csv]
    seen: list[tuple[object, ...]] = []
    taken = {"native": 0, "csv": 0}
    for found in read_batches(source, first.start, source.size, parsers, line=first.line, size=size):
        seen += records(found, len(first.columns))
        taken[found.parser] += found.size
    return seen, taken


def alone(path: Path, dialect: Dialect) -> list[tuple[object, ...]]:
    """What the csv module makes of it."""
    source = Source.open(path, dialect)
    first = head(source)
    return [
        record
        for found in read_parsed(source, first.start, source.size, line=first.line, size=4096)
        for record in records(found, len(first.columns))
    ]


def records(found: LocatedBatch, width: int) -> list[tuple[object, ...]]:
    """Each record by everything that can be asked about it."""
    batch = found.batch
    columns = [batch.column(position) for position in range(width)]
    return list(
        zip(
            batch.rows,
            batch.raw,
            map(batch.fields, range(len(batch))),
            zip(*columns, strict=True) if columns else batch.rows,
            batch.keys(None),
            batch.widths(),
            found.lengths(),
            map(found.where, range(len(batch))),
            strict=True,
        )
    )


def written(folder: Path, data: bytes) -> Path:
    path = folder / "in.csv"
    path.write_bytes(data)
    return path


@reused
@given(data=st.data(), dialect=dialects)
def test_both_ways_read_the_same_records(tmp_path: Path, data: st.DataObject, dialect: Dialect) -> None:
    text = data.draw(texts(dialect))
    path = written(tmp_path, text.encode(dialect.encoding))
    assert both(path, dialect, size=data.draw(st.sampled_from([64, 4096])))[0] == alone(path, dialect)


def test_a_clean_file_is_the_kernels_alone(tmp_path: Path) -> None:
    path = written(tmp_path, CLEAN)
    seen, taken = both(path, UTF8)
    assert taken == {"native": len(CLEAN) - len(b"id,name,note\n"), "csv": 0}
    assert seen == alone(path, UTF8)


@pytest.mark.parametrize(
    "odd",
    [
        b'1,"a"b,c\n',
        b"1,2\n",
        b"\n",
        b"1,a\0,c\n",
        b"1,\xff,c\n",
        b"1,a\rb,c\n",
        b"\xef\xbb\xbf1,a,c\n",
        b'1,"a\rb"x",c\n',
    ],
)
def test_an_odd_record_costs_the_csv_module_a_stretch(tmp_path: Path, odd: bytes) -> None:
    lines = CLEAN.splitlines(keepends=True)
    path = written(tmp_path, b"".join(lines[:2_000]) + odd + b"".join(lines[2_000:]))
    seen, taken = both(path, UTF8)
    assert seen == alone(path, UTF8)
    assert 0 < taken["csv"] <= 1024


def test_a_record_longer_than_what_is_read_at_once(tmp_path: Path) -> None:
    long = b'1,"' + b"x,\n" * 20_000 + b'",c\n'
    path = written(tmp_path, CLEAN + long + CLEAN.split(b"\n", 1)[1])
    seen, taken = both(path, UTF8)
    assert seen == alone(path, UTF8)
    assert taken["native"] > taken["csv"] >= len(long)


@reused
@given(data=st.data(), dialect=dialects)
def test_keys_and_digests_are_equal_together(tmp_path: Path, data: st.DataObject, dialect: Dialect) -> None:
    """Records of both parsers, whole and by column: the same digest exactly where the fields are the same."""
    source = Source.open(written(tmp_path, data.draw(texts(dialect)).encode(dialect.encoding)), dialect)
    first, secret = head(source), new_secret()
    native = NativeParser.of(source.byte_dialect, len(first.columns), 8192, 1 << 24)
    if native is None:
        return
    for positions in (None, [0], list(range(len(first.columns)))[::-1]):
        digests: list[bytes] = []
        keys: list[bytes] = []
        parsers = [native, CsvParser(source, 1 << 24, patient=False)]
        for found in read_batches(source, first.start, source.size, parsers, size=4096):
            batch = found.batch
            made = batch.keys(positions)
            wanted = bytearray(DIGEST * len(made))
            digests_of(made, secret, wanted)
            if found.parser == "native":
                there = batch.digests(positions, secret)
                assert there is not None
                assert bytes(there.found.cast("B")) == bytes(wanted)  # type: ignore[attr-defined]
            digests += [bytes(wanted[at : at + DIGEST]) for at in range(0, len(wanted), DIGEST)]
            keys += made
        assert len(set(digests)) == len(set(keys))
