"""Cutting: each path is taken where it should be, and gives what the csv module gives."""

from __future__ import annotations

import pytest
from hypothesis import example, given

from csvapi.csvio import records
from csvapi.csvio.dialect import Dialect
from csvapi.csvio.wire import Wire
from tests.engines import model
from tests.engines.running import cases

COMMA = Wire.of(Dialect())


@given(case=cases())
@example(case=(Dialect(), '""a\n\r""\n'))  # without quotes the two line ends are one
def test_every_cut_is_the_csv_modules(case: tuple[Dialect, str]) -> None:
    dialect, text = case
    wire = Wire.of(dialect)
    parsed = model.parse(text, Dialect(**{**dialect.as_json(), "header": False}), repaired=False)
    data = text.encode(wire.inner)
    done = [records.cut(data, wire, final=True)]
    while done[-1].rest:
        done.append(records.cut(done[-1].rest, wire, final=True))
    units = [unit for each in done for unit in each.units if unit not in records.BLANK]
    fields = [
        each.odd.get(index) or each.plain[index].split(wire.delimiter)
        for each in done
        for index, unit in enumerate(each.units)
        if unit not in records.BLANK
    ]
    assert [wire.decode(unit) for unit in units] == parsed.raw
    assert [[wire.decode(field) for field in row] for row in fields] == parsed.rows


@pytest.mark.parametrize("data", [b"a,b\n1,2\n", b"a\r1\r\n\n"])
def test_plain_text_is_split(data: bytes) -> None:
    assert records.cut(data, COMMA, final=True).odd == {}


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_text_with_every_field_quoted_is_split(line_end: bytes) -> None:
    data = line_end.join([b'"a","b"', b'"1",""', b""])
    done = records.cut(data + b'"3', COMMA, final=False)
    assert (done.plain, done.odd, done.rest) == ([b"a,b", b"1,"], {}, b'"3')


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        (b'"x,y","2"\n', [b"x,y", b"2"]),
        (b'"x\n","2"\n', [b"x\n", b"2"]),
        (b'",","2"\n', [b",", b"2"]),
        (b'"say ""x""","2"\n', [b'say "x"', b"2"]),
        (b'"1","\n"\n', [b"1", b"\n"]),
        (b'"a"b,"c"\n', [b"ab", b"c"]),
    ],
)
def test_only_records_that_hide_something_are_read_by_the_csv_module(line: bytes, fields: list[bytes]) -> None:
    data = b'"a","b"\n' + line + b'"5","6"\n'
    done = records.cut(data, COMMA, final=True)
    assert done.odd == {1: fields}
    assert done.units == [b'"a","b"\n', line, b'"5","6"\n']


def test_records_with_some_fields_quoted_are_split() -> None:
    data = b'a,"b"\n"1",2\n3,"x,y"\n\n"",4\n'
    done = records.cut(data, COMMA, final=True)
    assert done.odd == {2: [b"3", b"x,y"]}
    assert [key for index, key in enumerate(done.plain) if index not in done.odd] == [b"a,b", b"1,2", b"", b",4"]
    assert done.units == data.splitlines(keepends=True)


def test_what_may_go_on_is_left() -> None:
    assert records.cut(b"a,b\n1,2\r", COMMA, final=False).rest == b"1,2\r"
    assert records.cut(b'a,b\n1,"2\n', COMMA, final=False).rest == b'1,"2\n'
    assert records.cut(b'a,b\n1,"2\n', COMMA, final=True).unclosed == 1
