"""Several records of each are those that the csv module writes."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from csvapi.native.figures import Style
from csvapi.native.form import Form
from csvapi.native.multiplying import ColumnRecords, ListItems, Made, TooLongError
from csvapi.native.parting import FieldParts
from tests.native.cases import Case
from tests.native.drawn import drawn, patient, sources
from tests.native.memories import Guarded
from tests.native.multiple_checks import multiplies, parted

if TYPE_CHECKING:
    from csvapi.native.index import RecordIndex

STYLE = Style(b",", b'"', b"\n")


def index(text: bytes, **form: object) -> RecordIndex:
    return Case(Form(**{"width": 2, **form}), "utf-8", text, final=True, allocate=Guarded).index()


def told(parts: list[Made]) -> tuple[int, int, int]:
    return sum(each.count for each in parts), sum(each.filled for each in parts), sum(each.lists for each in parts)


@patient
@given(case=drawn, source=sources)
def test_any_records_are_made_as_python_makes_them(case: Case, source: Random) -> None:
    multiplies(case, source)


@patient
@given(case=drawn, source=sources)
def test_the_parts_of_any_fields_are_those_of_python(case: Case, source: Random) -> None:
    parted(case, source)


def test_parts_are_of_a_column_and_a_separator_that_there_are() -> None:
    for separator, count in ((b"", 1), (b"-", 0)):
        with pytest.raises(ValueError, match="a separator, and a column"):
            FieldParts(0, separator, count)
    with pytest.raises(ValueError, match="below 2"):
        FieldParts(2, b"-", 1).of(index(b"1,x\n"))


def test_a_list_makes_a_record_for_each_item_however_little_room_there_is() -> None:
    found = index(b'1,a;b;\n2,\n3,"c;,"\n4,d\r\n')
    for part in (1, 1000):
        made, text = [], b""
        for each in ListItems(1, b";", STYLE, 100, part, allocate=Guarded).of(found):
            made.append(each)
            text += bytes(each.text)
        assert text == b'1,a\n1,b\n1,\n2,\n3,c\n3,","\n4,d\r\n'
        assert told(made) == (7, 3, 2)


def test_columns_make_a_record_each() -> None:
    made = ColumnRecords([0], [1, 0], [b"b,", b'"a,",'], STYLE, 100, 1, drop_empty=True, allocate=Guarded)
    text = b"".join(bytes(each.text) for each in made.of(index(b"1,x\n2,\n")))
    assert text == b'1,b,x\n1,"a,",1\n2,"a,",2\n'


def test_a_record_that_is_too_long_is_named() -> None:
    with pytest.raises(TooLongError) as caught:
        list(ListItems(0, b";", STYLE, 4, 1000, allocate=Guarded).of(index(b"1,x\n1;22,x\n")))
    assert (caught.value.record, caught.value.size) == (1, 5)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="separator"):
        ListItems(0, b"", STYLE, 100, 100)
    with pytest.raises(ValueError, match="1 columns and 0 labels"):
        ColumnRecords([0], [1], [], STYLE, 100, 100)
    with pytest.raises(ValueError, match="must differ"):
        ColumnRecords([0, 0], [1], [b","], STYLE, 100, 100)
    with pytest.raises(ValueError, match="cannot be written with"):
        ListItems(0, b";", Style(b",", b'"', b""), 100, 100)
    refused = [
        (ListItems(2, b";", STYLE, 100, 100), index(b"1,x\n"), "below 2"),
        (ColumnRecords([], [2], [b","], STYLE, 100, 100), index(b"1,x\n"), "below 2"),
        (ListItems(0, b";", STYLE, 100, 100), index(b"1;x\n", delimiter=b";"), "cannot be written with"),
        (ListItems(0, b";", Style(b",", b"", b"\n"), 100, 100), index(b"1\n", width=1, quote=b""), "without quotes"),
    ]
    for made, of, message in refused:
        with pytest.raises(ValueError, match=message):
            list(made.of(of))
