"""What people found numbers and dates to be, as they type it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.commands.program import csvapi

if TYPE_CHECKING:
    from pathlib import Path

MONEY = '{"number": {"group": ",", "currency": true, "accounting": true}}'
MOMENTS = "d\n2021-03-04 11:22:33 UTC\n2021-03-04 11:22:33.1234567Z\n2021-03-04 11:22:33.1234568 +00:00\n2021-03-03\n"


@pytest.mark.parametrize(
    ("text", "where", "kept"),
    [
        ("v\n.5\n5.\n-.5\n0.5\n", "v > 0", [".5", "5.", "0.5"]),
        ("v\n 1500 \n1700\n", "v > 1000", [" 1500 ", "1700"]),
        ("id,amt\n1,0000123.45\n2,0000009.00\n", "amt > 100 as number", ["1,0000123.45"]),
        ("id,amt\n1,0000123.45\n2,0000009.00\n", "amt > 100", ["1,0000123.45"]),
        ('n,v\na,"1,234.50"\nc,$2000\ni,1700\n', "v > 1000", ["i,1700"]),
        ('n,v\na,"1,234.50"\nc,$2000\ni,1700\n', f"v > 1000 as {MONEY}", ['a,"1,234.50"', "c,$2000", "i,1700"]),
        ("n,v\na,(300.00)\nc,-5\n", "v < 0", ["c,-5"]),
        ("n,v\na,(300.00)\nc,-5\n", f"v < 0 as {MONEY}", ["a,(300.00)", "c,-5"]),
        ("c;v\nA;97100,7\nB;99\n", "v > 100", []),
        ("c;v\nA;97100,7\nB;99\n", 'v > 100 as {"number": {"decimal": ","}}', ["A;97100,7"]),
        ("zip,v\n01234,a\n1234,b\n", "zip == 1234", ["1234,b"]),
        ("zip,v\n01234,a\n1234,b\n", "zip == 01234", ["01234,a"]),
        (MOMENTS, "d == 2021-03-04T11:22:33", MOMENTS.splitlines()[1:2]),
        (MOMENTS, "d > 2021-03-04T11:22:33.1234567Z", MOMENTS.splitlines()[3:4]),
        ("d\n04.01.2020\n06.12.2019\n05.01.2020\n", 'd >= 05.01.2020 as {"date": "%d.%m.%Y"}', ["05.01.2020"]),
        ("d\n04/01/2020\n12/06/2021\n", 'd < 03/15/2021 as {"date": "%m/%d/%Y"}', ["04/01/2020"]),
        ("d\n2020\n06.12.2019\n", "d >= 05.01.2020", ["2020", "06.12.2019"]),
    ],
)
def test_filter(text: str, where: str, kept: list[str]) -> None:
    done = csvapi("filter", "-", "--where", where, stdin=text.encode())
    assert done.returncode == 0
    assert done.stdout.decode().splitlines()[1:] == kept


def test_sort_takes_numbers_with_leading_zeros() -> None:
    done = csvapi("sort", "-", "--by", '{"column":"v","as":"number"}', stdin=b"v\n10\n007\n9\n")
    assert done.stdout == b"v\n007\n9\n10\n"


def test_a_reason_says_that_a_cell_is_no_number(tmp_path: Path) -> None:
    why = tmp_path / "why.csv"
    csvapi("filter", "-", "--where", "v > 1000", "--explain", why, stdin=b'v\n"1,234.50"\n7\n1700\n')
    assert why.read_text().splitlines()[1:] == ["1,1,filter,v is no number,", '2,1,filter,"not (v > ""1000"")",']


def validate(field: dict[str, object], text: bytes, *more: str) -> tuple[int, str, str]:
    schema = json.dumps({"fields": [{"name": "v", **field}]})
    done = csvapi("validate", "-", "--schema", schema, "--dialect", '{"delimiter": ","}', *more, stdin=text)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_validate_honours_how_numbers_and_truth_are_written(tmp_path: Path) -> None:
    right = b"v\n1.234;x\n"
    german = {"type": "number", "decimalChar": ",", "groupChar": "."}
    assert validate(german, b'v\n"1.234,5"\n7\n1.5\n')[:2] == (0, "row,line,column,value,rule\n3,4,v,1.5,type\n")
    assert validate({"type": "boolean", "trueValues": ["ja"], "falseValues": ["nein"]}, b"v\nja\nnein\ntrue\n")[1] == (
        "row,line,column,value,rule\n3,4,v,true,type\n"
    )
    code, out, error = validate({"typ": "number"}, right)
    assert (code, out) == (2, "")
    assert "schema.fields.0.typ: is not known; is type meant?" in error
    why = tmp_path / "why.csv"
    _, out, _ = validate({"type": "number"}, b"v\nx\n5\n", "--keep", "valid", "--explain", str(why))
    assert out == "v\n5\n"
    assert why.read_text().splitlines()[1:] == ["1,1,validate,v: type,"]
