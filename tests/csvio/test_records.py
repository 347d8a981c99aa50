"""Cutting: each path is taken where it should be, and gives what the csv module gives."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from csvapi.csvio import records
from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.csvio.dialect import Dialect
from csvapi.csvio.locations import page, start
from tests.engines import model
from tests.engines.running import cases

COMMA = ByteDialect.of(Dialect())
QUOTING = [Dialect(), Dialect(double_quote=False), Dialect(escape="\\", double_quote=False), Dialect(skip_space=True)]


@given(case=cases())
@example(case=(Dialect(), '""a\n\r""\n'))  # without quotes the two line ends are one
def test_every_cut_is_the_csv_modules(case: tuple[Dialect, str]) -> None:
    dialect, text = case
    byte_dialect = ByteDialect.of(dialect)
    parsed = model.parse(text, Dialect(**{**dialect.as_json(), "header": False}), repaired=False)
    data = text.encode(byte_dialect.inner)
    done = [records.cut(data, byte_dialect, final=True)]
    while done[-1].rest:
        done.append(records.cut(done[-1].rest, byte_dialect, final=True))
    units = [each.units[index] for each in done for index in each.records()]
    fields = [
        each.parsed_fields.get(index) or each.line_texts[index].split(byte_dialect.delimiter)
        for each in done
        for index in each.records()
    ]
    assert [byte_dialect.decode(unit) for unit in units] == parsed.raw
    assert [[byte_dialect.decode(field) for field in row] for row in fields] == parsed.rows


@pytest.mark.parametrize("data", [b"a,b\n1,2\n", b"a\r1\r\n\n"])
def test_plain_text_is_split(data: bytes) -> None:
    assert records.cut(data, COMMA, final=True).parsed_fields == {}


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        (b'"1","2"\n', [b"1", b"2"]),
        (b'"x,y","2"\n', [b"x,y", b"2"]),
        (b'"x\n","2"\n', [b"x\n", b"2"]),
        (b'",","2"\n', [b",", b"2"]),
        (b'"say ""x""","2"\n', [b'say "x"', b"2"]),
        (b'"1","\n"\n', [b"1", b"\n"]),
        (b'"a"b,"c"\n', [b"ab", b"c"]),
    ],
)
def test_only_records_with_quotes_are_read_by_the_csv_module(line: bytes, fields: list[bytes]) -> None:
    done = records.cut(b"a,b\n" + line + b"5,6\n", COMMA, final=True)
    assert done.parsed_fields == {1: fields}
    assert done.units == [b"a,b\n", line, b"5,6\n"]


def test_what_may_go_on_is_left() -> None:
    assert records.cut(b"a,b\n1,2\r", COMMA, final=False).rest == b"1,2\r"
    assert records.cut(b'a,b\n1,"2\n', COMMA, final=False).rest == b'1,"2\n'
    assert records.cut(b'a,b\n1,"2\n', COMMA, final=True).unclosed == 1


@pytest.mark.parametrize(
    "line",
    [b"a\n", b"a\r", b'""\n', b'","\n', b'",x,"\n', b'"x,"\n'],
    ids=["lf", "cr", "doubled", "cells", "cell", "odd"],
)
def test_a_record_of_many_lines_costs_what_its_bytes_cost(tmp_path: Path, line: bytes) -> None:
    """A quote that is never closed makes one record of the rest: it is read a few times, never line by line."""
    path, wanted = tmp_path / "open", 2 << 20
    path.write_bytes(b'id,name\n1,"' + line * (wanted // len(line)))
    columns, at = start(path, Dialect())
    began = time.process_time()
    rows, following = page(path, Dialect(), len(columns), 1, at, 1 << 20)
    assert time.process_time() - began < 1
    assert (len(rows), following) == (1, None)
    assert len(rows[0].raw) == path.stat().st_size - len(b"id,name\n")


@given(text=st.text('",\nx\r\\ ', max_size=20), which=st.sampled_from(QUOTING))
@settings(max_examples=300)
def test_lines_within_quotes_are_read_as_one_by_one(text: str, which: Dialect) -> None:
    byte_dialect = ByteDialect.of(which)
    parsed = model.parse('"\n' + text, Dialect(**{**which.as_json(), "header": False}), repaired=False)
    done = records.cut(b'"\n' + text.encode(), byte_dialect, final=True)
    rows = [
        [byte_dialect.decode(field) for field in done.parsed_fields.get(index) or done.line_texts[index].split(b",")]
        for index, unit in enumerate(done.units)
        if unit not in records.BLANK
    ]
    assert rows == parsed.rows[: len(rows)]
