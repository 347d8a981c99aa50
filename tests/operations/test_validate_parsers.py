"""validate finds the same in the kernel's records as in those of the csv module, which has a model elsewhere."""

from __future__ import annotations

import io
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from csvapi.csvio.dialect import Dialect
from csvapi.engines import run
from csvapi.native.loader import load
from tests.operations.tables import PARALLEL, csv_text, table

if TYPE_CHECKING:
    from pathlib import Path

EVERY_KIND: list[dict[str, Any]] = [
    {"type": "integer", "constraints": {"minimum": -5, "maximum": "400", "unique": True}},
    {"type": "integer", "groupChar": ",", "constraints": {"required": True}},
    {"type": "number", "constraints": {"minimum": 1.25, "maximum": 99}},
    {"type": "number", "decimalChar": ",", "bareNumber": False},
    {"type": "number", "constraints": {"enum": [1, 2, "3.0"]}},
    {"type": "string", "constraints": {"minLength": 2, "maxLength": 5, "required": True}},
    {"type": "string", "constraints": {"pattern": "[a-z\u00e9]+[0-9]*|.{3}", "maxLength": 6}},
    {"type": "string", "constraints": {"pattern": "(?s)a.*", "enum": ["a", "ab", "x y"]}},
    {"type": "any", "constraints": {"pattern": "^[^\\s]+$"}},
    {"type": "boolean"},
    {"type": "date", "constraints": {"minimum": "2010-06-01", "maximum": "2020-01-01"}},
    {"type": "datetime", "constraints": {"maximum": "2015-01-01T00:00:00.5Z"}},
    {"type": "date", "format": "%d.%m.%Y"},
    {"format": "uri"},
    {"type": "time", "constraints": {"minimum": "06:00:00"}},
    {"type": "year", "constraints": {"minimum": 2000}},
]
CELLS = [
    *(
        "",
        "",
        "7",
        "-3",
        "007",
        "12.50",
        "1,5",
        "3.0",
        "3",
        "401",
        "1e2",
        "+5",
        " 5",
        "12345678901234567890",
        "1.2499999",
    ),
    *("ab", "a", "x y", "abc\nd", 'q"q', "éé", "abcdef12", "true", "0", "no", "NA", "-999", "99.0000000000000001"),
    *("2015-02-28", "2015-02-29", "2009-01-01", "28.2.2015", "2020-01-01", "2020-01-02", "2001", "1999", "05:59:59"),
    *("2014-12-31T23:59:59Z", "2015-01-01T00:00:00", "2015-01-01 00:00:00", "06:00:00", "24:00:00"),
]
FITTING = [
    "12",
    "12",
    "12.5",
    "1",
    "3",
    "abc",
    "abc1",
    "ab",
    "x",
    "true",
    "2015-03-04",
    "2014-03-04T05:06:07",
    "1.2.2003",
    "urn:x:1",
    "07:08:09",
    "2003",
]
MISSING: list[dict[str, Any]] = [{"missingValues": values} for values in (["NA", "-999", ""], ["NA"], [])]


def _of_every_kind(more: dict[str, Any]) -> dict[str, Any]:
    return {"fields": [{"name": f"c{number}", **each} for number, each in enumerate(EVERY_KIND)], **more}


@pytest.mark.parametrize(
    ("encoding", "more"),
    [("utf-8", {}), *(("utf-8", more) for more in MISSING), ("latin-1", {}), ("cp1252", MISSING[0]), ("utf-16", {})],
)
def test_every_parser_finds_the_same(tmp_path: Path, encoding: str, more: dict[str, Any]) -> None:
    """Cells of all kinds in all columns, mostly those that fit; odd records among them."""
    draw, dialect = Random(len(str(more))), Dialect(encoding=encoding)
    rows = [[draw.choice(CELLS) if not draw.randrange(9) else cell for cell in FITTING] for _ in range(400)]
    for number, row in enumerate(rows):
        row[0] = str(number) if draw.randrange(9) else row[0]
    text = csv_text([[f"c{number}" for number in range(len(EVERY_KIND))], *rows]).replace("5,x", '5"y,x', 3)
    schema = _of_every_kind({"primaryKey": ["c0", "c5"], **more})
    before = {"op": "filter", "filters": [{"column": "c9", "operator": "!=", "value": "no"}]}
    anew = {"op": "set", "columns": ["c8"], "case": "upper"}
    for keep, steps in (
        ("report", []),
        ("report", [before]),
        ("valid", []),
        ("valid", [anew, before]),
        ("invalid", []),
    ):
        given = [*steps, {"op": "validate", "schema": schema, "keep": keep}]
        expected, wanted = table(tmp_path, text, given, dialect, native=False)
        assert expected.rows
        for way in ({}, {"block_size": 7}, {"memory": 30_000}):
            found, receipt = table(tmp_path, text, given, dialect, **way)
            assert found.rows == expected.rows
            assert receipt["dropped_by_step"] == wanted["dropped_by_step"]


@pytest.mark.parametrize("limit", [None, 7, 90])
@pytest.mark.parametrize("way", [PARALLEL, {**PARALLEL, "processes": 5}, {**PARALLEL, "native": False}])
def test_a_report_of_ranges_is_that_of_the_file(tmp_path: Path, way: dict[str, Any], limit: int | None) -> None:
    rows = [(str(number), "x" if number % 3 else "a\nb" if number % 2 else "") for number in range(300)]
    text = csv_text([("id", "v"), *rows]).replace("100,x\n", "100,x,y\n\n")
    fields = [{"name": "id", "type": "integer", "constraints": {"maximum": 40}}, {"name": "v", "type": "number"}]
    step = {"op": "validate", "schema": {"fields": fields}, **({"limit": limit} if limit else {})}
    found, receipt = table(tmp_path, text, [step], **way)
    expected, wanted = table(tmp_path, text, [step], native=False, processes=1)
    assert found.rows == expected.rows
    assert len(found.rows) == (limit or len(found.rows))
    assert receipt["dropped_by_step"] == wanted["dropped_by_step"]
    assert set(wanted["dropped_by_step"][0]["violations"]) == {"maximum", "type", "fields"}


@pytest.mark.skipif(load() is None, reason="there is no kernel")
def test_the_kernel_reads_what_is_validated(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.write_text("id,v\n" + "".join(f"{number},ab\n" for number in range(5_000)) + "7,ab\n")
    ids = {"name": "id", "type": "integer", "constraints": {"maximum": 50, "unique": True}}
    step = {"op": "validate", "schema": {"fields": [ids, {"name": "v", "constraints": {"enum": ["ab"]}}]}}
    done = run(source, Dialect(), [step], io.BytesIO(), workspace=tmp_path)
    assert [stage["bytes_by_parser"]["csv"] for stage in done.run["stages"]] == [0]
    assert done.as_json()["dropped_by_step"][0]["violations"] == {"maximum": 4_949, "unique": 1}


def test_a_column_that_the_schema_names_often(tmp_path: Path) -> None:
    """More cells than the kernel checks together are checked some records at a time."""
    rows = [(str(number % 60),) for number in range(400)]
    schema = {"fields": [{"name": "id", "type": "integer", "constraints": {"maximum": 50}}] * 200}
    found, receipt = table(tmp_path, csv_text([("id",), *rows]), [{"op": "validate", "schema": schema}])
    assert receipt["dropped_by_step"][0]["violations"] == {"maximum": len(found.rows)}
    assert len(found.rows) == 200 * sum(int(row[0]) > 50 for row in rows)
